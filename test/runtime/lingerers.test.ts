// Owns the rule about ended threads that are still inside native code: they are counted, and there are not ever more.
// Threads are promises here; a real one is in thread-limits.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lingerers } from '../../runtime/lingerers.ts';

const roomFor = 8;

function linger(count: number): { readonly lingerers: Lingerers; readonly ends: (() => void)[] } {
  const lingerers = new Lingerers();
  const ends: (() => void)[] = [];
  for (let i = 0; i < count; i++) {
    const { promise, resolve } = Promise.withResolvers<void>();
    lingerers.add(promise);
    ends.push(resolve);
  }
  return { lingerers, ends };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('whoever was ended is counted until he is gone', async () => {
  const { lingerers, ends } = linger(2);
  assert.equal(lingerers.count, 2);
  ends[0]?.();
  await settled();
  assert.equal(lingerers.count, 1);
});

test('up to the limit a lost thread is replaced at once; beyond it, those who wait begin one by one as others are gone', async () => {
  const within = linger(roomFor);
  assert.equal(within.lingerers.isFull, false);
  await within.lingerers.room();
  const { lingerers, ends } = linger(roomFor + 2);
  assert.equal(lingerers.isFull, true);
  const begun: string[] = [];
  for (const name of ['first', 'second']) void lingerers.room().then(() => begun.push(name));
  ends[0]?.();
  await settled();
  assert.deepEqual(begun, [], 'there are still more than the limit');
  ends[1]?.();
  await settled();
  assert.deepEqual(begun, ['first']);
  ends[2]?.();
  await settled();
  assert.deepEqual(begun, ['first', 'second']);
});
