// Owns the guarantees about what a thread may use and how long it may block: heap, buffers, native code.
// Real threads, real limits.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { keyed, type NodeOptions } from '../../runtime/mod.ts';
import type { CounterProtocol } from '../support/runtime-behaviours.ts';
import { ask, counterAt, counterChild } from '../support/runtime-local.ts';
import { eventually, keyOn, threadedStage } from '../support/runtime-node.ts';

const quick: Partial<NodeOptions> = { threadStuckMs: 200 };
const member = (key: string) => keyed<CounterProtocol>('counters', key);

test('a thread beyond its heap limit is replaced, and the others go on', async (t) => {
  const { node, next } = await threadedStage(t, [], { schedulerHeapBytesMax: 32 * 1024 ** 2 });
  const gone = next('lost', 1);
  const up = next('up', 1);
  node.cast(member(keyOn(node, 1)), 'hoard', { heapBytes: 256 * 1024 ** 2, bufferBytes: 0 });
  assert.match((await gone).reason ?? '', /memory limit|heap/i);
  assert.equal(await ask(node, member(keyOn(node, 2)), 'read', null), 0);
  await up;
});

test('a thread beyond its limit of buffers, which no heap limit covers, is replaced', async (t) => {
  const { node, next } = await threadedStage(t, [], { ...quick, bufferBytesMax: 32 * 1024 ** 2 });
  const gone = next('lost', 1);
  node.cast(member(keyOn(node, 1)), 'hoard', { heapBytes: 0, bufferBytes: 64 * 1024 ** 2 });
  assert.match((await gone).reason ?? '', /buffers/);
});

test('a gate that said how long it may block is not ended before', async (t) => {
  const gate = { placement: { on: 'gate', gate: 'g' } } as const;
  const { node, events } = await threadedStage(t, [counterChild('c', gate)], { ...quick, gates: [{ name: 'g' }] });
  const answer = await node.call(counterAt('c'), 'block', { ms: 700, allowedMs: 5_000 });
  assert.deepEqual(answer, { ok: true, value: 'blocked' });
  assert.deepEqual(
    events.filter(({ type }) => type === 'lost'),
    [],
  );
  const refused = await node.call(counterAt('c'), 'block', { ms: 5_000, allowedMs: 0 });
  assert.equal(refused.ok ? 'ok' : refused.error.code, 'threadLost');
});

const needsProc = process.platform === 'linux' ? false : 'only Linux tells which thread still runs native code';

test('a gate that owns files begins its next life only after the last one is really gone', {
  skip: needsProc,
}, async (t) => {
  const child = counterChild('c', { restart: 'permanent', placement: { on: 'gate', gate: 'files' } });
  const gates = [{ name: 'files', ownsFiles: true }];
  const { node, next } = await threadedStage(t, [child, counterChild('other', { restart: 'permanent' })], {
    ...quick,
    gates,
  });
  const task = await ask(node, counterAt('c'), 'task', null);
  const runs = () => existsSync(`/proc/self/task/${task}`);
  const [gone, up] = [next('lost', 3), next('up', 3)];
  void node.call(counterAt('c'), 'native', { ms: 1_200 });
  await gone;
  assert.equal(runs(), true);
  node.cast(counterAt('other'), 'crash', { message: 'x' });
  await eventually(
    () => ask(node, counterAt('other'), 'where', null),
    (where) => typeof where === 'object' && where.restarts === 1,
  );
  assert.equal(runs(), true, 'the supervisor did not wait for the gate');
  await up;
  assert.equal(runs(), false);
});
