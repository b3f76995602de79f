// Owns the pure rules about keys that fail: how long they rest, and when they are forgotten.
// The families that obey them are in family.test.ts, the threads in lost-threads.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyTroubles } from '../../runtime/key-troubles.ts';
import { ThreadKillers } from '../../runtime/thread-killers.ts';

const down = { code: 'unavailable', message: 'down', retryable: true };

test('a failed init is tried again after 50 ms, 100 ms, 200 ms and so on up to 2 s', () => {
  const troubles = new KeyTroubles();
  let now = 0;
  for (const wait of [50, 100, 200, 400, 800, 1_600, 2_000, 2_000]) {
    troubles.initFailed('k', down, now);
    assert.deepEqual(troubles.refusal('k', now + wait - 1), down);
    assert.equal(troubles.refusal('k', now + wait), null);
    now += wait;
  }
});

test('rests after too many crashes double, up to a minute', () => {
  const troubles = new KeyTroubles();
  let now = 0;
  for (const rest of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
    for (let i = 0; i < 6; i++) troubles.crashed('k', now);
    assert.equal(troubles.refusal('k', now + rest - 1)?.code, 'exited');
    assert.equal(troubles.refusal('k', now + rest), null);
    now += rest;
  }
});

test('six crashes spread over more than ten seconds are no loop', () => {
  const troubles = new KeyTroubles();
  for (let i = 0; i < 20; i++) troubles.crashed('k', i * 2_000);
  assert.equal(troubles.refusal('k', 38_000), null);
});

test('a key without trouble for two minutes is forgotten, and the memory of troubled keys is bounded', () => {
  const troubles = new KeyTroubles();
  troubles.crashed('k', 0);
  assert.equal(troubles.crashes('k'), 1);
  troubles.refusal('k', 120_001);
  assert.equal(troubles.crashes('k'), 0);
  for (let i = 0; i < 10_100; i++) troubles.crashed(`k${i}`, i);
  assert.equal(troubles.size, 10_000);
});

test('the first stuck thread is forgiven; after the second the key rests 30 s, then twice as long each time', () => {
  const killers = new ThreadKillers();
  killers.killed(7, 0);
  assert.deepEqual(killers.shunned(1), []);
  killers.killed(7, 1_000);
  assert.deepEqual(killers.shunned(1_001), [{ hash: 7, until: 31_000 }]);
  assert.deepEqual(killers.shunned(31_000), []);
  killers.killed(7, 40_000);
  assert.deepEqual(killers.shunned(40_001), [{ hash: 7, until: 100_000 }]);
});

test('a key whose thread was not stuck for an hour is forgiven again', () => {
  const killers = new ThreadKillers();
  killers.killed(7, 0);
  killers.killed(7, 3_600_000);
  assert.deepEqual(killers.shunned(3_600_001), []);
});
