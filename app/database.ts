// Owns opening the database of a data directory for this process: migrated, or with an error that a person can act on.
// It never runs while a node's own gate has the file; the lock of the data directory sees to that.

import { openStore } from '../stores/mod.ts';
import type { HeldDataDir } from './data-dir.ts';
import { UserError } from './user-error.ts';

export async function openDatabase(directory: HeldDataDir) {
  try {
    const store = await openStore(directory.database);
    const migrated = await store.migrate();
    return { ...store, migrated };
  } catch (error) {
    throw new UserError(
      `the database ${directory.database} cannot be opened: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
