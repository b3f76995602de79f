// Owns the guarantees about how long a thread may block, in native code too.
// Real threads, real limits.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import type { NodeOptions } from '../../runtime/mod.ts';
import { ask, counterAt, counterChild } from '../support/runtime-local.ts';
import { eventually, threadedStage } from '../support/runtime-node.ts';

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
