// Owns the store as a direct handle, for commands that run while no node has the database.
// It holds no actor; the same queries answer as on the gate.

import type { GateStatus, StoreProtocol } from '../actors/mod.ts';
import type { Answer, Request, Result } from '../runtime/mod.ts';
import type { Gate } from './gate/mod.ts';
import { ask } from './mysql/ask.ts';
import { mysqlGate } from './mysql/gate.ts';
import { migrateMysql } from './mysql/open.ts';
import type { Pool } from './mysql/pool.ts';
import { isMysqlUrl, type MysqlAddress, parseMysqlUrl } from './mysql/url.ts';
import type { Migrated } from './sql/migrations.ts';
import type { StoreCall } from './sql/queries.ts';
import { ask as askFile } from './sqlite/ask.ts';
import { Connection } from './sqlite/connection.ts';
import { migrateSqlite, openSqlite } from './sqlite/open.ts';

export interface OpenedStore {
  call<N extends StoreCall>(name: N, request: Request<StoreProtocol, N>): Promise<Result<Answer<StoreProtocol, N>>>;
  /** Must have run once before the first call. */
  migrate(): Promise<Migrated>;
  /** What the gate to its server says; null before the first call, and for a file. */
  status(): GateStatus | null;
  close(): void;
}

/**
 * `at`: a file, `:memory:`, or mysql://…. Throws StoreOpenError when the file is locked, damaged, or cannot be opened, or
 * the address is wrong; a server is reached when it is needed.
 */
export function openStore(at: string): OpenedStore {
  return isMysqlUrl(at) ? onServer(parseMysqlUrl(at)) : onFile(at);
}

function onServer(address: MysqlAddress): OpenedStore {
  // Made by the first call: whoever only migrates needs none.
  let gate: Gate<Pool> | null = null;
  return {
    call(name, request) {
      gate ??= mysqlGate(address, {});
      return ask(gate, name, request);
    },
    migrate: () => migrateMysql(address),
    status: () => gate?.status() ?? null,
    close: () => gate?.close(),
  };
}

function onFile(path: string): OpenedStore {
  const database = openSqlite(path);
  const connection = new Connection(database, () => undefined);
  return {
    call: async (name, request) => askFile(connection, name, request),
    migrate: async () => migrateSqlite(database, path),
    status: () => null,
    close: () => connection.close(),
  };
}
