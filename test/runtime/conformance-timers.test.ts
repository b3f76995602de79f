// Owns the parts of OTP's timer_SUITE and timer_simple_SUITE that go past timers.test.ts; the case's own name ends each
// test's name. Time is the test's, but for one that needs the machine's.
//
// Does not apply:
//  apply_*, *_after to others  a timer belongs to its actor and calls nobody else: a handler does
//  *_interval                  a handler starts its timer anew; so a slow one is never overrun (apply_repeatedly2)
//  apply_after3/4, unexpected* there is no timer server that could be missing, or be sent odd messages
//  tc, sleep1                  no actor sleeps, and `context.monotonic` measures

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, defineBehaviour, named, reply, startLocal, systemClock } from '../../runtime/mod.ts';
import { testBehaviours } from '../support/runtime-behaviours.ts';
import { ask, counterAt, counterChild } from '../support/runtime-local.ts';

type ClockProtocol = {
  calls: {
    log: { request: null; answer: readonly string[] };
    busy: { request: { readonly ms: number }; answer: null };
  };
  casts: {
    start: { readonly name: string; readonly ms: number };
    cancel: { readonly name: string };
  };
};

interface ClockState {
  readonly log: string[];
}

const names = ['a', 'b', 'c', 'd', 'e'];

const clock = defineBehaviour<ClockProtocol, null, ClockState>({
  name: 'clock',
  init: () => ({ log: [] }),
  calls: {
    log: ({ log }) => reply([...log]),
    busy: async (_state, { ms }, context) => {
      await context.call(counterAt('c'), 'never', null, { deadlineMs: ms });
      return reply(null);
    },
  },
  casts: {
    start: (_state, { name, ms }, context) => context.startTimer(name, ms),
    cancel: (_state, { name }, context) => context.cancelTimer(name),
  },
  timers: {
    ...Object.fromEntries(names.map((name) => [name, ({ log }: ClockState) => void log.push(name)])),
    /** Every 100 ms, four times; each time it is at work for longer than that. */
    tick: async ({ log }, context) => {
      log.push(`tick ${context.monotonic()}`);
      if (log.length < 4) context.startTimer('tick', 100);
      await context.call(counterAt('c'), 'never', null, { deadlineMs: 250 });
    },
  },
});

const at = named<ClockProtocol>('clock');

function begin(real: { readonly clock?: Clock } = {}) {
  const child = { id: 'clock', behaviour: 'clock', args: null, name: 'clock', restart: 'temporary' } as const;
  const tree = { strategy: 'oneForOne', children: [counterChild('c'), child] } as const;
  return startLocal({ behaviours: [...testBehaviours, clock], tree, ...real });
}

test('timers that are due at one moment fire in the order in which they were started (apply_after1, apply_after2)', async () => {
  for (const ms of [0, 500]) {
    for (const order of [names, [...names].reverse(), ['c', 'a', 'e', 'b', 'd']]) {
      const node = await begin();
      for (const name of order) node.cast(at, 'start', { name, ms });
      await node.advance(ms + 1);
      assert.deepEqual(await ask(node, at, 'log', null), order);
      await node.stop();
    }
  }
});

test('a timer that its handler starts anew is an interval, and waits for a slow handler (send_interval1, apply_repeatedly2)', async () => {
  const node = await begin();
  node.cast(at, 'start', { name: 'tick', ms: 100 });
  await node.advance(3_000);
  const log = (await ask(node, at, 'log', null)) as readonly string[];
  assert.equal(log.length, 4);
  const times = log.map((line) => Number(line.split(' ')[1]));
  for (const [i, time] of times.entries()) {
    if (i > 0) assert.ok(time - (times[i - 1] as number) >= 250, log.join());
  }
  await node.stop();
});

test('a timer that fired and waits behind a slow handler is taken back when it is started anew: it fires once (cancel race)', async () => {
  const node = await begin();
  node.cast(at, 'start', { name: 'a', ms: 50 });
  void node.call(at, 'busy', { ms: 200 });
  await node.settle();
  node.cast(at, 'start', { name: 'a', ms: 500 });
  await node.advance(400);
  assert.deepEqual(await ask(node, at, 'log', null), []);
  await node.advance(500);
  assert.deepEqual(await ask(node, at, 'log', null), ['a']);
  await node.stop();
});

test('to cancel a timer that does not run, or is none, harms nobody (cancel6, cancel_invalid_args)', async () => {
  const node = await begin();
  for (const name of ['a', 'nothing']) node.cast(at, 'cancel', { name });
  assert.deepEqual(await ask(node, at, 'log', null), []);
  await node.stop();
});

test('to start a timer that the behaviour does not have crashes the actor with the list of what is allowed (send_after_invalid_args)', async () => {
  const node = await begin();
  node.cast(at, 'start', { name: 'nothing', ms: 1 });
  await node.settle();
  const { crashReports } = await node.inspect();
  assert.equal(crashReports[0]?.reason, 'Error: clock has no timer nothing; allowed: a, b, c, d, e, tick');
  await node.stop();
});

test('a timer further away than the longest wait of Node neither fires early nor keeps its thread busy (sleep2)', async () => {
  const real = systemClock();
  let alarms = 0;
  const counted: Clock = {
    ...real,
    alarm: (due, ring) => {
      alarms++;
      return real.alarm(due, ring);
    },
  };
  const node = await begin({ clock: counted });
  node.cast(at, 'start', { name: 'a', ms: 2 ** 32 + 1 });
  node.cast(at, 'start', { name: 'b', ms: Number.POSITIVE_INFINITY });
  // Node takes a longer wait for 1 ms: by now `a` would have fired, or been looked at 50 times.
  await node.call(at, 'busy', { ms: 50 });
  assert.deepEqual(await ask(node, at, 'log', null), []);
  assert.ok(alarms < 10, `${alarms} alarms`);
  await node.stop();
});
