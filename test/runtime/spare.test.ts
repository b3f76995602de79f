// Owns the guarantees of the thread that a node keeps in reserve: who takes it, and that it never outlives its node.
// Real threads.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { keyed, type NodeOptions } from '../../runtime/mod.ts';
import type { CounterProtocol } from '../support/runtime-behaviours.ts';
import { ask, counterAt, counterChild } from '../support/runtime-local.ts';
import { eventually, keyOn, threadedStage } from '../support/runtime-node.ts';

const member = (key: string) => keyed<CounterProtocol>('counters', key);
const needsProc = process.platform === 'linux' ? false : 'only Linux tells how many threads there are';

function threads(): number {
  return readdirSync('/proc/self/task').length;
}

async function withSpare(before: number): Promise<void> {
  await eventually(
    async () => threads(),
    (now) => now === before + 1,
  );
}

test('a lost thread is replaced by the one in reserve, and there is another one soon', {
  skip: needsProc,
}, async (t) => {
  const { node, next } = await threadedStage(t, [], {});
  const lost = keyOn(node, 1);
  await ask(node, member(lost), 'add', { by: 5 });
  const before = threads();
  for (let life = 2; life <= 3; life++) {
    await withSpare(before);
    const up = next('up', 1);
    node.cast(member(lost), 'exitProcess', null);
    await up;
    assert.equal(await ask(node, member(lost), 'add', { by: life }), life);
    const { threads: all } = await node.inspect();
    assert.equal(all[1]?.incarnation, life);
  }
  await withSpare(before);
});

test('a thread from the reserve may block as long as it says, like any other', { skip: needsProc }, async (t) => {
  const options: Partial<NodeOptions> = { threadStuckMs: 200 };
  const child = counterChild('c', { restart: 'permanent', placement: { on: 'scheduler', key: 'c' } });
  const { node, next, events } = await threadedStage(t, [child], options);
  const thread = node.threadOf('c');
  await withSpare(threads());
  const up = next('up', thread);
  node.cast(counterAt('c'), 'exitProcess', null);
  await up;
  await eventually(
    () => ask(node, counterAt('c'), 'read', null),
    (read) => read === 0,
  );
  const answer = await node.call(counterAt('c'), 'block', { ms: 700, allowedMs: 5_000 });
  assert.deepEqual(answer, { ok: true, value: 'blocked' });
  assert.equal(events.filter(({ type }) => type === 'lost').length, 1);
});

test('a node that stops leaves no thread in reserve behind, opened or about to be', { skip: needsProc }, async (t) => {
  const before = threads();
  for (const wait of [async () => undefined, () => withSpare(threads())]) {
    const { node } = await threadedStage(t, [], {});
    await wait();
    await node.stop();
    await eventually(
      async () => threads(),
      (now) => now <= before,
    );
  }
});
