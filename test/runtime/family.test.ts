// Owns the guarantees of actors by key: made by a message, put away, made again, and refused while they fail.
// It never sleeps.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stableHash } from '../../runtime/hash.ts';
import {
  defineBehaviour,
  type FamilySpec,
  InitFailed,
  keyed,
  keyedIfAlive,
  passivate,
  reply,
  startLocal,
} from '../../runtime/mod.ts';
import type { CounterProtocol } from '../support/runtime-behaviours.ts';
import { ask, stage } from '../support/runtime-local.ts';

const counters: FamilySpec = { family: 'counters', behaviour: 'counter', args: { from: 10 } };
const at = (key: string) => keyed<CounterProtocol>('counters', key);

test("a message makes the member of its key, with the family's arguments and the key", async () => {
  const { node } = await stage([], [counters]);
  assert.equal(await ask(node, at('a'), 'add', { by: 1 }), 11);
  assert.equal(await ask(node, at('b'), 'add', { by: 2 }), 12);
  assert.equal(await ask(node, at('a'), 'read', null), 11);
  const where = (await ask(node, at('a'), 'where', null)) as { key: string };
  assert.equal(where.key, 'a');
  await node.stop();
});

test('two keys that have one hash are two actors, which live and end apart', async () => {
  const [one, other] = ['s73v6m9akx', 'sam2kqg1o8o'] as const;
  assert.equal(stableHash(one), stableHash(other));
  const { node } = await stage([], [counters]);
  assert.equal(await ask(node, at(one), 'add', { by: 1 }), 11);
  assert.equal(await ask(node, at(other), 'add', { by: 2 }), 12);
  assert.equal(await ask(node, at(one), 'crash', null), 'exited');
  assert.equal(await ask(node, at(other), 'read', null), 12);
  assert.equal(await ask(node, at(one), 'read', null), 10);
  await node.stop();
});

test('a message that must not wake makes nobody: a call answers noproc, a cast is dropped', async () => {
  const { node } = await stage([], [counters]);
  const quiet = keyedIfAlive<CounterProtocol>('counters', 'a');
  assert.equal(await ask(node, quiet, 'read', null), 'noproc');
  node.cast(quiet, 'add', { by: 1 });
  await node.settle();
  assert.equal((await node.inspect()).threads[0]?.behaviours.counter, undefined);
  await ask(node, at('a'), 'read', null);
  assert.equal(await ask(node, quiet, 'read', null), 10);
  await node.stop();
});

test('a member that crashed is made anew by its next message, and knows that it lived before', async () => {
  const { node } = await stage([], [counters]);
  await ask(node, at('a'), 'add', { by: 5 });
  assert.equal(await ask(node, at('a'), 'crash', null), 'exited');
  assert.equal(await ask(node, at('a'), 'read', null), 10);
  assert.equal(((await ask(node, at('a'), 'where', null)) as { restarts: number }).restarts, 1);
  await node.stop();
});

test('a key that crashes again and again rests with a retryable refusal, and is served again afterwards', async () => {
  const { node } = await stage([], [counters]);
  for (let i = 0; i < 6; i++) assert.equal(await ask(node, at('a'), 'crash', null), 'exited');
  const refused = await node.call(at('a'), 'read', null);
  assert.ok(!refused.ok);
  assert.deepEqual([refused.error.code, refused.error.retryable], ['exited', true]);
  assert.equal(refused.error.data?.retryAfterMs, 1_000);
  assert.equal(await ask(node, at('b'), 'read', null), 10);
  await node.advance(1_001);
  assert.equal(await ask(node, at('a'), 'read', null), 10);
  await node.stop();
});

test('five crashes within ten seconds are still served', async () => {
  const { node } = await stage([], [counters]);
  for (let i = 0; i < 5; i++) assert.equal(await ask(node, at('a'), 'crash', null), 'exited');
  assert.equal(await ask(node, at('a'), 'read', null), 10);
  await node.stop();
});

test('a member that passivates is put away once its mailbox is empty, and its next message makes it again (OTP 61)', async () => {
  const { node } = await stage([], [counters]);
  await ask(node, at('a'), 'add', { by: 5 });
  node.cast(at('a'), 'passivate', null);
  await node.settle();
  assert.equal((await node.inspect()).threads[0]?.behaviours.counter, undefined);
  assert.equal(await ask(node, at('a'), 'read', null), 10);
  await node.stop();
});

test('messages that wait when a member passivates are handled before it goes', async () => {
  const { node } = await stage([], [counters]);
  node.cast(at('a'), 'passivate', null);
  node.cast(at('a'), 'add', { by: 1 });
  assert.equal(await ask(node, at('a'), 'read', null), 11);
  await node.stop();
});

