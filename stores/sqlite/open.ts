// Owns opening a SQLite file the way the chat needs it.
// It never runs a query of the chat, and knows no table.

import { DatabaseSync } from 'node:sqlite';
import { type Migrated, migrate } from '../sql/migrations.ts';
import { Connection } from './connection.ts';
import { sqliteDialect } from './dialect.ts';
import { openError } from './errors.ts';

/** Whoever else has the file (a backup, a shell) is waited for this long; an append has 2 s in all. */
const busyTimeoutMs = 1_500;

/** WAL with FULL: a commit is on the disk before it returns, and readers do not wait for it. */
export function openSqlite(path: string): DatabaseSync {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF');
    // The file's first page is read here, so that a damaged or foreign file is known now and not at the first message.
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return database;
  } catch (error) {
    database?.close();
    throw openError(path, error);
  }
}

/** What a migration does is no part of the chat's budget of writes: nothing of it is counted. */
export function migrateSqlite(database: DatabaseSync, path: string): Migrated {
  try {
    return new Connection(database, () => undefined).drive(migrate(sqliteDialect, path));
  } catch (error) {
    throw openError(path, error);
  }
}
