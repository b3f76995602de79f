// Owns the guarantees when a thread has grown too big while it still works: what is under way ends well, then it is replaced.
// Real threads, real limits. Those that fail before anybody can do anything are in lost-threads.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyed, type NodeOptions } from '../../runtime/mod.ts';
import type { CounterProtocol } from '../support/runtime-behaviours.ts';
import { ask } from '../support/runtime-local.ts';
import { keyOn, threadedStage } from '../support/runtime-node.ts';

const member = (key: string) => keyed<CounterProtocol>('counters', key);
const mib = 1024 ** 2;
const longerThanAnyTest = Number.MAX_SAFE_INTEGER;
const shortTurns = 2_000;
/** To fill a heap may take seconds on a crowded machine. */
const crowded = { deadlineMs: 60_000 } as const;

const growths: readonly {
  readonly what: string;
  readonly more: Partial<NodeOptions>;
  readonly hoard: { readonly heapBytes: number; readonly bufferBytes: number };
  readonly reason: RegExp;
}[] = [
  {
    what: 'its heap comes near the limit',
    // One handler fills it, which is no loop without an end.
    more: { schedulerHeapBytesMax: 384 * mib, threadStuckMs: 10_000 },
    hoard: { heapBytes: 358 * mib, bufferBytes: 0 },
    reason: /^heap: /,
  },
  {
    what: 'its buffers pass the limit',
    more: { bufferBytesMax: 32 * mib },
    hoard: { heapBytes: 0, bufferBytes: 33 * mib },
    reason: /^buffers: /,
  },
];

for (const { what, more, hoard, reason } of growths) {
  test(`when ${what}, a thread ends its async handlers and its actors in order before it is replaced`, async (t) => {
    const { node, next, log } = await threadedStage(t, [], { threadStuckMs: 1_000, ...more });
    const [big, slow, patient] = [0, 1, 2].map((others) => keyOn(node, 1, others)) as [string, string, string];
    const [gone, up] = [next('lost', 1), next('up', 1)];
    const waiting = node.call(member(patient), 'never', null, crowded);
    node.cast(member(big), 'hoard', hoard);
    const answer = await node.call(member(slow), 'slow', { turns: shortTurns }, crowded);
    assert.deepEqual(answer, { ok: true, value: 'slow' });
    const told = await waiting;
    assert.equal(
      told.ok ? 'ok' : told.error.code,
      'exited',
      'told by an actor that ended, not by the loss of its thread',
    );
    assert.match((await gone).reason ?? '', reason);
    await up;
    assert.equal(await ask(node, member(slow), 'add', { by: 2 }), 2);
    const drains = log.filter(({ message }) => message === 'thread drains');
    assert.equal(drains.length, 1);
  });
}

test('a thread that does not come to its end in time is replaced all the same, and its callers are told', async (t) => {
  const { node, next } = await threadedStage(t, [], { threadStuckMs: 1_000, bufferBytesMax: 32 * mib });
  const [big, endless] = [0, 1].map((others) => keyOn(node, 1, others)) as [string, string];
  const [gone, up] = [next('lost', 1), next('up', 1)];
  const waiting = ask(node, member(endless), 'slow', { turns: longerThanAnyTest });
  node.cast(member(big), 'hoard', { heapBytes: 0, bufferBytes: 33 * mib });
  assert.equal(await waiting, 'threadLost');
  assert.match((await gone).reason ?? '', /^buffers: /);
  await up;
  assert.equal(await ask(node, member(endless), 'add', { by: 2 }), 2);
});
