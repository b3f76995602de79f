// Owns how MySQL and MariaDB say what engines say differently, and what those two say differently themselves.
// It runs nothing.

import { Kysely, MysqlDialect } from 'kysely';
import type { Dialect } from '../sql/dialect.ts';
import { type Query, row } from '../sql/query.ts';
import type { Tables } from '../sql/schema.ts';
import { StoreOpenError } from '../sql/sql-error.ts';
import { insertion, type Known, type LookingTexts, lookingTexts } from './insertions.ts';

export type Flavour = 'mysql' | 'mariadb';

/** Compares byte by byte, trailing spaces too: `utf8mb4_bin` of both ignores those. */
export const collations: { readonly [F in Flavour]: string } = {
  mysql: 'utf8mb4_0900_bin',
  mariadb: 'utf8mb4_nopad_bin',
};

/** Another node migrates meanwhile: it is waited for this long. */
const migrationLockSeconds = 60;

export function flavourOf(version: string): Flavour {
  return /mariadb/i.test(version) ? 'mariadb' : 'mysql';
}

const build = new Kysely<Tables>({
  dialect: new MysqlDialect({
    pool: () => Promise.reject(new Error('this builder only compiles; a connection executes')),
  }),
});

/** `known`: what the connection that will run its statements knows; null: each append looks. */
export function mysqlDialect(flavour: Flavour, known: Known | null = null): Dialect {
  const collation = collations[flavour];
  return {
    engine: 'mysql',
    build,
    groupsPerInsertMax: 1_000,
    roomsPerRead: 16,
    insertGroups: (groups) => insertion(groups, looking[flavour], known),
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

/** Made once: an append would otherwise write its texts anew each time. */
export const looking: { readonly [F in Flavour]: LookingTexts } = {
  mysql: lookingTexts(collations.mysql),
  mariadb: lookingTexts(collations.mariadb),
};

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