test('a member that owes an answer is put away only when it is given, or when nobody waits for it any more', async () => {
  const { node } = await stage([], [counters]);
  const alive = async () => (await node.inspect()).threads[0]?.behaviours.counter ?? 0;
  const given = node.call(at('given'), 'later', null);
  const forgotten = node.call(at('forgotten'), 'never', null, { deadlineMs: 500 });
  for (const key of ['given', 'forgotten']) node.cast(at(key), 'passivate', null);
  await node.settle();
  assert.equal(await alive(), 2);
  node.cast(at('given'), 'answerLater', null);
  assert.deepEqual(await given, { ok: true, value: 'at last' });
  await node.settle();
  assert.equal(await alive(), 1);
  await node.advance(600);
  assert.equal((await forgotten).ok, false);
  assert.equal(await alive(), 0);
  await node.stop();
});

type SaverProtocol = { calls: { put: { request: number; answer: number } }; casts: { away: null } };

function saverNode(saved: number[], gate: { open: () => void; readonly isOpen: Promise<void> }) {
  const saver = defineBehaviour<SaverProtocol, unknown, number[]>({
    name: 'saver',
    init: () => [],
    calls: {
      put: (state, value) => {
        state.push(value);
        return reply(state.length);
      },
    },
    casts: { away: () => passivate },
    terminate: async (state) => {
      await gate.isOpen;
      saved.push(...state);
    },
  });
  return startLocal({ behaviours: [saver], families: [{ family: 'savers', behaviour: 'saver' }] });
}

function newGate() {
  let open: () => void = () => undefined;
  const isOpen = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, isOpen };
}

test('what arrives while a member is being put away makes it again: nothing is lost (OTP 61)', async () => {
  const saved: number[] = [];
  const gate = newGate();
  const node = await saverNode(saved, gate);
  const to = keyed<SaverProtocol>('savers', 'k');
  await node.call(to, 'put', 1);
  node.cast(to, 'away', null);
  await node.settle();
  const late = [2, 3].map((value) => node.call(to, 'put', value));
  await node.settle();
  gate.open();
  assert.deepEqual(await Promise.all(late), [
    { ok: true, value: 1 },
    { ok: true, value: 2 },
  ]);
  assert.deepEqual(saved, [1]);
  await node.stop();
  assert.deepEqual(saved, [1, 2, 3]);
});

type StoredProtocol = { calls: { read: { request: null; answer: string } }; casts: Record<string, never> };

/** A family whose init asks a store that can be down, slow, or well. */
async function storedNode(store: { state: 'down' | 'up' | 'crashing'; inits: number }) {
  const stored = defineBehaviour<StoredProtocol, { readonly key: string }, string>({
    name: 'stored',
    init: async ({ key }) => {
      store.inits++;
      await null;
      if (store.state === 'crashing') throw new TypeError('a fault in init');
      if (store.state === 'down') throw new InitFailed({ code: 'unavailable', message: 'down', retryable: true });
      return `state of ${key}`;
    },
    calls: { read: (state) => reply(state) },
    casts: {},
  });
  return startLocal({ behaviours: [stored], families: [{ family: 'stored', behaviour: 'stored' }] });
}

test('everybody who waits for a member whose init fails gets that failure', async () => {
  const store = { state: 'down' as const, inits: 0 };
  const node = await storedNode(store);
  const to = keyed<StoredProtocol>('stored', 'k');
  const answers = await Promise.all([1, 2, 3].map(() => ask(node, to, 'read', null)));
  assert.deepEqual(answers, ['unavailable', 'unavailable', 'unavailable']);
  assert.equal(store.inits, 1);
  await node.stop();
});

test('after a failed init the key is tried again, but not in a hot loop', async () => {
  const store: { state: 'down' | 'up'; inits: number } = { state: 'down', inits: 0 };
  const node = await storedNode(store);
  const to = keyed<StoredProtocol>('stored', 'k');
  for (let i = 0; i < 100; i++) assert.equal(await ask(node, to, 'read', null), 'unavailable');
  assert.equal(store.inits, 1);
  store.state = 'up';
  await node.advance(51);
  assert.equal(await ask(node, to, 'read', null), 'state of k');
  await node.stop();
});

test('an init that throws gives its callers exited', async () => {
  const node = await storedNode({ state: 'crashing', inits: 0 });
  assert.equal(await ask(node, keyed<StoredProtocol>('stored', 'k'), 'read', null), 'exited');
  await node.stop();
});

test('an init that hangs fails at its deadline (OTP 56)', async () => {
  const family: FamilySpec = { family: 'hanging', behaviour: 'failing', args: { how: 'hang' }, initDeadlineMs: 1_000 };
  const { node } = await stage([], [family]);
  const answer = ask(node, keyed('hanging', 'k'), 'hello', null);
  await node.advance(1_100);
  assert.equal(await answer, 'exited');
  await node.stop();
});

test('when the node stops, every member is told to end and may still write', async () => {
  const saved: number[] = [];
  const gate = newGate();
  gate.open();
  const node = await saverNode(saved, gate);
  for (let i = 0; i < 20; i++) await node.call(keyed<SaverProtocol>('savers', `k${i}`), 'put', i);
  await node.stop();
  assert.deepEqual(
    saved.sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, i) => i),
  );
});
