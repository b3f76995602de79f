// Owns the schema's history: each migration once, in the order of its name, and running those a database lacks.
// A migration that was published is never changed; a database from a newer version is refused, not guessed at.
//
// MySQL commits after each definition, so a migration that was killed in the middle is run again from its beginning:
// each statement stands alone, and one that finds its table, column or index there has nothing left to do.

import { type RawBuilder, type SchemaModule, sql } from 'kysely';
import type { Dialect } from './dialect.ts';
import { change, type Query, rows, type Written } from './query.ts';
import { isSqlError, StoreOpenError } from './sql-error.ts';

export interface Migrated {
  /** The newest migration that the database now has. */
  readonly migration: string;
  /** Those that ran just now. */
  readonly applied: readonly string[];
}

export interface Standing {
  /** The newest migration that this version has. */
  readonly migration: string;
  readonly isNew: boolean;
  readonly missing: readonly string[];
}

/** In the order in which they run. */
const migrations: Readonly<Record<string, (dialect: Dialect) => Query<void>>> = {
  '0001_entries': entries,
  '0002_marks': marks,
  '0003_accounts': accounts,
  '0004_views': views,
  '0005_fence': fence,
  '0006_times': times,
};

const known = Object.keys(migrations);
const newest = known.at(-1) ?? 'none';
/** Tables that were made first: where they are and no list of migrations is, somebody else made them. */
const ownTables = ['entries', 'marks', 'sites', 'operators'];

/** Brings the database to this version's schema; does nothing where it is there. `place` is for messages. */
export function* migrate(dialect: Dialect, place: string): Query<Migrated> {
  const before = yield* applied(dialect, place);
  const names = before.length < known.length ? yield* dialect.ddl.alone(() => runMissing(dialect, place)) : [];
  return { migration: newest, applied: names };
}

/** Changes nothing, also where there is something to be done. */
export function* isCurrent(dialect: Dialect, place: string): Query<boolean> {
  return (yield* applied(dialect, place)).length === known.length;
}

/** For a person who asks; changes nothing. `isNew`: it holds nothing of ours yet. */
export function* standing(dialect: Dialect, place: string): Query<Standing> {
  const names = yield* applied(dialect, place);
  return { migration: newest, isNew: names.length === 0, missing: known.filter((name) => !names.includes(name)) };
}

/** Asked again, now that nobody else can be at it. */
function* runMissing(dialect: Dialect, place: string): Query<readonly string[]> {
  const before = yield* applied(dialect, place);
  const missing = Object.entries(migrations).filter(([name]) => !before.includes(name));
  yield* define(
    dialect.build.schema
      .createTable('migrations')
      .ifNotExists()
      .addColumn('name', 'varchar(255)', (column) => column.primaryKey().notNull())
      .addColumn('timestamp', 'varchar(255)', (column) => column.notNull())
      .modifyEnd(sql.raw(dialect.ddl.tableOptions)),
  );
  for (const [name, migration] of missing) {
    yield* migration(dialect);
    yield* change('INSERT INTO migrations (name, timestamp) VALUES (?, ?)', [name, new Date().toISOString()]);
  }
  return missing.map(([name]) => name);
}

function* applied(dialect: Dialect, place: string): Query<readonly string[]> {
  const tables = (yield* rows(dialect.ddl.tables)).map(({ name }) => String(name));
  if (!tables.includes('migrations')) {
    const foreign = ownTables.find((name) => tables.includes(name));
    if (foreign !== undefined) throw foreignTable(place, foreign);
    return [];
  }
  const names = (yield* rows('SELECT migrations.* FROM migrations')).map(({ name }) => name);
  if (!names.every((name) => typeof name === 'string')) throw foreignTable(place, 'migrations');
  const newer = names.find((name) => !known.includes(name));
  if (newer === undefined) return names;
  const hint = `it holds migration ${newer}, which this version does not know`;
  throw new StoreOpenError('newer', `${place} was written by a newer version of Parla (${hint}): upgrade Parla`);
}

function foreignTable(place: string, table: string): StoreOpenError {
  return new StoreOpenError('foreign', `${place} holds a table ${table} of another program: give Parla its own`);
}

/** A definition that is there already was made by a run that did not come to its end. */
function* define(definition: Written): Query<void> {
  const { sql: text } = definition.compile();
  try {
    yield* change(text);
  } catch (error) {
    if (!isSqlError(error, 'duplicate')) throw error;
  }
}

function tables({ build }: Dialect): SchemaModule {
  return build.schema;
}

function options({ ddl }: Dialect): RawBuilder<unknown> {
  return sql.raw(ddl.tableOptions);
}

