// Owns the guarantees of names and process groups in one thread.
// Uniqueness across threads is in threads.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, counterAt, counterChild, recorderAt, recorderChild, stage } from '../support/runtime-local.ts';

test('of two that register one name, one has it', async () => {
  const { node } = await stage([recorderChild('a'), recorderChild('b')]);
  const got = await Promise.all(['a', 'b'].map((name) => ask(node, recorderAt(name), 'register', { name: 'chief' })));
  assert.deepEqual(got, [true, false]);
  await node.stop();
});

test('a name is free again when its actor has ended, by the time the one that watches it hears so', async () => {
  const { node } = await stage([recorderChild('a'), recorderChild('b')]);
  await ask(node, recorderAt('a'), 'register', { name: 'chief' });
  node.cast(recorderAt('a'), 'odd', null);
  await node.settle();
  assert.equal(node.whereis('chief'), null);
  assert.equal(await ask(node, recorderAt('b'), 'register', { name: 'chief' }), true);
  await node.stop();
});

test('a child whose name is taken does not start, and says alreadyStarted (OTP 56)', async () => {
  await assert.rejects(
    stage([counterChild('a', { name: 'same' }), counterChild('b', { name: 'same' })]),
    /alreadyStarted/,
  );
});

test("a name that its permanent actor loses by a crash is its successor's", async () => {
  const { node } = await stage([counterChild('c', { restart: 'permanent' })]);
  const before = node.whereis('c')?.serial;
  node.cast(counterAt('c'), 'crash', { message: 'x' });
  await node.settle();
  const after = node.whereis('c')?.serial;
  assert.ok(after !== undefined && after !== before);
  await node.stop();
});

test('a group holds its members until they leave or end', async () => {
  const { node } = await stage([recorderChild('a'), recorderChild('b'), recorderChild('c')]);
  for (const name of ['a', 'b', 'c']) await ask(node, recorderAt(name), 'join', { group: 'crew' });
  const members = async () => ((await ask(node, recorderAt('a'), 'members', { group: 'crew' })) as unknown[]).length;
  assert.equal(await members(), 3);
  node.cast(recorderAt('b'), 'odd', null);
  await node.settle();
  assert.equal(await members(), 2);
  await node.stop();
});
