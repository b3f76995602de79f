// Owns the table from each call of the store's protocol to its query, whoever asks: an actor or a command.
// It runs nothing and knows no engine.

import type { StoreProtocol } from '../../actors/mod.ts';
import { type Answer, type CallName, type Failure, failure, type Request, type Result } from '../../runtime/mod.ts';
import { append } from './append.ts';
import type { Dialect } from './dialect.ts';
import { marks, saveMarks } from './marks.ts';
import { operator, operators, putOperator, removeOperator } from './operators.ts';
import { type Query, row } from './query.ts';
import { page, tail } from './room-log.ts';
import { conversations, load } from './room-pasts.ts';
import { putSite, removeSite, site, sites } from './sites.ts';
import { isSqlError, sqlFailure } from './sql-error.ts';

/** Those that SQL answers; an actor tells its status by itself. */
export type StoreCall = Exclude<CallName<StoreProtocol>, 'status'>;

type Queries = {
  readonly [N in StoreCall]: (dialect: Dialect, request: Request<StoreProtocol, N>) => Query<Answer<StoreProtocol, N>>;
};

const done = {};

const queries: Queries = {
  *append(dialect, { groups }) {
    return { outcomes: yield* append(dialect, groups) };
  },
  tail: (_, { room }) => tail(room),
  load: (_, { room }) => load(room),
  page: (_, request) => page(request),
  *conversations(dialect, request) {
    return { pasts: yield* conversations(dialect, request) };
  },
  *marks(_, request) {
    return { marks: yield* marks(request.operator, request.rooms) };
  },
  *saveMarks(dialect, request) {
    yield* saveMarks(dialect, request.marks);
    return done;
  },
  *sites(dialect) {
    return { sites: yield* sites(dialect) };
  },
  *site(dialect, { id }) {
    return { site: yield* site(dialect, id) };
  },
  *putSite(dialect, request) {
    yield* putSite(dialect, request.site);
    return done;
  },
  *removeSite(dialect, { id }) {
    return { removed: yield* removeSite(dialect, id) };
  },
  *operators(dialect, request) {
    return { operators: yield* operators(dialect, request.site) };
  },
  *operator(dialect, { name }) {
    return { operator: yield* operator(dialect, name) };
  },
  *putOperator(dialect, request) {
    yield* putOperator(dialect, request.operator);
    return done;
  },
  *removeOperator(dialect, { name }) {
    return { removed: yield* removeOperator(dialect, name) };
  },
  *ping({ engine, version }) {
    const found = yield* row(`SELECT ${version} AS version, (SELECT max(name) FROM migrations) AS migration`);
    return { engine, version: String(found?.version), migration: String(found?.migration) };
  },
};

const reads: readonly StoreCall[] = [
  'tail',
  'load',
  'page',
  'conversations',
  'marks',
  'sites',
  'site',
  'operators',
  'operator',
  'ping',
];

export function isRead(name: StoreCall): boolean {
  return reads.includes(name);
}

export function queryOf<N extends StoreCall>(
  dialect: Dialect,
  name: N,
  request: Request<StoreProtocol, N>,
): Query<Answer<StoreProtocol, N>> {
  return queries[name](dialect, request);
}

/** Null: no failure of the database but a mistake of ours, which ends who made it. */
export function failureOf(error: unknown): Failure | null {
  if (isSqlError(error)) return sqlFailure(error);
  // One damaged row must not end the store for everybody; whoever needs that row is told.
  if (error instanceof SyntaxError) return { code: 'failed', message: 'a stored value is damaged', retryable: false };
  return null;
}

export function failedWith(error: unknown): Result<never> {
  const told = failureOf(error);
  if (told === null) throw error;
  return failure(told);
}
