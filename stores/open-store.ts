// Owns the store as a direct handle, for commands that run while no node has the database.
// It holds no actor; the same queries answer as on the gate.

import type { StoreProtocol } from '../actors/mod.ts';
import type { Answer, Request, Result } from '../runtime/mod.ts';
import { type Migrated, migrate } from './migrations.ts';
import { ask, type StoreCall } from './queries.ts';
import { sqlOn } from './sql.ts';
import { openSqlite } from './sqlite.ts';

export interface OpenedStore {
  call<N extends StoreCall>(name: N, request: Request<StoreProtocol, N>): Promise<Result<Answer<StoreProtocol, N>>>;
  /** Must have run once before the first call. */
  migrate(): Promise<Migrated>;
  close(): void;
}

/** Throws StoreOpenError when the file is locked, damaged, or cannot be opened. */
export function openStore(path: string): OpenedStore {
  const database = openSqlite(path);
  const sql = sqlOn(database, () => undefined);
  return {
    call: async (name, request) => ask(sql, name, request),
    migrate: () => migrate(database, path),
    close: () => sql.connection.close(),
  };
}
