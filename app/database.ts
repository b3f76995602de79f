// Owns opening the database of this node for this process: migrated, or with an error that a person can act on.
// It never runs while a node's own gate has the file; the lock of the data directory sees to that.

import { type Migrated, type OpenedStore, openStore, StoreOpenError } from '../stores/mod.ts';
import type { HeldDataDir } from './data-dir.ts';
import type { DatabaseAddress } from './settings.ts';
import { UserError } from './user-error.ts';

export interface OpenDatabase extends OpenedStore {
  readonly migrated: Migrated;
}

export async function openDatabase(directory: HeldDataDir): Promise<OpenDatabase> {
  try {
    return await migrated(openStore(placeOf(directory.database)));
  } catch (error) {
    if (error instanceof StoreOpenError) throw new UserError(`the database cannot be opened: ${error.message}`);
    throw error;
  }
}

function placeOf(database: DatabaseAddress): string {
  return database.engine === 'sqlite' ? database.path : database.url;
}

async function migrated(store: OpenedStore): Promise<OpenDatabase> {
  try {
    return { ...store, migrated: await store.migrate() };
  } catch (error) {
    store.close();
    throw error;
  }
}
