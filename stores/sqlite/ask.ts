// Owns a call of the store's protocol answered by SQLite, at once.
// A failure of the database is an answer; a mistake of ours is thrown.

import type { StoreProtocol } from '../../actors/mod.ts';
import { type Answer, type Request, type Result, success } from '../../runtime/mod.ts';
import { failedWith, queryOf, type StoreCall } from '../sql/queries.ts';
import type { Connection } from './connection.ts';
import { sqliteDialect } from './dialect.ts';

export function ask<N extends StoreCall>(
  connection: Connection,
  name: N,
  request: Request<StoreProtocol, N>,
): Result<Answer<StoreProtocol, N>> {
  try {
    return success(connection.drive(queryOf(sqliteDialect, name, request)));
  } catch (error) {
    return failedWith(error);
  }
}
