// Owns the real servers that a benchmark brings along: MariaDB, memcached and Redis on free loopback ports, with fresh data.
// It counts nothing by itself: what a server did is asked of the server.

import type { RowDataPacket } from 'mysql2/promise';
import {
  type Backend,
  type SqlServer,
  startMemcached,
  startRedis,
  startSqlServer,
} from '../test/support/backends/mod.ts';
import { needs } from '../test/support/needs.ts';

export interface Servers {
  readonly database: SqlServer;
  readonly memcached: Backend;
  readonly redis: Backend;
  /** The settings of a node that uses them. */
  readonly environment: { readonly [name: string]: string };
  stop(): Promise<void>;
}

/** Why the servers cannot be had here; null where they can. */
export function missingServers(): string | null {
  const reason = needs('sql-server', 'memcached', 'redis-server');
  return reason === false ? null : reason;
}

export async function startServers(): Promise<Servers> {
  const [database, memcached, redis] = await Promise.all([startCountingMariadb(), startMemcached(), startRedis()]);
  return {
    database,
    memcached,
    redis,
    environment: {
      PARLA_DATABASE_URL: database.url,
      PARLA_MEMCACHED: `${memcached.host}:${memcached.port}`,
      PARLA_REDIS_URL: redis.url,
    },
    stop: async () => {
      await Promise.all([database.stop(), memcached.stop(), redis.stop()]);
    },
  };
}

export function startCountingMariadb(): Promise<SqlServer> {
  return startSqlServer({ settings: ['--userstat=1'] });
}

export interface SqlCounters {
  /** `insert`, `select`, `commit` … -> statements executed, by text or prepared. */
  readonly statements: ReadonlyMap<string, number>;
  /** Table -> rows that statements read, and rows that they changed. */
  readonly rows: ReadonlyMap<string, { readonly read: number; readonly changed: number }>;
}

const verbs = ['select', 'insert', 'update', 'delete', 'replace', 'begin', 'commit', 'rollback'] as const;

/** From the server's own counters, so that what was executed is counted and not what somebody meant to execute. */
export function sqlCounters(server: SqlServer): Promise<SqlCounters> {
  return server.asAdministrator(async (connection) => {
    const [status] = await connection.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Com\\_%'");
    const counters = new Map(status.map((row) => [String(row.Variable_name), Number(row.Value)]));
    const of = (name: string) => counters.get(`Com_${name}`) ?? 0;
    const statements = verbs.map((verb) => [verb, of(verb) + of(`${verb}_select`) + of(`${verb}_multi`)] as const);
    const [tables] = await connection.query<RowDataPacket[]>(
      'SELECT table_name AS name, rows_read, rows_changed FROM information_schema.table_statistics WHERE table_schema = ?',
      [server.database],
    );
    const rows = tables.map(
      (row) => [String(row.name), { read: Number(row.rows_read), changed: Number(row.rows_changed) }] as const,
    );
    return { statements: new Map(statements), rows: new Map(rows) };
  });
}

/** Each look reads the tables' counters once, and the later one's own reading is no part of what happened. */
const ownSelects = 1;

/** What happened between two looks. */
export function countersBetween(before: SqlCounters, after: SqlCounters): SqlCounters {
  const statements = [...after.statements].map(
    ([verb, count]) =>
      [verb, count - (before.statements.get(verb) ?? 0) - (verb === 'select' ? ownSelects : 0)] as const,
  );
  const rows = [...after.rows].map(([table, { read, changed }]) => {
    const earlier = before.rows.get(table) ?? { read: 0, changed: 0 };
    return [table, { read: read - earlier.read, changed: changed - earlier.changed }] as const;
  });
  return { statements: new Map(statements), rows: new Map(rows) };
}
