// Owns the journal's file: opening it for its owner only, checking it, and setting a damaged one aside.
// It never empties a file: what cannot be read stays beside the new one, under a name that says so.

import { chmodSync, closeSync, existsSync, openSync, renameSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { SqlError, StoreOpenError } from '../sql/sql-error.ts';
import { openError, sqlErrorOf } from '../sqlite/errors.ts';

export interface JournalFile {
  readonly database: DatabaseSync;
  /** Where a damaged file was put, when there was one. */
  readonly setAside: string | null;
}

const version = 1;
const ownerOnly = 0o600;
/** Nobody else opens this file; a backup tool may hold it for a moment. */
const busyTimeoutMs = 500;
/** Pages of 4 KiB after which what was removed becomes room again. */
const checkpointPages = 1_000;

/** A group is one row: what was said together is kept together. `seq` is the room's last one after the group. */
const schema = `
  CREATE TABLE IF NOT EXISTS groups (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    room TEXT NOT NULL, site TEXT NOT NULL,
    pos INTEGER NOT NULL, last_pos INTEGER NOT NULL, seq INTEGER, fence INTEGER NOT NULL,
    entries INTEGER NOT NULL, bytes INTEGER NOT NULL, at INTEGER NOT NULL,
    payload TEXT NOT NULL, crc INTEGER NOT NULL,
    UNIQUE (room, pos)
  );
  CREATE INDEX IF NOT EXISTS groups_site ON groups (site, room);
  CREATE TABLE IF NOT EXISTS said (
    room TEXT NOT NULL, author TEXT NOT NULL, cmid TEXT NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (room, author, cmid)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS said_number ON said (number);
  CREATE TABLE IF NOT EXISTS aside (
    number INTEGER PRIMARY KEY, room TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL,
    bytes INTEGER NOT NULL, payload TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS marks (
    operator TEXT NOT NULL, room TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (operator, room)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS accounts (
    kind TEXT NOT NULL, name TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (kind, name)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS writers (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), writer INTEGER NOT NULL);
  INSERT OR IGNORE INTO writers VALUES (1, 0);
  PRAGMA user_version = ${version};
`;

/** `at` dates the name of a file that is set aside. Throws StoreOpenError when there is no journal to be had. */
export function openJournalFile(path: string, at: number): JournalFile {
  try {
    return { database: opened(path), setAside: null };
  } catch (error) {
    if (!(error instanceof StoreOpenError && error.code === 'damaged')) throw error;
    const setAside = putAside(path, at);
    return { database: opened(path), setAside };
  }
}

/** The file, and what of it is still in the log beside it: together they are what a person can try to save. */
export function putAside(path: string, at: number): string {
  const stem = `${path}.damaged-${new Date(at).toISOString().replace(/[:.]/g, '-')}`;
  for (const part of ['', '-wal', '-shm']) {
    if (existsSync(`${path}${part}`)) renameSync(`${path}${part}`, `${stem}${part}`);
  }
  return stem;
}

export function isDamage(error: unknown): boolean {
  const told = openError('', error);
  return told instanceof StoreOpenError && told.code === 'damaged';
}

function opened(path: string): DatabaseSync {
  let database: DatabaseSync | null = null;
  try {
    makePrivate(path);
    database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF');
    database.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
    check(database, path);
    database.exec(schema);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof StoreOpenError || sqlErrorOf(error) instanceof SqlError) throw openError(path, error);
    throw cannotOpen(path, error);
  }
}

/** Texts and keys of accounts are in it; SQLite gives the files beside it the same mode. */
function makePrivate(path: string): void {
  if (path === ':memory:') return;
  closeSync(openSync(path, 'a', ownerOnly));
  chmodSync(path, ownerOnly);
}

function check(database: DatabaseSync, path: string): void {
  const found = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (found > version)
    throw new StoreOpenError('newer', `${path} was written by a newer version of Parla: upgrade Parla`);
  const verdict = database.prepare('PRAGMA quick_check(1)').get()?.quick_check;
  if (verdict !== 'ok') throw new StoreOpenError('damaged', `${path} is damaged: ${String(verdict)}`);
}

function cannotOpen(path: string, error: unknown): StoreOpenError {
  const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return new StoreOpenError('unavailable', `${path} cannot be opened: ${why}`, error);
}
