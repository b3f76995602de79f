// Owns the proof that a process killed with -9 in the middle of its writing loses nothing that it acknowledged.
// It kills only the processes that it started.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { openStore } from '../../stores/mod.ts';
import { room } from '../support/entries.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const writer = new URL('../support/store-writer.ts', import.meta.url).pathname;

/** Kills the writer in the middle, after so many acknowledged requests; resolves with the ids that were acknowledged. */
async function acknowledgedUntilKilled(path: string, requests: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [writer, path, 'a'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    if (printed.split('\n').length > requests) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'close');
  assert.equal(signal, 'SIGKILL');
  const whole = printed.slice(0, printed.lastIndexOf('\n'));
  return whole.split(/\s+/);
}

describe('a process that is killed with -9 while it appends', () => {
  it('has every acknowledged entry once, without gaps, after each of several kills', async () => {
    const directory = temporaryDirectory();
    const path = join(directory.path, 'parla.db');
    const acknowledged: string[] = [];
    for (const requests of [1, 40, 7, 90]) acknowledged.push(...(await acknowledgedUntilKilled(path, requests)));

    const store = openStore(path);
    const tail = await store.call('tail', { room: room('a') });
    store.close();
    const database = new DatabaseSync(path);
    const rows = database.prepare('SELECT id, pos, seq FROM entries ORDER BY pos').all();
    assert.deepEqual(
      database
        .prepare('PRAGMA integrity_check')
        .all()
        .map((row) => row.integrity_check),
      ['ok'],
    );
    database.close();
    directory.remove();

    const ids = new Set(rows.map((row) => String(row.id)));
    assert.equal(ids.size, rows.length, 'no entry twice');
    assert.deepEqual(
      acknowledged.filter((id) => !ids.has(id)),
      [],
      'every acknowledged entry is there',
    );
    assert.deepEqual(
      rows.map((row) => row.pos),
      rows.map((_, index) => index + 1),
      'no gap in pos',
    );
    const seqs = rows.map((row) => row.seq).filter((seq) => seq !== null);
    assert.deepEqual(
      seqs,
      seqs.map((_, index) => index + 1),
      'no gap in seq',
    );
    assert.equal(rows.length % 3, 0, 'no request is half there');
    assert.deepEqual(tail, { ok: true, value: { pos: rows.length, seq: seqs.length, fence: 1 } });
  });
});
