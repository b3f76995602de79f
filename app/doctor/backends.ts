// Owns which backends doctor looks at, all of them at once, and what it means that one is not there.
// It asks none of them (stores/ does).

import {
  examineJournal,
  examineMemcached,
  examineMysql,
  examineRedis,
  examineSqlite,
  isCurrentSchema,
} from '../../stores/mod.ts';
import { type RedisUrls, redisOf } from '../backends.ts';
import type { Config } from '../config.ts';
import type { DataDir } from '../data-dir.ts';
import { UserError } from '../user-error.ts';
import { type Finding, fail, pass, warn } from './finding.ts';

export interface Examined {
  readonly findings: readonly Finding[];
  /** The tables are this version's: accounts can be read as they are. */
  readonly hasTables: boolean;
}

export async function backendFindings(config: Config, { database, journal }: DataDir): Promise<Examined> {
  const redis = rolesOf(config);
  const [sql, ...others] = await Promise.all([
    database.engine === 'mysql' ? examineMysql(database.url) : examineSqlite(database.path),
    examineJournal(journal),
    redis.urls === null ? [] : examineRedis({ ...redis.urls }),
    examineMemcached(config.memcached),
  ]);
  const leases = redis.wrong === null ? leasesFinding(config, redis.urls) : fail('settings', redis.wrong);
  return { findings: [...sql, ...others.flat(), leases], hasTables: isCurrentSchema(sql) };
}

function rolesOf(config: Config): { readonly urls: RedisUrls | null; readonly wrong: string | null } {
  try {
    return { urls: redisOf(config), wrong: null };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { urls: null, wrong: error.message };
  }
}

function leasesFinding({ databaseUrl, memcached }: Config, redis: RedisUrls | null): Finding {
  const check = 'leases';
  if (redis !== null) return pass(check, 'Redis keeps two nodes out of one visitor');
  const advice = 'set PARLA_REDIS_URL before a second node is started';
  if (memcached.length > 0) {
    const message = 'memcached without Redis: nothing keeps two nodes out of one visitor, so run one node only';
    return warn(check, message, { advice });
  }
  if (databaseUrl.engine === 'mysql') return pass(check, 'no Redis: run one node only on this database', { advice });
  return pass(check, 'one node, which has its database to itself');
}
