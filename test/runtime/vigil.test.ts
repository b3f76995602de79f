// Owns the guarantees of how long a thread stays awake for more messages: only in quick succession, and not for long.
// Time and the turns of the event loop are the test's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Vigil } from '../../runtime/vigil.ts';

const quickMs = 0.01;
const slowMs = 0.3;
const longMs = 0.16;
/** Longer than an arrival pays for, shorter than a vigil's patience. */
const middlingMs = 0.07;

function stage() {
  let now = 0;
  let turn: (() => void) | null = null;
  const vigil = new Vigil(
    () => now,
    (next) => {
      turn = next;
    },
  );
  return {
    arrive(times: number, everyMs: number) {
      for (let i = 0; i < times; i++) {
        now += everyMs;
        vigil.arrived();
      }
    },
    /** The event loop turns once after so long; tells whether it goes on turning. */
    turnsOn(afterMs: number): boolean {
      now += afterMs;
      const run = turn;
      turn = null;
      run?.();
      return turn !== null;
    },
  };
}

test('a thread stays awake while messages come in quick succession, and sleeps soon after the last', () => {
  const { arrive, turnsOn } = stage();
  arrive(17, quickMs);
  assert.equal(turnsOn(quickMs), true);
  arrive(1, quickMs);
  assert.equal(turnsOn(quickMs), true);
  assert.equal(turnsOn(longMs), false);
});

test('single messages, and a few in quick succession, let a thread sleep at once', () => {
  const { arrive, turnsOn } = stage();
  arrive(1_000, slowMs);
  assert.equal(turnsOn(0), false);
  arrive(15, quickMs);
  assert.equal(turnsOn(0), false);
  arrive(1, slowMs);
  arrive(15, quickMs);
  assert.equal(turnsOn(0), false);
});

test('a thread that stayed awake in vain waits for more quick messages before it does so again, up to a limit', () => {
  const { arrive, turnsOn } = stage();
  arrive(17, quickMs);
  assert.equal(turnsOn(longMs), false);
  for (const needed of [32, 64, 64, 64]) {
    arrive(needed - 1, quickMs);
    assert.equal(turnsOn(0), false);
    arrive(1, quickMs);
    assert.equal(turnsOn(0), true);
    assert.equal(turnsOn(longMs), false);
  }
});

test('a thread whose staying awake was worth it does so again after a few quick messages', () => {
  const { arrive, turnsOn } = stage();
  arrive(17, quickMs);
  for (let i = 0; i < 16; i++) {
    assert.equal(turnsOn(0), true);
    arrive(1, quickMs);
  }
  assert.equal(turnsOn(longMs), false);
  arrive(3, quickMs);
  assert.equal(turnsOn(0), false);
  arrive(1, quickMs);
  assert.equal(turnsOn(0), true);
});

test('a thread does not stay awake for messages that come too seldom to pay for it', () => {
  const { arrive, turnsOn } = stage();
  arrive(17, quickMs);
  let taken = 0;
  for (; taken < 100 && turnsOn(middlingMs); taken++) arrive(1, 0);
  assert.ok(taken < 10, `stayed awake for ${taken}`);
});
