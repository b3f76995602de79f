// Owns what /readyz and /metrics say while the journal stands in for SQL.
// The journal is the real one; nothing else of a node runs.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { journal } from '../../actors/mod.ts';
import { Health } from '../../app/health.ts';
import { startLocal, systemClock } from '../../runtime/mod.ts';
import { journal as journalBehaviour } from '../../stores/mod.ts';
import { room, said } from '../support/entries.ts';
import { temporaryDirectory } from '../support/temporary.ts';

test('what the journal holds makes a node degraded, and is in the metrics until SQL has it', async (t) => {
  const directory = temporaryDirectory();
  const node = await startLocal({
    behaviours: [journalBehaviour],
    clock: systemClock(),
    tree: {
      strategy: 'oneForOne',
      children: [
        { id: 'j', name: 'journal', behaviour: 'journal', args: { path: join(directory.path, 'journal.db') } },
      ],
    },
  });
  const health = new Health();
  t.after(async () => {
    health.stop();
    await node.stop();
    directory.remove();
  });
  await health.start(node, ['journal']);
  const seen = async () => {
    const numbers = await health.numbers();
    const groups = numbers.find(({ metric }) => metric === 'journal_groups')?.value;
    return { ...health.readiness(), groups };
  };
  const well = { ready: true, draining: false, degraded: [], groups: 0 };
  assert.deepEqual(await seen(), well);
  const begun = await node.call(journal, 'begin', {});
  assert.ok(begun.ok);
  const { writer } = begun.value;
  await node.call(journal, 'put', { writer, groups: [[said(room('a'), 1, 1)]] });
  assert.deepEqual(await seen(), { ...well, degraded: ['sql'], groups: 1 });
  await node.call(journal, 'remove', { writer, numbers: [1], rooms: [] });
  assert.deepEqual(await seen(), well);
});
