// Owns what the journal can and cannot protect from, by where it is: whether one disk holds it and the database.
// It only looks: where the data directory is, is a person's decision.

import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Backends } from './backends.ts';

/** True where whatever fills or takes away the database's disk does so to the journal's. */
export function sharesDisk({ database, journal }: Pick<Backends, 'database' | 'journal'>): boolean {
  return database.engine === 'sqlite' && deviceOf(database.path) === deviceOf(journal);
}

/** The file itself may not be there yet, or be a link to elsewhere. */
function deviceOf(file: string): number {
  return (statSync(file, { throwIfNoEntry: false }) ?? statSync(dirname(file))).dev;
}
