// Owns how MySQL and MariaDB say what engines say differently, and what those two say differently themselves.
// It runs nothing.
//
// An append is one statement of one text, however many rows it has: they come as one JSON value, so it is prepared once
// for each connection, and its commit is its own. A statement of many rooms costs one round trip and one fsync.
//
// There are two such texts. The server lays the rows out in a table of its own first, and where a column may be longer
// than a VARCHAR, MariaDB makes files for it, each time: that took longer than the rest of the append. So rows whose
// texts are short, which is nearly all that people say, go with the text that keeps them in memory.

import { Kysely, MysqlDialect } from 'kysely';
import type { Entry } from '../../actors/mod.ts';
import type { Dialect } from '../sql/dialect.ts';
import { entryColumns, entryLengthsMax, entryValues } from '../sql/entry-row.ts';
import { type Query, row } from '../sql/query.ts';
import type { Tables } from '../sql/schema.ts';
import { StoreOpenError } from '../sql/sql-error.ts';

export type Flavour = 'mysql' | 'mariadb';

/** Compares byte by byte, trailing spaces too: `utf8mb4_bin` of both ignores those. */
export const collations: { readonly [F in Flavour]: string } = {
  mysql: 'utf8mb4_0900_bin',
  mariadb: 'utf8mb4_nopad_bin',
};

/** Behind a statement that changes something: the reply then bears the number that the connection gives it. */
export const numbered = ' AND LAST_INSERT_ID(?) > 0';

/** Another node migrates meanwhile: it is waited for this long. */
const migrationLockSeconds = 60;

/** Characters of a text that stays in memory; each row there takes the room of the longest that it might have. */
const shortCharsMax = 1_000;
/** More rows than this would leave memory again, and half way. */
const shortRowsMax = 256;
const longType = 'MEDIUMTEXT';

/** A value that does not fit is an error; without these words MySQL makes it NULL. */
const strictly = 'ERROR ON ERROR';

export function flavourOf(version: string): Flavour {
  return /mariadb/i.test(version) ? 'mariadb' : 'mysql';
}

const build = new Kysely<Tables>({
  dialect: new MysqlDialect({
    pool: () => Promise.reject(new Error('this builder only compiles; a connection executes')),
  }),
});

export function mysqlDialect(flavour: Flavour): Dialect {
  return dialects[flavour];
}

function dialectOf(flavour: Flavour): Dialect {
  const collation = collations[flavour];
  const [short, long] = appendTexts(flavour);
  return {
    engine: 'mysql',
    build,
    groupsPerInsertMax: 1_000,
    roomsPerRead: 16,
    insertGroups(groups) {
      const rows = groups.flatMap(rowsOf);
      return { sql: areShort(rows) ? short : long, values: [JSON.stringify(rows)] };
    },
    replaceOnKey: (_, others) =>
      `ON DUPLICATE KEY UPDATE ${others.map((column) => `${column} = VALUES(${column})`).join(', ')}`,
    raiseOnKey: (_, column) => `ON DUPLICATE KEY UPDATE ${column} = GREATEST(${column}, VALUES(${column}))`,
    version: 'VERSION()',
    ddl: {
      longText: 'mediumtext',
      tableOptions: `ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE ${collation}`,
      tables: 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()',
      alone,
      utc: (column) => `TIMESTAMPADD(MICROSECOND, ${column} * 1000, TIMESTAMP'1970-01-01 00:00:00.000000')`,
    },
  };
}

/** The values of each row, and the pos behind which its group is to stand. */
function rowsOf(group: readonly Entry[]): readonly (readonly unknown[])[] {
  const before = (group[0]?.pos ?? 0) - 1;
  return group.map((entry) => [...entryValues(entry), before]);
}

/** What `insertGroups` can say: to be prepared before there is anything to say. */
export function appendTexts(flavour: Flavour): readonly [short: string, long: string] {
  const collation = collations[flavour];
  return [insertion(collation, `VARCHAR(${shortCharsMax})`), insertion(collation, longType)];
}

/** Units of a string are never fewer than its characters. */
function areShort(rows: readonly (readonly unknown[])[]): boolean {
  const isShort = (value: unknown) => typeof value !== 'string' || value.length <= shortCharsMax;
  return rows.length <= shortRowsMax && rows.every((row) => row.every(isShort));
}

function insertion(collation: string, text: string): string {
  const columns = entryColumns.join(', ');
  const typeOf = (column: keyof typeof types) => (types[column] === longType ? text : types[column]);
  const shapes = entryColumns.map((column, index) => `${column} ${typeOf(column)} PATH '$[${index}]' ${strictly}`);
  const before = `behind BIGINT PATH '$[${entryColumns.length}]' ${strictly}`;
  // The last pos of the room if an owner with this fence may write behind it, else one that nothing follows.
  const openEnd = `(SELECT CASE WHEN last.fence <= g.fence THEN last.pos ELSE -1 END FROM entries AS last
    WHERE last.room = g.room COLLATE ${collation} ORDER BY last.pos DESC LIMIT 1)`;
  return `INSERT INTO entries (${columns}) SELECT ${entryColumns.map((column) => `g.${column}`).join(', ')}
    FROM JSON_TABLE(?, '$[*]' COLUMNS (${[...shapes, before].join(', ')})) AS g
    WHERE COALESCE(${openEnd}, 0) = g.behind${numbered}`;
}

const { id: idMax, kind: kindMax, authorId, cmid } = entryLengthsMax;
const types: { readonly [C in (typeof entryColumns)[number]]: string } = {
  id: `VARCHAR(${idMax})`,
  room: `VARCHAR(${idMax})`,
  site: `VARCHAR(${idMax})`,
  // Wider than the table's: what does not fit is cut down here without a word, and refused there.
  pos: 'BIGINT',
  seq: 'BIGINT',
  kind: `VARCHAR(${kindMax})`,
  at: 'BIGINT',
  conversation: `VARCHAR(${idMax})`,
  author_kind: `VARCHAR(${kindMax})`,
  author_id: `VARCHAR(${authorId})`,
  author_name: longType,
  cmid: `VARCHAR(${cmid})`,
  text: longType,
  data: longType,
  fence: 'BIGINT',
};

/** Made once: an append would otherwise write its texts anew each time. */
const dialects: { readonly [F in Flavour]: Dialect } = { mysql: dialectOf('mysql'), mariadb: dialectOf('mariadb') };

/** Definitions cannot be undone here: what a killed run leaves is finished by the next. */
function* alone<T>(work: () => Query<T>): Query<T> {
  const lock = "CONCAT('parla.', LEFT(SHA2(DATABASE(), 256), 32))";
  const got = yield* row(`SELECT GET_LOCK(${lock}, ${migrationLockSeconds}) AS got`);
  if (got?.got !== 1) throw new StoreOpenError('locked', 'another node changes the tables of the database just now');
  try {
    return yield* work();
  } finally {
    yield* row(`SELECT RELEASE_LOCK(${lock}) AS freed`);
  }
}
