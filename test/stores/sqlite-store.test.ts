// Owns the proof that SQLite is a store of record, in a file and in memory alike.
// It holds no test of its own: the port's conformance does.

import { join } from 'node:path';
import { openStore } from '../../stores/mod.ts';
import { storeConformance } from '../support/store-conformance.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function migrated(path: string) {
  const store = openStore(path);
  await store.migrate();
  return store;
}

storeConformance('SQLite in a file', async () => {
  const directory = temporaryDirectory();
  const store = await migrated(join(directory.path, 'parla.db'));
  return {
    call: store.call,
    close: () => {
      store.close();
      directory.remove();
    },
  };
});

storeConformance('SQLite in memory', () => migrated(':memory:'));
