// Owns opening a SQLite file the way the chat needs it, and reading what SQLite's errors mean.
// It never runs a query of the chat, and knows no table.

import { DatabaseSync } from 'node:sqlite';
import type { Failure } from '../runtime/mod.ts';

/** Whoever else has the file (a backup, a shell) is waited for this long; an append has 2 s in all. */
const busyTimeoutMs = 1_500;

/** Primary result codes of https://sqlite.org/rescode.html; the extended ones keep them in their low byte. */
const primary = {
  busy: 5,
  locked: 6,
  corrupt: 11,
  cannotOpen: 14,
  tooBig: 18,
  constraint: 19,
  mismatch: 20,
  notADatabase: 26,
};
const primaryMask = 0xff;
/** SQLITE_CONSTRAINT_PRIMARYKEY, _UNIQUE, _ROWID. */
const duplicates: readonly number[] = [1_555, 2_067, 2_579];

/** A database that cannot be used as it is; the message is for the person who runs the node. */
export class StoreOpenError extends Error {
  readonly code: 'locked' | 'damaged' | 'newer' | 'unavailable';
  constructor(code: StoreOpenError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StoreOpenError';
    this.code = code;
  }
}

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

export function openError(path: string, error: unknown): unknown {
  const code = primaryCode(error);
  if (code === null || error instanceof StoreOpenError) return error;
  if (code === primary.busy || code === primary.locked) {
    return new StoreOpenError('locked', `${path} is locked by another process`, error);
  }
  if (code === primary.corrupt || code === primary.notADatabase) {
    return new StoreOpenError('damaged', `${path} is damaged, or is not a SQLite database: restore a backup`, error);
  }
  return new StoreOpenError('unavailable', `${path} cannot be opened: ${reason(error)}`, error);
}

/** Everything that SQLite itself says; what else is thrown is a mistake of ours and ends the actor. */
export function isSqlError(error: unknown): error is Error & { readonly errcode: number } {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
}

/** Another row has the same id, place or key. */
export function isDuplicate(error: unknown): boolean {
  return isSqlError(error) && duplicates.includes(error.errcode);
}

/** The values of one row are at fault, and nothing but this row: too big, of a wrong type, against a constraint. */
export function isGuiltyRow(error: unknown): boolean {
  if (error instanceof TypeError && 'code' in error) return true;
  const code = primaryCode(error);
  return code === primary.constraint || code === primary.tooBig || code === primary.mismatch;
}

/** Messages of SQLite name tables and columns, never values. */
export function sqlFailure(error: Error): Failure {
  if (isGuiltyRow(error)) return { code: 'failed', message: reason(error), retryable: false };
  return { code: 'unavailable', message: reason(error), retryable: true };
}

function primaryCode(error: unknown): number | null {
  return isSqlError(error) ? error.errcode & primaryMask : null;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
