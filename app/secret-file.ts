// Owns small files that must be whole or absent, and readable by their owner only: written aside, synced, then renamed.
// It never overwrites a secret that is there.

import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from './user-error.ts';

const secretBytes = 32;

/** What the file holds; made of 256 random bits at its first use. The caller holds the data directory. */
export function secretFile(path: string): string {
  const there = readIfThere(path)?.trim();
  if (there === '') throw new UserError(`${path} is empty: remove it to have a new secret made`);
  if (there !== undefined) return there;
  const made = randomBytes(secretBytes).toString('base64url');
  writeWhole(path, `${made}\n`);
  return made;
}

export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new UserError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** After a crash at any moment the file is the old one or the new one. Mode 0600. */
export function writeWhole(path: string, text: string): void {
  const aside = `${path}.${process.pid}.new`;
  const file = openSync(aside, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(aside, path);
  syncDirectory(dirname(path));
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
