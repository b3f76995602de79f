// Owns the guarantees of what a spare thread does while it waits: it ends when it must, and nothing of it stays.
// In this thread: the real ones are in spare.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rehearse } from '../../runtime/rehearsal.ts';
import { eventually } from '../support/runtime-node.ts';

test('a rehearsal ends with the round in which its thread is needed', async () => {
  let asked = 0;
  await rehearse(() => ++asked < 3);
  assert.equal(asked, 3);
});

test('a rehearsal leaves no port and no timer behind', async () => {
  const open = async () => process.getActiveResourcesInfo().sort().join(' ');
  const before = await open();
  await rehearse(() => true);
  await eventually(open, (now) => now === before);
});
