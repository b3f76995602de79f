// Owns the store as a direct handle, for commands that run while no node has the database.
// It holds no actor; the same queries answer as on the gate.

import type { StoreProtocol } from '../actors/mod.ts';
import type { Answer, Request, Result } from '../runtime/mod.ts';
import type { Migrated } from './sql/migrations.ts';
import type { StoreCall } from './sql/queries.ts';
import { ask } from './sqlite/ask.ts';
import { Connection } from './sqlite/connection.ts';
import { migrateSqlite, openSqlite } from './sqlite/open.ts';

export interface OpenedStore {
  call<N extends StoreCall>(name: N, request: Request<StoreProtocol, N>): Promise<Result<Answer<StoreProtocol, N>>>;
  /** Must have run once before the first call. */
  migrate(): Promise<Migrated>;
  close(): void;
}

/** Throws StoreOpenError when the file is locked, damaged, or cannot be opened. */
export function openStore(path: string): OpenedStore {
  const database = openSqlite(path);
  const connection = new Connection(database, () => undefined);
  return {
    call: async (name, request) => ask(connection, name, request),
    migrate: async () => migrateSqlite(database, path),
    close: () => connection.close(),
  };
}
