// Owns the guarantees about limits that a producer meets: at the limit, one beyond, and what it can see before.
// Real threads for the ways between them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FullMailboxes } from '../../runtime/full-mailboxes.ts';
import { keyed } from '../../runtime/mod.ts';
import type { CounterProtocol } from '../support/runtime-behaviours.ts';
import { ask, counterAt, counterChild, stage } from '../support/runtime-local.ts';
import { eventually, keyOn, threadedStage } from '../support/runtime-node.ts';

const limit = 4;

test('pressure grows with what waits: 0 for nobody and for an empty mailbox, 1 at the limit', async () => {
  const { node } = await stage([counterChild('c', { mailboxMessagesMax: limit })]);
  assert.equal(node.pressure(counterAt('nobody')), 0);
  const seen = [node.pressure(counterAt('c'))];
  for (let i = 0; i <= limit; i++) {
    node.cast(counterAt('c'), 'add', { by: 1 });
    seen.push(node.pressure(counterAt('c')));
  }
  assert.deepEqual(seen, [0, 0.25, 0.5, 0.75, 1, 1]);
  assert.equal(await ask(node, counterAt('c'), 'read', null), 'overloaded');
  await node.settle();
  assert.equal(await ask(node, counterAt('c'), 'read', null), limit);
  assert.equal(node.pressure(counterAt('c')), 0);
  await node.stop();
});

test('a producer that slows down at full pressure loses nothing, one that does not is told how much it lost', async () => {
  const { node } = await stage([counterChild('c', { mailboxMessagesMax: limit })]);
  const all = 100;
  for (let i = 0; i < all; i++) {
    if (node.pressure(counterAt('c')) === 1) await node.settle();
    node.cast(counterAt('c'), 'add', { by: 1 });
  }
  await node.settle();
  assert.equal(await ask(node, counterAt('c'), 'read', null), all);
  for (let i = 0; i < all; i++) node.cast(counterAt('c'), 'add', { by: 1 });
  await node.settle();
  const { threads } = await node.inspect({ actorsTop: 1 });
  assert.equal(threads[0]?.dropped, all - limit);
  const letters = threads[0]?.detail?.deadLetters ?? [];
  assert.equal(letters.length, 20);
  assert.deepEqual({ ...letters.at(-1), at: 0 }, { at: 0, message: 'cast add', to: letters[0]?.to, why: 'overloaded' });
  await node.stop();
});

test('a full mailbox on another thread is felt by the one that sends there, and no longer when it is empty again', async (t) => {
  const family = { family: 'small', behaviour: 'counter', mailboxMessagesMax: limit };
  const { node } = await threadedStage(t, [], { families: [family] });
  const far = keyed<CounterProtocol>('small', keyOn(node, 1));
  await ask(node, far, 'read', null);
  assert.equal(node.pressure(far), 0);
  const busy = node.call(far, 'block', { ms: 30, allowedMs: 0 });
  for (let i = 0; i < 1_000; i++) node.cast(far, 'add', { by: 1 });
  assert.ok(node.pressure(far) > 0);
  await eventually(
    async () => node.pressure(far),
    (pressure) => pressure === 1,
  );
  await busy;
  await eventually(
    async () => node.pressure(far),
    (pressure) => pressure < 0.1,
  );
  assert.equal(await ask(node, keyed<CounterProtocol>('small', keyOn(node, 1, 1)), 'read', null), 0);
});

test('a thread is told of a full mailbox at most every 50 ms, and believes it for 100 ms', () => {
  const mailboxes = new FullMailboxes();
  const to = { family: 'f', key: 'k' };
  assert.deepEqual(
    [0, 49, 50, 99, 100].map((now) => mailboxes.mayTell(1, to, now)),
    [true, false, true, false, true],
  );
  assert.equal(mailboxes.mayTell(2, to, 100), true);
  mailboxes.heard(to, 1_000);
  assert.deepEqual(
    [1_099, 1_100].map((now) => mailboxes.isFull(to, now)),
    [true, false],
  );
  assert.equal(mailboxes.isFull({ family: 'f', key: 'other' }, 1_000), false);
});
