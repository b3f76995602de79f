// Owns the proof that the cache in memory is a cache, that time ends its copies, and that it is never larger than its bound.
// What every cache must do is the port's conformance.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type LocalNode, startLocal } from '../../runtime/mod.ts';
import { memoryCache } from '../../stores/mod.ts';
import { Copies, cacheConformance, roomCopy, sessionCopy } from '../support/cache-conformance.ts';

/** Room for a few hundred small copies. */
const bytesMax = 2 * 1_024 * 1_024;
const minuteMs = 60_000;

function startCache(): Promise<LocalNode> {
  const child = { id: 'cache', name: 'cache', behaviour: 'memoryCache', args: { bytesMax } };
  return startLocal({ behaviours: [memoryCache], tree: { strategy: 'oneForOne', children: [child] } });
}

async function started(t: TestContext) {
  const node = await startCache();
  t.after(() => node.stop());
  return { node, copies: new Copies(node) };
}

cacheConformance('a cache in memory', { bytesMax, ordersCopies: true }, async () => {
  const node = await startCache();
  return { node, stop: () => node.stop() };
});

test('a copy in memory is there until its time is over, and not after', async (t) => {
  const { node, copies } = await started(t);
  await copies.writeSession('sone', sessionCopy({}), minuteMs);
  await node.advance(minuteMs - 1);
  assert.notEqual(await copies.readSession('sone'), null);
  await node.advance(2);
  assert.equal(await copies.readSession('sone'), null);
});

test('when memory is full the copies that were not used for longest go first', async (t) => {
  const { copies } = await started(t);
  const text = 'x'.repeat(100_000);
  await copies.writeRoom('kept', roomCopy(1, text));
  for (let index = 0; index < 40; index++) {
    await copies.writeRoom(`n${index}`, roomCopy(1, text));
    assert.notEqual(await copies.readRoom('kept'), null);
  }
  assert.equal(await copies.readRoom('n0'), null);
  assert.notEqual(await copies.readRoom('n39'), null);
});
