// Owns the schema's history: each migration once, in the order of its name, and running those a database lacks.
// A migration that was published is never changed; a database from a newer version is refused, not guessed at.
//
// The types are ones that SQLite and MySQL share, and each statement stands alone, because MySQL commits after each.

import type { DatabaseSync } from 'node:sqlite';
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { migrationKysely } from './kysely-dialect.ts';
import { openError, StoreOpenError } from './sqlite.ts';

export interface Migrated {
  /** The newest migration that the database now has. */
  readonly migration: string;
  /** Those that ran just now. */
  readonly applied: readonly string[];
}

/** Any of the tables: a migration is written against the schema of its day, not against today's types. */
type Schema = Kysely<unknown>;

const migrations: Readonly<Record<string, Migration>> = {
  '0001_entries': { up: entries },
  '0002_marks': { up: marks },
  '0003_accounts': { up: accounts },
  '0004_views': { up: views },
  '0005_fence': { up: fence },
};

const migrationTable = 'migrations';

/** Brings the database to this version's schema; does nothing where it is there. */
export async function migrate(database: DatabaseSync, path: string): Promise<Migrated> {
  try {
    const known = Object.keys(migrations).sort();
    const before = appliedMigrations(database);
    const foreign = before.find((name) => !known.includes(name));
    if (foreign !== undefined) {
      const hint = `it holds migration ${foreign}, which this version does not know`;
      throw new StoreOpenError('newer', `${path} was written by a newer version of Parla (${hint}): upgrade Parla`);
    }
    if (before.length < known.length) await runMigrator(database);
    return { migration: known.at(-1) ?? 'none', applied: known.filter((name) => !before.includes(name)) };
  } catch (error) {
    throw openError(path, error);
  }
}

export function appliedMigrations(database: DatabaseSync): readonly string[] {
  const there = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(migrationTable);
  if (there === undefined) return [];
  return database
    .prepare(`SELECT name FROM ${migrationTable} ORDER BY name`)
    .all()
    .map((row) => String(row.name));
}

async function runMigrator(database: DatabaseSync): Promise<void> {
  const migrator = new Migrator({
    db: migrationKysely(database),
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: migrationTable,
    migrationLockTableName: 'migrations_lock',
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

async function entries(schema: Schema): Promise<void> {
  await schema.schema
    .createTable('entries')
    .addColumn('id', 'varchar(40)', (column) => column.primaryKey().notNull())
    .addColumn('room', 'varchar(40)', (column) => column.notNull())
    .addColumn('site', 'varchar(40)', (column) => column.notNull())
    .addColumn('pos', 'integer', (column) => column.notNull().check(sql`pos > 0`))
    .addColumn('seq', 'integer', (column) => column.check(sql`seq > 0`))
    .addColumn('kind', 'varchar(20)', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('conversation', 'varchar(40)', (column) => column.notNull())
    .addColumn('author_kind', 'varchar(20)', (column) => column.notNull())
    .addColumn('author_id', 'varchar(70)', (column) => column.notNull())
    .addColumn('author_name', 'text', (column) => column.notNull())
    // Compared by bytes: SQLite's BINARY is its default; other engines need a binary collation here.
    .addColumn('cmid', 'varchar(300)')
    .addColumn('text', 'text')
    .addColumn('data', 'text')
    .addCheckConstraint('entries_said_has_seq', sql`(kind = 'said') = (seq IS NOT NULL)`)
    .addCheckConstraint('entries_said_has_text', sql`kind <> 'said' OR text IS NOT NULL`)
    .addUniqueConstraint('entries_room_pos', ['room', 'pos'])
    .addUniqueConstraint('entries_room_seq', ['room', 'seq'])
    .addUniqueConstraint('entries_room_author_cmid', ['room', 'author_id', 'cmid'])
    .execute();
  // Finds the rooms of a site in which something happened lately: the open ones are among them.
  await schema.schema.createIndex('entries_site_at').on('entries').columns(['site', 'at', 'room']).execute();
}

async function marks(schema: Schema): Promise<void> {
  await schema.schema
    .createTable('marks')
    .addColumn('operator', 'varchar(70)', (column) => column.notNull())
    .addColumn('room', 'varchar(40)', (column) => column.notNull())
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('marks_operator_room', ['operator', 'room'])
    .execute();
}

async function accounts(schema: Schema): Promise<void> {
  await schema.schema
    .createTable('sites')
    .addColumn('id', 'varchar(40)', (column) => column.primaryKey().notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('origins', 'text', (column) => column.notNull())
    .addColumn('theme_color', 'varchar(40)', (column) => column.notNull())
    .addColumn('theme_mode', 'varchar(20)', (column) => column.notNull())
    .addColumn('locale', 'varchar(40)', (column) => column.notNull())
    .addColumn('routing', 'varchar(20)', (column) => column.notNull())
    .addColumn('keep_query_strings', 'integer', (column) => column.notNull())
    .addColumn('identity_secret', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await schema.schema
    .createTable('operators')
    .addColumn('name', 'varchar(70)', (column) => column.primaryKey().notNull())
    .addColumn('display_name', 'text', (column) => column.notNull())
    .addColumn('admin', 'integer', (column) => column.notNull())
    .addColumn('scram', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  // A removed site or operator takes its assignments along, so that nobody is left on duty for nothing.
  await schema.schema
    .createTable('operator_sites')
    .addColumn('operator', 'varchar(70)', (column) => column.notNull())
    .addColumn('site', 'varchar(40)', (column) => column.notNull())
    .addColumn('place', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('operator_sites_pair', ['operator', 'site'])
    .addForeignKeyConstraint('operator_sites_operator', ['operator'], 'operators', ['name'], (key) =>
      key.onDelete('cascade'),
    )
    .addForeignKeyConstraint('operator_sites_site', ['site'], 'sites', ['id'], (key) => key.onDelete('cascade'))
    .execute();
}

/** For people with a SQL shell: the log as the two things they look for. */
async function views(schema: Schema): Promise<void> {
  await sql`
    CREATE VIEW messages AS
    SELECT id, site, room, seq, at, conversation, author_kind, author_id, author_name, cmid, text
    FROM entries WHERE kind = 'said'`.execute(schema);
  await sql`
    CREATE VIEW conversations AS
    SELECT conversation AS id, site, room,
      CASE WHEN MAX(kind = 'closed') = 1 THEN 'closed' WHEN MAX(kind = 'assigned') = 1 THEN 'active' ELSE 'waiting' END AS state,
      MIN(CASE WHEN kind = 'opened' THEN at END) AS opened_at,
      MAX(CASE WHEN kind = 'closed' THEN at END) AS closed_at,
      SUM(kind = 'said') AS messages,
      MIN(seq) AS first_seq, MAX(seq) AS last_seq, MAX(at) AS last_at
    FROM entries GROUP BY conversation, site, room HAVING MAX(kind = 'opened') = 1`.execute(schema);
}

/** What was stored before there were fences is below every owner's. */
async function fence(schema: Schema): Promise<void> {
  await schema.schema
    .alterTable('entries')
    .addColumn('fence', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute();
}
