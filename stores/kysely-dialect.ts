// Owns the bridge that lets kysely run statements on node:sqlite, for migrations only.
// It never counts: what a migration does is no part of the chat's budget of writes.

import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';

/** kysely passes parameters as one list where node:sqlite wants them spread, and asks whether a statement has rows. */
export function migrationKysely(database: DatabaseSync): Kysely<unknown> {
  const dialect = new SqliteDialect({
    database: {
      close: () => undefined,
      prepare(sql: string) {
        const statement = database.prepare(sql);
        const spread = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[];
        return {
          reader: statement.columns().length > 0,
          all: (parameters: readonly unknown[]) => statement.all(...spread(parameters)),
          run: (parameters: readonly unknown[]) => statement.run(...spread(parameters)),
          iterate: (parameters: readonly unknown[]) => statement.iterate(...spread(parameters)),
        };
      },
    },
  });
  return new Kysely<unknown>({ dialect });
}
