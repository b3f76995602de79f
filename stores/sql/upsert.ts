// Owns putting one row whose key may be there already: the new values replace the old ones.
// It is for accounts, which their owner changes; nothing that was said is ever put over something else.

import type { Dialect } from './dialect.ts';
import { change, type Query, type SqlValue } from './query.ts';
import type { Tables } from './schema.ts';

export interface Upsert<T extends keyof Tables> {
  readonly table: T;
  readonly key: keyof Tables[T] & string;
  readonly row: { readonly [C in keyof Tables[T]]: SqlValue };
}

export function* upsert<T extends keyof Tables>(dialect: Dialect, { table, key, row }: Upsert<T>): Query<void> {
  const columns = Object.keys(row);
  const places = columns.map(() => '?').join(', ');
  const others = columns.filter((column) => column !== key);
  yield* change(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places}) ${dialect.replaceOnKey(key, others)}`,
    Object.values<SqlValue>(row),
  );
}
