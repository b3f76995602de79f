// Owns how SQLite says what engines say differently.
// It runs nothing.

import { Kysely, SqliteDialect } from 'kysely';
import type { Dialect } from '../sql/dialect.ts';
import { entryColumns, entryValues } from '../sql/entry-row.ts';
import { transaction } from '../sql/query.ts';
import type { Tables } from '../sql/schema.ts';

const columns = entryColumns.join(', ');
const places = `(${entryColumns.map(() => '?').join(', ')})`;
/** The last pos of a room if an owner with this fence may write behind it, else one that nothing follows. */
const openEnd =
  '(SELECT CASE WHEN fence <= ? THEN pos ELSE -1 END FROM entries WHERE room = ? ORDER BY pos DESC LIMIT 1)';

export const sqliteDialect: Dialect = {
  engine: 'sqlite',
  build: new Kysely<Tables>({
    dialect: new SqliteDialect({
      database: () => Promise.reject(new Error('this builder only compiles; a connection executes')),
    }),
  }),
  groupsPerInsertMax: 1,
  roomsPerRead: 1,
  insertGroups([group = []]) {
    const [first] = group;
    const rows = group.map(() => places).join(', ');
    return {
      sql: `INSERT INTO entries (${columns}) SELECT * FROM (VALUES ${rows}) WHERE coalesce(${openEnd}, 0) = ?`,
      values: [...group.flatMap(entryValues), first?.fence ?? 0, first?.room ?? '', (first?.pos ?? 0) - 1],
    };
  },
  replaceOnKey: (key, others) =>
    `ON CONFLICT (${key}) DO UPDATE SET ${others.map((column) => `${column} = excluded.${column}`).join(', ')}`,
  raiseOnKey: (key, column) =>
    `ON CONFLICT (${key}) DO UPDATE SET ${column} = excluded.${column} WHERE excluded.${column} > ${column}`,
  version: 'sqlite_version()',
  ddl: {
    longText: 'text',
    // Bytes are what SQLite compares unless it is told otherwise.
    tableOptions: '',
    tables: "SELECT name FROM sqlite_schema WHERE type = 'table'",
    alone: transaction,
    utc: (column) => `strftime('%Y-%m-%d %H:%M:%f', ${column} / 1000.0, 'unixepoch')`,
  },
};
