// Owns how a query is written once for every engine: a generator that yields statements and is given their rows.
// It runs nothing: SQLite's connection drives a query to its end at once, MySQL's waits for each statement.
//
//   query   --- yield a statement --->  connection  ---> engine
//           <-- rows, or an error ----
//
// So a query reads like straight code, `try` and `finally` included, and does not know whether anybody waits.

import type { CompiledQuery } from 'kysely';

export type SqlValue = string | number | null;

export interface Row {
  readonly [column: string]: unknown;
}

export interface Statement {
  readonly sql: string;
  readonly values: readonly SqlValue[];
  /** Told how many rows it changed, where its commit is its own and was answered. */
  readonly committed?: (changed: number) => void;
}

export type Step =
  | ({ readonly type: 'rows' } & Statement)
  | ({ readonly type: 'change' } & Statement)
  | { readonly type: 'begin' }
  | { readonly type: 'commit' }
  | { readonly type: 'rollback' }
  /** Counts something that a statement did and its text does not show. */
  | { readonly type: 'tally'; readonly metric: string; readonly labels: Labels; readonly by: number };

export interface Labels {
  readonly [label: string]: string;
}

/** What a step is answered with: rows, the number of rows that changed, or nothing. */
export type StepResult = readonly Row[] | number | undefined;

export type Query<T> = Generator<Step, T, StepResult>;

export function* rows(sql: string, values: readonly SqlValue[] = []): Query<readonly Row[]> {
  return (yield { type: 'rows', sql, values }) as readonly Row[];
}

export function* row(sql: string, values: readonly SqlValue[] = []): Query<Row | null> {
  return (yield* rows(sql, values))[0] ?? null;
}

/** Returns the number of rows that changed. */
export function* change(sql: string, values: readonly SqlValue[] = []): Query<number> {
  return (yield { type: 'change', sql, values }) as number;
}

export function* tally(metric: string, labels: Labels, by = 1): Query<void> {
  yield { type: 'tally', metric, labels, by };
}

/** A query that kysely wrote. */
export interface Written {
  compile(): Pick<CompiledQuery, 'sql' | 'parameters'>;
}

export function* read(query: Written): Query<readonly Row[]> {
  const { sql, parameters } = query.compile();
  return yield* rows(sql, parameters as readonly SqlValue[]);
}

export function* write(query: Written): Query<number> {
  const { sql, parameters } = query.compile();
  return yield* change(sql, parameters as readonly SqlValue[]);
}

/** All or nothing. */
export function* transaction<T>(work: () => Query<T>): Query<T> {
  yield { type: 'begin' };
  try {
    const result = yield* work();
    yield { type: 'commit' };
    return result;
  } catch (error) {
    // Where the connection is lost, or the engine has rolled back by itself, this does nothing.
    yield { type: 'rollback' };
    throw error;
  }
}