function* entries(dialect: Dialect): Query<void> {
  yield* define(
    tables(dialect)
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
      .addColumn('cmid', 'varchar(300)')
      .addColumn('text', sql.raw(dialect.ddl.longText))
      .addColumn('data', sql.raw(dialect.ddl.longText))
      .addCheckConstraint('entries_said_has_seq', sql`(kind = 'said') = (seq IS NOT NULL)`)
      .addCheckConstraint('entries_said_has_text', sql`kind <> 'said' OR text IS NOT NULL`)
      .addUniqueConstraint('entries_room_pos', ['room', 'pos'])
      .addUniqueConstraint('entries_room_seq', ['room', 'seq'])
      .addUniqueConstraint('entries_room_author_cmid', ['room', 'author_id', 'cmid'])
      .modifyEnd(options(dialect)),
  );
  // Finds the rooms of a site in which something happened lately: the open ones are among them.
  yield* define(tables(dialect).createIndex('entries_site_at').on('entries').columns(['site', 'at', 'room']));
}

function* marks(dialect: Dialect): Query<void> {
  yield* define(
    tables(dialect)
      .createTable('marks')
      .addColumn('operator', 'varchar(70)', (column) => column.notNull())
      .addColumn('room', 'varchar(40)', (column) => column.notNull())
      .addColumn('seq', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('marks_operator_room', ['operator', 'room'])
      .modifyEnd(options(dialect)),
  );
}

function* accounts(dialect: Dialect): Query<void> {
  yield* define(
    tables(dialect)
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
      .modifyEnd(options(dialect)),
  );
  yield* define(
    tables(dialect)
      .createTable('operators')
      .addColumn('name', 'varchar(70)', (column) => column.primaryKey().notNull())
      .addColumn('display_name', 'text', (column) => column.notNull())
      .addColumn('admin', 'integer', (column) => column.notNull())
      .addColumn('scram', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .modifyEnd(options(dialect)),
  );
  // A removed site or operator takes its assignments along, so that nobody is left on duty for nothing.
  yield* define(
    tables(dialect)
      .createTable('operator_sites')
      .addColumn('operator', 'varchar(70)', (column) => column.notNull())
      .addColumn('site', 'varchar(40)', (column) => column.notNull())
      .addColumn('place', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('operator_sites_pair', ['operator', 'site'])
      .addForeignKeyConstraint('operator_sites_operator', ['operator'], 'operators', ['name'], (key) =>
        key.onDelete('cascade'),
      )
      .addForeignKeyConstraint('operator_sites_site', ['site'], 'sites', ['id'], (key) => key.onDelete('cascade'))
      .modifyEnd(options(dialect)),
  );
}

/** For people with a SQL shell: the log as the two things they look for. */
function* views(): Query<void> {
  yield* view(
    'messages',
    `SELECT id, site, room, seq, at, conversation, author_kind, author_id, author_name, cmid, text
    FROM entries WHERE kind = 'said'`,
  );
  yield* view('conversations', conversationsOf(''));
}

/** What was stored before there were fences is below every owner's. */
function* fence(dialect: Dialect): Query<void> {
  yield* define(
    tables(dialect)
      .alterTable('entries')
      .addColumn('fence', 'bigint', (column) => column.notNull().defaultTo(0)),
  );
}

/**
 * The chat's own time is whole milliseconds since 1970, because a read-back has to find exactly what was said in every
 * engine; people are shown it as a time in UTC, to the microsecond where the engine has such a type.
 */
function* times({ ddl }: Dialect): Query<void> {
  yield* view(
    'messages',
    `SELECT id, site, room, seq, ${ddl.utc('at')} AS said_at, at, conversation, author_kind, author_id, author_name, cmid, text
    FROM entries WHERE kind = 'said'`,
  );
  const opened = ddl.utc("MIN(CASE WHEN kind = 'opened' THEN at END)");
  const closed = ddl.utc("MAX(CASE WHEN kind = 'closed' THEN at END)");
  yield* view('conversations', conversationsOf(`${opened} AS opened, ${closed} AS closed,`));
}

function conversationsOf(more: string): string {
  return `SELECT conversation AS id, site, room,
      CASE WHEN MAX(kind = 'closed') = 1 THEN 'closed' WHEN MAX(kind = 'assigned') = 1 THEN 'active' ELSE 'waiting' END AS state,
      ${more}
      MIN(CASE WHEN kind = 'opened' THEN at END) AS opened_at,
      MAX(CASE WHEN kind = 'closed' THEN at END) AS closed_at,
      SUM(kind = 'said') AS messages,
      MIN(seq) AS first_seq, MAX(seq) AS last_seq, MAX(at) AS last_at
    FROM entries GROUP BY conversation, site, room HAVING MAX(kind = 'opened') = 1`;
}

function* view(name: string, query: string): Query<void> {
  yield* change(`DROP VIEW IF EXISTS ${name}`);
  yield* change(`CREATE VIEW ${name} AS ${query}`);
}
