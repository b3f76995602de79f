// Owns the proof that the journal works on the threads of a real node: a database file that somebody else holds, and
// gate threads that are lost in the middle. What is acknowledged is in the database once, in order.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { chatBehaviours, type Entry, history, journal } from '../../actors/mod.ts';
import { type ActorNode, startNode } from '../../runtime/mod.ts';
import { storeBehaviours } from '../../stores/mod.ts';
import { room, said } from '../support/entries.ts';
import { eventually } from '../support/runtime-node.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const a = room('a');
const patienceMs = 60_000;

interface Running {
  readonly node: ActorNode;
  readonly database: string;
}

async function running(t: TestContext): Promise<Running> {
  const directory = temporaryDirectory();
  const database = join(directory.path, 'parla.db');
  const onGate = (gate: string) => ({ on: 'gate', gate }) as const;
  const backoff = { minMs: 50, maxMs: 500 };
  const journalArgs = { path: join(directory.path, 'journal.db') };
  const node = await startNode({
    node: 'test',
    threadEntry: import.meta.resolve('../../app/thread.ts'),
    behaviours: [...chatBehaviours, ...storeBehaviours],
    schedulers: 1,
    gates: [
      { name: 'sql', ownsFiles: true },
      { name: 'journal', ownsFiles: true },
    ],
    families: [],
    tree: {
      strategy: 'oneForOne',
      intensity: 100,
      children: [
        {
          id: 'store',
          name: 'store',
          behaviour: 'sqlStore',
          args: { path: database },
          placement: onGate('sql'),
          backoff,
        },
        {
          id: 'journal',
          name: 'journal',
          behaviour: 'journal',
          args: journalArgs,
          placement: onGate('journal'),
          backoff,
        },
        {
          id: 'history',
          name: 'history',
          behaviour: 'history',
          args: {},
          placement: { on: 'scheduler', key: 'h' },
          backoff,
        },
      ],
    },
  });
  t.after(async () => {
    await node.stop();
    directory.remove();
  });
  return { node, database };
}

/** As a room does: the same again until it is known what became of it. Gives where it was acknowledged from. */
async function append(node: ActorNode, entry: Entry): Promise<'sql' | 'journal'> {
  const until = performance.now() + patienceMs;
  while (performance.now() < until) {
    const answer = await node.call(history, 'append', { entries: [entry] }, { deadlineMs: 6_000 });
    if (answer.ok && answer.value.type === 'stored') return answer.value.inJournal === true ? 'journal' : 'sql';
    assert.ok(!answer.ok || answer.value.type === 'failed', `seq ${entry.seq}`);
  }
  return assert.fail(`seq ${entry.seq} was never acknowledged`);
}

async function drained(node: ActorNode): Promise<void> {
  await eventually(
    async () => {
      const answer = await node.call(journal, 'contents', {});
      return answer.ok ? answer.value.groups : null;
    },
    (groups) => groups === 0,
  );
}

function seqsIn(database: string): readonly unknown[] {
  const file = new DatabaseSync(database);
  const rows = file.prepare('SELECT seq FROM entries ORDER BY pos').all();
  file.close();
  return rows.map(({ seq }) => seq);
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test('while somebody else holds the database file, messages are acknowledged from the journal and are in it afterwards', async (t) => {
  const { node, database } = await running(t);
  assert.equal(await append(node, said(a, 1, 1)), 'sql');
  const other = new DatabaseSync(database);
  other.exec('BEGIN IMMEDIATE');
  for (let seq = 2; seq <= 40; seq += 1) assert.equal(await append(node, said(a, seq, seq)), 'journal');
  other.exec('ROLLBACK');
  other.close();
  await drained(node);
  assert.deepEqual(seqsIn(database), upTo(40));
  assert.equal(await append(node, said(a, 41, 41)), 'sql');
});

test('gate threads that are lost while the journal fills and drains lose nothing and double nothing', async (t) => {
  const { node, database } = await running(t);
  const kill = async (gate: string) => {
    const { threads } = await node.inspect();
    const index = threads.find(({ thread }) => thread === `gate ${gate}`)?.index;
    if (index !== undefined) await node.killThread(index);
  };
  const kills = new Map([
    [10, 'sql'],
    [20, 'journal'],
    [25, 'sql'],
    [40, 'journal'],
    [41, 'sql'],
  ]);
  for (let seq = 1; seq <= 60; seq += 1) {
    const gate = kills.get(seq);
    const killed = gate === undefined ? Promise.resolve() : kill(gate);
    await append(node, said(a, seq, seq));
    await killed;
  }
  await drained(node);
  assert.deepEqual(seqsIn(database), upTo(60));
});
