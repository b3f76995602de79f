// Owns the guarantees of timers and of the clock that a test moves by hand.
// It never sleeps.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../runtime/clock.ts';
import { TimerQueue } from '../../runtime/timers.ts';
import { ask, counterAt, counterChild, recorderAt, recorderChild, stage } from '../support/runtime-local.ts';

test('a timer fires once, at its time', async () => {
  const { node } = await stage([recorderChild('r')]);
  node.cast(recorderAt('r'), 'timer', { ms: 100 });
  await node.advance(99);
  assert.deepEqual(await ask(node, recorderAt('r'), 'log', null), []);
  await node.advance(1);
  assert.deepEqual(await ask(node, recorderAt('r'), 'log', null), ['ring 100']);
  await node.advance(1_000);
  assert.deepEqual(await ask(node, recorderAt('r'), 'log', null), ['ring 100']);
  await node.stop();
});

test('starting a running timer starts it anew', async () => {
  const { node } = await stage([recorderChild('r')]);
  node.cast(recorderAt('r'), 'timer', { ms: 100 });
  await node.advance(60);
  node.cast(recorderAt('r'), 'timer', { ms: 100 });
  await node.advance(300);
  assert.deepEqual(await ask(node, recorderAt('r'), 'log', null), ['ring 160']);
  await node.stop();
});

test('a cancelled timer does not fire, even when it was due already and waits in the mailbox', async () => {
  const { node } = await stage([recorderChild('r'), counterChild('c')]);
  node.cast(recorderAt('r'), 'timer', { ms: 100 });
  const busy = node.call(recorderAt('r'), 'askNever', { to: counterAt('c') }, { deadlineMs: 200 });
  await node.advance(50);
  node.cast(recorderAt('r'), 'cancel', null);
  await node.advance(200);
  await busy;
  assert.deepEqual(await ask(node, recorderAt('r'), 'log', null), []);
  await node.stop();
});

test('timers die with their actor', async () => {
  const { node, log } = await stage([recorderChild('r', { restart: 'permanent' })]);
  node.cast(recorderAt('r'), 'timer', { ms: 100 });
  await node.settle();
  node.cast(recorderAt('r'), 'odd', null);
  await node.advance(500);
  assert.deepEqual(await ask(node, recorderAt('r'), 'log', null), []);
  assert.equal(log.filter(({ message }) => message === 'actor crashed').length, 1);
  await node.stop();
});

test('many timers started, moved and cancelled at random fire in the order of their due times', () => {
  let now = 0;
  let ring: (() => void) | null = null;
  let ringAt = 0;
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    alarm(at, call) {
      ring = call;
      ringAt = at;
      return {
        cancel: () => {
          if (ring === call) ring = null;
        },
      };
    },
  };
  const queue = new TimerQueue(clock);
  const fired: number[] = [];
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % below;
  };
  const timers = Array.from({ length: 500 }, (_, i) =>
    queue.start(`t${i}`, random(10_000), ({ due }) => fired.push(due)),
  );
  for (let i = 0; i < 300; i++) queue.restart(timers[random(500)] as (typeof timers)[number], random(10_000));
  const cancelled = new Set<number>();
  for (let i = 0; i < 100; i++) {
    const place = random(500);
    cancelled.add(place);
    queue.cancel(timers[place] as (typeof timers)[number]);
  }
  while (ring !== null) {
    const call: () => void = ring;
    ring = null;
    now = ringAt;
    call();
  }
  assert.equal(fired.length, 500 - cancelled.size);
  assert.deepEqual(
    fired,
    [...fired].sort((a, b) => a - b),
  );
  assert.equal(queue.size, 0);
});
