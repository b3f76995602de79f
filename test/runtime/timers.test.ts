// Owns the guarantees of timers and of the clock that a test moves by hand.
// It never sleeps.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, systemClock } from '../../runtime/clock.ts';
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

test('a timer that is started anew as lenient, or as punctual again, fires once, at its last time', async () => {
  const { node } = await stage([recorderChild('r')]);
  node.cast(recorderAt('r'), 'timer', { ms: 100 });
  await node.advance(60);
  node.cast(recorderAt('r'), 'timer', { ms: 100, lenient: true });
  await node.advance(60);
  node.cast(recorderAt('r'), 'timer', { ms: 100 });
  await node.advance(500);
  node.cast(recorderAt('r'), 'timer', { ms: 100, lenient: true });
  await node.settle();
  node.cast(recorderAt('r'), 'cancel', null);
  await node.advance(500);
  assert.deepEqual(await ask(node, recorderAt('r'), 'log', null), ['ring 220']);
  await node.stop();
});

test('alarms with a leeway gather at the same moments, never early and less than the leeway late; others are not moved', (t) => {
  const waits: number[] = [];
  t.mock.method(globalThis, 'setTimeout', (_ring: () => void, ms: number) => waits.push(ms));
  const clock = systemClock();
  const leewayMs = 64;
  const waitOf = (due: number, leeway?: number) => {
    clock.alarm(due, () => undefined, leeway);
    return waits.at(-1) ?? 0;
  };
  const moments = new Set<number>();
  for (let ms = 1; ms <= 150; ms++) {
    const before = clock.monotonic();
    const due = before + ms;
    const wait = waitOf(due, leewayMs);
    const after = clock.monotonic();
    assert.ok(after + wait >= due, 'early');
    assert.ok(before + wait < due + leewayMs + 1, 'late');
    moments.add(Math.floor((before + wait) / leewayMs));
  }
  assert.ok(moments.size <= Math.ceil(150 / leewayMs) + 2, `${moments.size} moments`);
  assert.ok(waitOf(clock.monotonic() + 10) <= 10);
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
