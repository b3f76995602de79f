// Owns reading what SQLite's errors mean.
// It handles none.

import { SqlError, type SqlErrorKind, StoreOpenError } from '../sql/sql-error.ts';

/** Primary result codes of https://sqlite.org/rescode.html; the extended ones keep them in their low byte. */
const primary = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  corrupt: 11,
  full: 13,
  tooBig: 18,
  constraint: 19,
  mismatch: 20,
  notADatabase: 26,
};
const primaryMask = 0xff;
/** SQLITE_CONSTRAINT_PRIMARYKEY, _UNIQUE, _ROWID. */
const duplicates: readonly number[] = [1_555, 2_067, 2_579];

/** Everything that SQLite itself says; what else is thrown is a mistake of ours and comes back as it is. */
export function sqlErrorOf(error: unknown): unknown {
  // node:sqlite throws it for a value that no column can hold.
  if (error instanceof TypeError && 'code' in error) return new SqlError('guilty', failureOf('type', error));
  const code = resultCode(error);
  return code === null ? error : new SqlError(kindOf(code), failureOf(String(code), error));
}

export function openError(path: string, error: unknown): unknown {
  if (error instanceof StoreOpenError) return error;
  const code = resultCode(error instanceof SqlError ? error.cause : error);
  if (code === null) return error;
  const first = code & primaryMask;
  if (first === primary.busy || first === primary.locked) {
    return new StoreOpenError('locked', `${path} is locked by another process`, error);
  }
  if (first === primary.corrupt || first === primary.notADatabase) {
    return new StoreOpenError('damaged', `${path} is damaged, or is not a SQLite database: restore a backup`, error);
  }
  return new StoreOpenError('unavailable', `${path} cannot be opened: ${reason(error)}`, error);
}

/** The connection is as good as before: the disk is full, somebody holds the file, or one row is at fault. */
export function isPassing(error: unknown): boolean {
  const told = sqlErrorOf(error);
  if (!(told instanceof SqlError)) return false;
  const first = Number(told.code) & primaryMask;
  return told.kind !== 'refused' || [primary.busy, primary.locked, primary.readOnly, primary.full].includes(first);
}

function kindOf(code: number): SqlErrorKind {
  if (duplicates.includes(code)) return 'duplicate';
  const first = code & primaryMask;
  return first === primary.constraint || first === primary.tooBig || first === primary.mismatch ? 'guilty' : 'refused';
}

/** Messages of SQLite name tables and columns, never values. */
function failureOf(code: string, cause: unknown) {
  return { code, message: reason(cause), cause };
}

function resultCode(error: unknown): number | null {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : null;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
