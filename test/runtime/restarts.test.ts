// Owns the pure rules of restarts: who, how many, after how long.
// The supervisor that obeys them is in supervisor.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { affected, afterEnd, backoffMs, spend } from '../../runtime/restarts.ts';

test('intensity 2 within a period allows two restarts and not a third', () => {
  const budget = { intensity: 2, periodMs: 1_000 };
  const times: number[] = [];
  assert.equal(spend(times, 0, budget), true);
  assert.equal(spend(times, 10, budget), true);
  assert.deepEqual(times, [0, 10]);
  assert.equal(spend(times, 20, budget), false);
});

test('restarts that are older than the period do not count', () => {
  const budget = { intensity: 1, periodMs: 1_000 };
  assert.equal(spend([0], 999, budget), false);
  const times = [0];
  assert.equal(spend(times, 1_000, budget), true);
  assert.deepEqual(times, [1_000]);
});

test('intensity 0 allows none', () => {
  assert.equal(spend([], 0, { intensity: 0, periodMs: 5_000 }), false);
});

test('who is restarted follows from the restart type and the reason', () => {
  const reasons = [
    'normal',
    'shutdown',
    { shutdown: 'done' },
    'killed',
    { crash: { name: 'E', message: '' } },
  ] as const;
  const row = (restart: 'permanent' | 'transient' | 'temporary') => reasons.map((reason) => afterEnd(restart, reason));
  assert.deepEqual(row('permanent'), ['restart', 'restart', 'restart', 'restart', 'restart']);
  assert.deepEqual(row('transient'), ['keep', 'keep', 'keep', 'restart', 'restart']);
  assert.deepEqual(row('temporary'), ['forget', 'forget', 'forget', 'forget', 'forget']);
});

test('the strategy says which siblings go with it', () => {
  assert.deepEqual(affected('oneForOne', 1, 4), { first: 1, last: 1 });
  assert.deepEqual(affected('oneForAll', 1, 4), { first: 0, last: 3 });
  assert.deepEqual(affected('restForOne', 1, 4), { first: 1, last: 3 });
});

test('backoff doubles from its least to its most', () => {
  const waits = [0, 1, 2, 3, 4, 100].map((failures) => backoffMs({ minMs: 100, maxMs: 1_000 }, failures));
  assert.deepEqual(waits, [100, 200, 400, 800, 1_000, 1_000]);
});
