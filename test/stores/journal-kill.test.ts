// Owns the proof that a process killed with -9 while it journals, or while it drains, loses nothing and doubles nothing.
// It kills only the processes that it started.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { temporaryDirectory } from '../support/temporary.ts';

const writer = new URL('../support/journal-writer.ts', import.meta.url).pathname;

interface Ended {
  readonly lines: readonly string[];
  readonly signal: string | null;
  readonly code: number | null;
}

/** Kills it after so many whole lines; null lets it end by itself. */
async function run(args: readonly string[], killAfter: number | null): Promise<Ended> {
  const child = spawn(process.execPath, [writer, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    if (killAfter !== null && printed.split('\n').length > killAfter) child.kill('SIGKILL');
  });
  const [code, signal] = await once(child, 'close');
  return { lines: printed.slice(0, printed.lastIndexOf('\n')).split('\n'), signal, code };
}

describe('a process that is killed with -9', () => {
  it('in the middle of journaling and of draining has every acknowledged entry in SQL once, in order', async () => {
    const directory = temporaryDirectory();
    const [journal, database] = [join(directory.path, 'journal.db'), join(directory.path, 'parla.db')];
    const acknowledged: string[] = [];
    for (const requests of [1, 40, 7, 60]) {
      const { lines, signal } = await run(['put', journal, database, 'a'], requests);
      assert.equal(signal, 'SIGKILL');
      acknowledged.push(...lines.flatMap((line) => line.split(' ')));
    }
    for (const batches of [1, 3, 1, 6]) {
      const { signal } = await run(['drain', journal, database], batches);
      assert.equal(signal, 'SIGKILL');
    }
    assert.deepEqual((await run(['drain', journal, database], null)).code, 0);

    const opened = new DatabaseSync(database);
    const rows = opened.prepare('SELECT id, pos, seq FROM entries ORDER BY pos').all();
    opened.close();
    const left = new DatabaseSync(journal);
    assert.equal(left.prepare('SELECT count(*) AS groups FROM groups').get()?.groups, 0);
    assert.equal(left.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok');
    left.close();
    directory.remove();

    const ids = new Set(rows.map((row) => String(row.id)));
    assert.equal(ids.size, rows.length, 'no entry twice');
    assert.ok(acknowledged.length >= 3 * (1 + 40 + 7 + 60));
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
    assert.equal(rows.length % 3, 0, 'no request is half there');
  });
});
