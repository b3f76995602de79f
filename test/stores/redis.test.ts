// Owns the proof of what Redis alone decides: whose a visitor is, whose copy counts, and what an address may look like.
// Every server is a real one, and two nodes are two owners in one process.

import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { cache, type Lease, type SessionId } from '../../actors/mod.ts';
import type { LocalNode } from '../../runtime/mod.ts';
import { parseRedisUrl, RedisUrlError } from '../../stores/mod.ts';
import { targetOf } from '../../stores/redis/url.ts';
import { type RedisBackend, startRedis } from '../support/backends/mod.ts';
import { Copies, roomCopy } from '../support/cache-conformance.ts';
import { startedCacheNode } from '../support/cache-node.ts';
import { must } from '../support/chat-stage.ts';
import { room } from '../support/entries.ts';
import { needs } from '../support/needs.ts';
import { eventually } from '../support/stopwatch.ts';

const soonMsMax = 5_000;

describe('the address of a Redis', () => {
  const read = (text: string) => parseRedisUrl(text, 'PARLA_REDIS_URL');
  const nobody = { username: null, password: null };

  it('names one server, a Cluster, or a master that Sentinels know', () => {
    const at = { host: 'cache.example', port: 6379 };
    assert.deepEqual(read('redis://cache.example'), { type: 'server', at, database: 0, tls: false, ...nobody });
    assert.deepEqual(read('rediss://ann:p%40ss@[::1]:7000/3'), {
      type: 'server',
      at: { host: '::1', port: 7000 },
      database: 3,
      tls: true,
      username: 'ann',
      password: 'p@ss',
    });
    assert.deepEqual(read('redis-cluster://a:1,b'), {
      type: 'cluster',
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 6379 },
      ],
      tls: false,
      ...nobody,
    });
    assert.deepEqual(read('redis-sentinel://:word@a,b:26380/mymaster'), {
      type: 'sentinel',
      sentinels: [
        { host: 'a', port: 26379 },
        { host: 'b', port: 26380 },
      ],
      master: 'mymaster',
      tls: false,
      username: null,
      password: 'word',
    });
    assert.equal(read('rediss-cluster://a,b').tls, true);
    assert.equal(read('rediss-sentinel://a/mymaster').tls, true);
  });

  const wrong = [
    ['', 'no address'],
    ['http://a', 'no address'],
    ['redis://', 'host is missing'],
    ['redis://a:0', 'port is not within'],
    ['redis://a:99999', 'port is not within'],
    ['redis://a,b', 'names one server'],
    ['redis://a/x', 'database is no number'],
    ['redis://:%ff@a', 'percent-encoded'],
    ['redis-cluster://a/0', 'no database'],
    ['redis-cluster://a,,b', 'host is missing'],
    ['redis-sentinel://a', "master's name"],
    [`redis://${'a'.repeat(3_000)}`, 'no address'],
  ] as const;
  for (const [text, fault] of wrong) {
    it(`is refused as ${JSON.stringify(text.slice(0, 40))} with the setting's name and what is wrong`, () => {
      assert.throws(
        () => read(text),
        (error) =>
          error instanceof RedisUrlError && /^PARLA_REDIS_URL: /.test(error.message) && error.message.includes(fault),
      );
    });
  }

  it('never shows a password, neither in an error nor where it is told', () => {
    for (const text of [
      'redis://ann:hunter2@a:0',
      'redis://ann:hunter2@a,b',
      'redis-sentinel://x:hunter2@a',
      'ftp://x:hunter2@a',
    ]) {
      assert.throws(
        () => read(text),
        (error) => error instanceof Error && !error.message.includes('hunter2'),
      );
    }
    for (const text of ['redis://ann:hunter2@a', 'redis-cluster://ann:hunter2@a', 'redis-sentinel://ann:hunter2@a/m'])
      assert.doesNotMatch(targetOf(read(text)), /hunter2|ann/);
  });
});

