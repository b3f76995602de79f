// Owns the guarantees about how long a thread may block, in native code too.
// Real threads, real limits.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { keyed, type NodeOptions } from '../../runtime/mod.ts';
import type { CounterProtocol } from '../support/runtime-behaviours.ts';
import { ask, counterAt, counterChild } from '../support/runtime-local.ts';
import { eventually, keyOn, threadedStage } from '../support/runtime-node.ts';

const member = (key: string) => keyed<CounterProtocol>('counters', key);
const quick: Partial<NodeOptions> = { threadStuckMs: 200 };

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

/** What takes two seconds of CPU time, on a crowded machine. */
const nativeMsMax = 60_000;

test('a thread that is ended inside native code is replaced at once, and shown as lingering until its call returns', {
  skip: needsProc,
}, async (t) => {
  const { node, next } = await threadedStage(t, [], quick);
  const key = keyOn(node, 1);
  const task = await ask(node, member(key), 'task', null);
  const up = next('up', 1);
  node.cast(member(key), 'native', { ms: 2_000 });
  await up;
  assert.equal((await node.inspect()).threadsLingering, 1);
  assert.equal(existsSync(`/proc/self/task/${task}`), true);
  assert.equal(await ask(node, member(key), 'add', { by: 1 }), 1);
  await eventually(
    async () => (await node.inspect()).threadsLingering,
    (lingering) => lingering === 0,
    nativeMsMax,
  );
  assert.equal(existsSync(`/proc/self/task/${task}`), false);
});

test('a gate that owns files begins its next life only after the last one is really gone', {
  skip: needsProc,
  timeout: 60_000,
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
  void node.call(counterAt('c'), 'native', { ms: 3_000 });
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
