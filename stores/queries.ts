// Owns the table from each call of the store's protocol to its query, whoever asks: the actor or a command.
// This is where an error of SQLite becomes a failure that can be told; any other error is a mistake and goes on.

import type { StoreProtocol } from '../actors/mod.ts';
import { type Answer, type CallName, failure, type Request, type Result, success } from '../runtime/mod.ts';
import { append } from './append.ts';
import { marks, saveMarks } from './marks.ts';
import { operator, operators, putOperator, removeOperator } from './operators.ts';
import { conversations, load, page, tail } from './room-log.ts';
import { putSite, removeSite, site, sites } from './sites.ts';
import type { Sql } from './sql.ts';
import { isSqlError, sqlFailure } from './sqlite.ts';

export type StoreCall = CallName<StoreProtocol>;

type Queries = {
  readonly [N in StoreCall]: (sql: Sql, request: Request<StoreProtocol, N>) => Answer<StoreProtocol, N>;
};

const done = {};

const queries: Queries = {
  append: ({ connection }, { groups }) => ({ outcomes: append(connection, groups) }),
  tail: ({ connection }, { room }) => tail(connection, room),
  load: ({ connection }, { room }) => load(connection, room),
  page: ({ connection }, request) => page(connection, request),
  conversations: ({ connection }, request) => ({ pasts: conversations(connection, request) }),
  marks: ({ connection }, request) => ({ marks: marks(connection, request.operator, request.rooms) }),
  saveMarks: ({ connection }, request) => {
    saveMarks(connection, request.marks);
    return done;
  },
  sites: (sql) => ({ sites: sites(sql) }),
  site: (sql, { id }) => ({ site: site(sql, id) }),
  putSite: (sql, request) => {
    putSite(sql, request.site);
    return done;
  },
  removeSite: (sql, { id }) => ({ removed: removeSite(sql, id) }),
  operators: (sql, request) => ({ operators: operators(sql, request.site) }),
  operator: (sql, { name }) => ({ operator: operator(sql, name) }),
  putOperator: (sql, request) => {
    putOperator(sql, request.operator);
    return done;
  },
  removeOperator: (sql, { name }) => ({ removed: removeOperator(sql, name) }),
  ping: ({ connection }) => {
    const sql = 'SELECT sqlite_version() AS version, (SELECT max(name) FROM migrations) AS migration';
    const row = connection.one(sql);
    return { engine: 'sqlite', version: String(row?.version), migration: String(row?.migration) };
  },
};

export function ask<N extends StoreCall>(
  sql: Sql,
  name: N,
  request: Request<StoreProtocol, N>,
): Result<Answer<StoreProtocol, N>> {
  try {
    return success(queries[name](sql, request));
  } catch (error) {
    if (isSqlError(error)) return failure(sqlFailure(error));
    // One damaged row must not end the store for everybody; whoever needs that row is told.
    if (error instanceof SyntaxError)
      return failure({ code: 'failed', message: 'a stored value is damaged', retryable: false });
    throw error;
  }
}
