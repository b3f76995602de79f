// Owns which backends this node has: the settings' addresses, made whole with the data directory's files.
// It connects to none of them.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from './config.ts';
import type { DataDir } from './data-dir.ts';
import { secretFile } from './secret-file.ts';
import { type DatabaseAddress, type HostAndPort, settings } from './settings.ts';
import { UserError } from './user-error.ts';

/** One Redis for each role; equal ones share a client. */
export interface RedisUrls {
  readonly sessions: string;
  readonly history: string;
  readonly presence: string;
}

export interface Backends {
  /** A SQLite file's path is absolute. */
  readonly database: DatabaseAddress;
  readonly memcached: readonly HostAndPort[];
  readonly redis: RedisUrls | null;
  readonly journal: string;
  /** Who holds a visitor's lease: the same after a restart on the same data directory, another one everywhere else. */
  readonly owner: string;
  /** This life of the node. */
  readonly process: string;
}

const processBytes = 9;

/** Makes the node's own name in the data directory at its first use. */
export function backendsOf(config: Config, directory: DataDir): Backends {
  return {
    database: directory.database,
    memcached: config.memcached,
    redis: redisOf(config),
    journal: directory.journal,
    owner: `${config.node}-${secretFile(join(directory.path, 'node-id'))}`,
    process: randomBytes(processBytes).toString('base64url'),
  };
}

/** Throws a UserError where some roles have a Redis and others none. */
export function redisOf(config: Config): RedisUrls | null {
  const urls = {
    sessions: config.redisSessionsUrl ?? config.redisUrl,
    history: config.redisHistoryUrl ?? config.redisUrl,
    presence: config.redisPresenceUrl ?? config.redisUrl,
  };
  const { sessions, history, presence } = urls;
  if (sessions === undefined && history === undefined && presence === undefined) return null;
  if (sessions !== undefined && history !== undefined && presence !== undefined) return { sessions, history, presence };
  const { redisUrl, redisSessionsUrl, redisHistoryUrl, redisPresenceUrl } = settings;
  const all = [redisSessionsUrl, redisHistoryUrl, redisPresenceUrl].map(({ name }) => name).join(', ');
  throw new UserError(`some roles have a Redis and others none; allowed: ${redisUrl.name}, or each of ${all}`);
}
