// Owns the promises of memcached and Redis together: who judges, what is sure, and what a lost write takes with it.
// The servers are real, behind proxies that can harm.

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { LocalNode } from '../../runtime/mod.ts';
import { startMemcached, startRedis } from '../support/backends/mod.ts';
import { Copies, roomCopy, sessionCopy } from '../support/cache-conformance.ts';
import { startedCacheNode } from '../support/cache-node.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { needs } from '../support/needs.ts';
import { fenceOf, keepSession, openSession } from '../support/redis-crowd.ts';
import { eventually } from '../support/stopwatch.ts';

const soonMsMax = 3_000;
/** What a reader waits for all tiers together, and the turns of a busy machine. */
const budgetMsMax = 300;

interface Place {
  readonly memcached: FaultProxy;
  readonly redis: FaultProxy;
  node(
    t: TestContext,
    more?: { readonly owner?: string; readonly process?: string; readonly leaseMs?: number },
  ): Promise<LocalNode>;
}

async function place(t: TestContext): Promise<Place> {
  const servers = await Promise.all([startMemcached(), startRedis()]);
  for (const server of servers) t.after(() => server.stop());
  const [memcached, redis] = await Promise.all([startFaultProxy(servers[0]), startFaultProxy(servers[1])]);
  for (const proxy of [memcached, redis]) t.after(() => proxy.close());
  return {
    memcached,
    redis,
    node: (test, more = {}) =>
      startedCacheNode(test, {
        ...more,
        memcached: [{ host: memcached.host, port: memcached.port }],
        redis: `redis://${redis.host}:${redis.port}`,
      }),
  };
}

/** Asked until it is ours: on a crowded machine one call may take longer than its time. */
async function heldFence(node: LocalNode): Promise<number> {
  let fence = 0;
  await eventually(soonMsMax, async () => {
    const { lease } = await openSession(node, 'sone');
    fence = lease.type === 'held' ? lease.fence : 0;
    return fence > 0;
  });
  return fence;
}

async function isUp(node: LocalNode, version: number): Promise<void> {
  await eventually(soonMsMax, async () => {
    const { lease } = await openSession(node, 'sback');
    return (
      lease.type === 'held' &&
      (await keepSession(node, 'sback', { fence: lease.fence, version: Date.now() + version })).kept
    );
  });
}

describe('memcached before Redis', { skip: needs('memcached', 'redis-server') }, () => {
  it('a copy that memcached kept over an outage never wins over what Redis has', async (t) => {
    const { memcached, node: start } = await place(t);
    const node = await start(t);
    const fence = await heldFence(node);
    assert.equal((await keepSession(node, 'sone', { fence, version: 1 })).kept, true);
    await memcached.set({ type: 'absent' });
    assert.equal((await keepSession(node, 'sone', { fence, version: 2 })).kept, true);
    await memcached.set({ type: 'none' });
    for (let asked = 0; asked < 50; asked++) assert.equal((await openSession(node, 'sone')).copy?.version, 2);
  });

  it('what a paused owner writes into memcached alone never wins', async (t) => {
    const { redis, node: start } = await place(t);
    const old = await start(t, { owner: 'old', leaseMs: 100 });
    const fence = await heldFence(old);
    await keepSession(old, 'sone', { fence, version: 1 });
    await old.stop();
    const next = await start(t, { owner: 'next' });
    await eventually(soonMsMax, async () => (await openSession(next, 'sone')).lease.type === 'held');
    const later = await heldFence(next);
    await keepSession(next, 'sone', { fence: later, version: 1 });
    const paused = await start(t, { owner: 'old', process: 'late' });
    await redis.set({ type: 'absent' });
    await keepSession(paused, 'sone', { fence, version: 99 });
    await redis.set({ type: 'none' });
    await isUp(next, 1);
    assert.equal((await openSession(next, 'sone')).copy?.fence, later);
  });

  it('while Redis is silent memcached’s copy is given in time, and nothing of it is sure', async (t) => {
    const { redis, node: start } = await place(t);
    const node = await start(t);
    const copies = new Copies(node);
    const fence = await heldFence(node);
    await copies.writeSession('sone', sessionCopy({ fence, version: 5, chatted: false }));
    await copies.writeRoom('one', { ...roomCopy(5), fence });
    assert.deepEqual(
      [(await copies.openSession('sone')).verified, (await copies.openRoom('one')).verified],
      [true, true],
    );
    await redis.set({ type: 'silence' });
    for (let asked = 0; asked < 5; asked++) {
      const began = performance.now();
      const [session, room] = [await copies.openSession('sone'), await copies.openRoom('one')];
      assert.ok(performance.now() - began < 2 * budgetMsMax);
      assert.deepEqual([session.copy?.version, session.verified], [5, false]);
      assert.deepEqual([room.copy?.version, room.verified], [5, false]);
      assert.deepEqual(session.lease, { type: 'free', kept: true });
    }
  });

  it('after a write that may be lost nobody vouches any more that a visitor never chatted', async (t) => {
    const { redis, memcached, node: start } = await place(t);
    const node = await start(t);
    const copies = new Copies(node);
    const fence = await heldFence(node);
    await copies.writeSession('sone', sessionCopy({ fence, version: 1, chatted: false }));
    assert.equal((await copies.openSession('sone')).verified, true);
    await Promise.all([redis.set({ type: 'absent' }), memcached.set({ type: 'absent' })]);
    assert.equal(await copies.writeSession('sone', sessionCopy({ fence, version: 2, chatted: true })), false);
    await Promise.all([redis.set({ type: 'none' }), memcached.set({ type: 'none' })]);
    await isUp(node, 1);
    const stale = await copies.openSession('sone');
    assert.deepEqual([stale.copy?.version, stale.copy?.chatted, stale.verified], [1, false, false]);
    await copies.writeSession('sone', sessionCopy({ fence, version: 3, chatted: false }));
    assert.equal((await copies.openSession('sone')).verified, true);
  });

  it('a node that was started again vouches for nothing of its last life, but has its room copies', async (t) => {
    const { node: start } = await place(t);
    const before = await start(t);
    const fence = await heldFence(before);
    await new Copies(before).writeSession('sone', sessionCopy({ fence, version: 1, chatted: false }));
    await new Copies(before).writeRoom('one', { ...roomCopy(4), fence });
    await before.stop();
    const again = new Copies(await start(t, { process: 'p2' }));
    const [session, room] = [await again.openSession('sone'), await again.openRoom('one')];
    assert.deepEqual([session.copy?.version, session.verified], [1, false]);
    assert.deepEqual([room.copy?.version, room.verified], [4, true]);
    assert.ok(fenceOf(room.lease) > fence);
  });

  it('where other nodes are about, a visitor whose lease cannot be asked for is not acted for', async (t) => {
    const { redis, node: start } = await place(t);
    const one = await start(t, { owner: 'one', leaseMs: 600 });
    const { lease } = await openSession(one, 'sone');
    await start(t, { owner: 'two', leaseMs: 600 });
    await eventually(soonMsMax, async () => {
      const renewed = await new Copies(one).renew('sone', lease);
      return renewed.type === 'held' && renewed.ttlMs !== null;
    });
    await redis.set({ type: 'silence' });
    assert.deepEqual((await openSession(one, 'sother')).lease, { type: 'elsewhere' });
  });
});
