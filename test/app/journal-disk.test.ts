// Owns the rule that a start says what the journal cannot protect from, where one disk holds it and the database.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { sharesDisk } from '../../app/journal-disk.ts';
import { freshDataDir, nodeEnv, startNodeProcess } from '../support/parla-process.ts';
import { temporaryDirectory } from '../support/temporary.ts';

test('a start says once that a journal beside the database does not protect from a full or lost disk', async (t) => {
  const running = await startNodeProcess(t, nodeEnv(freshDataDir(t)));
  const said = running.stderr().match(/not from a disk that is full or lost/g) ?? [];
  assert.equal(said.length, 1, running.stderr());
});

test('only a database file on the same device shares its disk with the journal', (t) => {
  const directory = temporaryDirectory();
  t.after(() => directory.remove());
  const journal = join(directory.path, 'journal.db');
  const at = (path: string) => sharesDisk({ database: { engine: 'sqlite', path }, journal });
  assert.equal(at(join(directory.path, 'parla.db')), true);
  // Devices are on no disk.
  assert.equal(at('/dev/parla.db'), false);
  assert.equal(sharesDisk({ database: { engine: 'mysql', url: 'mysql://db.example/parla' }, journal }), false);
});
