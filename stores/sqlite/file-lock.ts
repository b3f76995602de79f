// Owns a lock between processes: an exclusive SQLite transaction on an empty file, held until it is released.
// It never stores anything; the kernel frees it with the process that held it, so no lock outlives a kill -9.
//
// A file with a pid in it was rejected: taking over a dead owner's file needs a second lock, and pids are reused.

import { DatabaseSync } from 'node:sqlite';

export interface FileLock {
  release(): void;
}

const sqliteBusy = 5;

/** Null when another process (or another caller in this one) still holds it after `waitMs`. Blocks for that long. */
export function lockFile(path: string, waitMs: number): FileLock | null {
  const file = new DatabaseSync(path, { timeout: waitMs });
  try {
    file.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    file.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) return null;
    throw error;
  }
  return { release: () => file.close() };
}
