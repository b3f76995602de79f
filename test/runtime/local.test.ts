// Owns the guarantees of a node in one thread: time and chance are the test's, and nothing else differs.
// It never sleeps.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineBehaviour, named, reply, startLocal } from '../../runtime/mod.ts';

type DiceProtocol = {
  calls: {
    throw: { request: null; answer: readonly number[] };
    bytes: { request: null; answer: readonly number[] };
    time: { request: null; answer: { readonly now: number; readonly monotonic: number } };
  };
  casts: Record<string, never>;
};

const dice = defineBehaviour<DiceProtocol, null, null>({
  name: 'dice',
  init: () => null,
  calls: {
    throw: (_state, _request, context) => reply([1, 2, 3].map(() => context.random())),
    bytes: (_state, _request, context) => reply([...context.randomBytes(8)]),
    time: (_state, _request, context) => reply({ now: context.now(), monotonic: context.monotonic() }),
  },
  casts: {},
});

const at = named<DiceProtocol>('dice');

function diceNode(seed?: number) {
  const tree = {
    strategy: 'oneForOne',
    children: [{ id: 'dice', behaviour: 'dice', args: null, name: 'dice' }],
  } as const;
  return startLocal({ behaviours: [dice], tree, ...(seed === undefined ? {} : { seed }) });
}

test('the same seed gives the same chance, another seed another', async () => {
  const thrown: unknown[] = [];
  for (const seed of [5, 5, 6]) {
    const node = await diceNode(seed);
    thrown.push([await node.call(at, 'throw', null), await node.call(at, 'bytes', null)]);
    await node.stop();
  }
  assert.deepEqual(thrown[0], thrown[1]);
  assert.notDeepEqual(thrown[0], thrown[2]);
});

test('time stands still until it is moved, and moves both clocks alike', async () => {
  const node = await diceNode();
  const first = await node.call(at, 'time', null);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(await node.call(at, 'time', null), first);
  await node.advance(12_345);
  const second = await node.call(at, 'time', null);
  assert.ok(first.ok && second.ok);
  assert.equal(second.value.now - first.value.now, 12_345);
  assert.equal(second.value.monotonic - first.value.monotonic, 12_345);
  assert.equal(node.now(), second.value.now);
  await node.stop();
});

test('what is due on the way runs at its own time, in order, with all that follows from it', async () => {
  const seen: string[] = [];
  const chain = defineBehaviour<{ calls: Record<string, never>; casts: { go: null } }, null, null>({
    name: 'chain',
    init: () => null,
    calls: {},
    casts: {
      go: (_state, _message, context) => {
        context.startTimer('late', 250);
        context.startTimer('first', 100);
      },
    },
    timers: {
      first: (_state, context) => {
        seen.push(`first ${context.monotonic()}`);
        context.startTimer('second', 100);
      },
      second: (_state, context) => {
        seen.push(`second ${context.monotonic()}`);
      },
      late: (_state, context) => {
        seen.push(`late ${context.monotonic()}`);
      },
    },
  });
  const child = { id: 'c', behaviour: 'chain', args: null, name: 'c' };
  const node = await startLocal({ behaviours: [chain], tree: { strategy: 'oneForOne', children: [child] } });
  node.cast(named('c'), 'go', null);
  await node.advance(1_000);
  assert.deepEqual(seen, ['first 100', 'second 200', 'late 250']);
  await node.stop();
});