describe('leases and fences in Redis', { skip: needs('redis-server') }, () => {
  let redis: RedisBackend;
  let used = 0;

  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.stop());

  const url = () => {
    used += 1;
    return `${redis.url}/${used}`;
  };
  const session = 'sone' as SessionId;
  const fenceOf = (lease: Lease) => (lease.type === 'held' ? lease.fence : assert.fail(`the lease is ${lease.type}`));
  const seesOthers = (node: LocalNode) =>
    eventually(soonMsMax, async () => {
      const { lease } = await new Copies(node).openSession('sprobe');
      return lease.type === 'held' && lease.ttlMs !== null;
    });
  const nodes = async (t: TestContext, more: { readonly leaseMs?: number } = {}) => {
    const at = url();
    const one = await startedCacheNode(t, { redis: at, owner: 'one', ...more });
    const two = await startedCacheNode(t, { redis: at, owner: 'two', ...more });
    return { one, two, first: new Copies(one), second: new Copies(two) };
  };

  it('a visitor belongs to one node at a time, his session and his room alike', async (t) => {
    const { first, second } = await nodes(t);
    assert.equal((await first.openSession('sone')).lease.type, 'held');
    assert.deepEqual((await second.openSession('sone')).lease, { type: 'elsewhere' });
    assert.deepEqual((await second.openRoom('one')).lease, { type: 'elsewhere' });
    assert.equal((await first.openRoom('one')).lease.type, 'held');
    assert.equal((await second.openRoom('two')).lease.type, 'held');
  });

  it('a lease that was not renewed ends, and the next owner has a higher fence', async (t) => {
    const { first, second } = await nodes(t, { leaseMs: 150 });
    const { lease } = await first.openSession('sone');
    assert.equal((await second.openSession('sone')).lease.type, 'elsewhere');
    const waited = await eventually(soonMsMax, async () => (await second.openSession('sone')).lease.type === 'held');
    assert.ok(waited < 1_000, `it took ${waited} ms`);
    assert.ok(fenceOf((await second.openSession('sone')).lease) > fenceOf(lease));
    assert.deepEqual(await first.renew('sone', lease), { type: 'elsewhere' });
  });

  it('a lease that is renewed stays, with the same fence, and nobody else gets it', async (t) => {
    const { first, second } = await nodes(t, { leaseMs: 300 });
    const { lease } = await first.openSession('sone');
    const until = performance.now() + 1_000;
    while (performance.now() < until) {
      assert.equal(fenceOf(await first.renew('sone', lease)), fenceOf(lease));
      assert.equal((await second.openSession('sone')).lease.type, 'elsewhere');
    }
  });

  it('a node that was started again has its visitors back at once, under a higher fence', async (t) => {
    const at = url();
    const before = await startedCacheNode(t, { redis: at, process: 'p1' });
    const { lease } = await new Copies(before).openSession('sone');
    const again = await startedCacheNode(t, { redis: at, process: 'p2' });
    const { lease: next } = await new Copies(again).openSession('sone');
    assert.ok(fenceOf(next) > fenceOf(lease));
    assert.deepEqual(await new Copies(before).renew('sone', lease), { type: 'elsewhere' });
  });

  it('a lease that its node gives back is free at once', async (t) => {
    const { one, first, second } = await nodes(t);
    const fence = fenceOf((await first.openSession('sone')).lease);
    assert.equal((await second.openSession('sone')).lease.type, 'elsewhere');
    one.cast(cache, 'releaseLease', { session, fence });
    await eventually(soonMsMax, async () => (await second.openSession('sone')).lease.type === 'held');
  });

  it('a lease ends by time only where another node is about', async (t) => {
    const at = url();
    const one = await startedCacheNode(t, { redis: at, owner: 'one', leaseMs: 900 });
    const { lease } = await new Copies(one).openSession('sone');
    assert.deepEqual(lease, { type: 'held', fence: fenceOf(lease), ttlMs: null });
    const two = await startedCacheNode(t, { redis: at, owner: 'two', leaseMs: 900 });
    await seesOthers(two);
    await seesOthers(one);
    assert.deepEqual(await new Copies(one).renew('sone', lease), { ...lease, ttlMs: 900 });
    await two.stop();
    await eventually(soonMsMax, async () => {
      const next = await new Copies(one).renew('sone', lease);
      return next.type === 'held' && next.ttlMs === null;
    });
  });

  it('what a paused owner writes late is refused from the moment the next one looked', async (t) => {
    const { one, first, second } = await nodes(t, { leaseMs: 100 });
    const old = fenceOf((await first.openRoom('one')).lease);
    await first.writeRoom('one', { ...roomCopy(1), fence: old });
    await eventually(soonMsMax, async () => (await second.openRoom('one')).lease.type === 'held');
    assert.equal(await first.writeRoom('one', { ...roomCopy(99), fence: old }), false);
    assert.equal((await second.openRoom('one')).copy?.version, 1);
    const copy = { ...roomCopy(100), fence: old };
    const late = must(await one.call(cache, 'keepRoom', { room: room('one'), copy, ttlMs: 60_000 }));
    assert.deepEqual(late, { kept: false, reason: 'fenced' });
  });

  it('hundreds of leases are renewed in one request', async (t) => {
    const one = await startedCacheNode(t, { redis: url() });
    const copies = new Copies(one);
    const names = Array.from({ length: 300 }, (_, index) => `s${index}`);
    const leases = await Promise.all(names.map(async (name) => (await copies.openSession(name)).lease));
    const before = await commands(one);
    const renewed = await Promise.all(
      names.map((name, index) => copies.renew(name, leases[index] ?? { type: 'free', kept: false })),
    );
    assert.deepEqual(renewed, leases);
    assert.ok(
      (await commands(one)) - before <= 3,
      'a request for each batch of 200, and perhaps one to say that it lives',
    );
  });

  it('a lease that Redis has forgotten is written again with its fence, and a new owner is still above it', async (t) => {
    const { first, second } = await nodes(t, { leaseMs: 200 });
    const { lease } = await first.openSession('sone');
    await redis.kill();
    await redis.start();
    await eventually(soonMsMax, async () => (await first.openSession('sprobe')).lease.type === 'held');
    assert.equal(fenceOf(await first.renew('sone', lease)), fenceOf(lease));
    await eventually(soonMsMax, async () => (await second.openSession('sone')).lease.type === 'held');
    assert.ok(fenceOf((await second.openSession('sone')).lease) > fenceOf(lease));
  });

  async function commands(node: LocalNode): Promise<number> {
    return must(await node.call(cache, 'status', {})).gates.reduce((sum, { calls }) => sum + calls, 0);
  }
});
