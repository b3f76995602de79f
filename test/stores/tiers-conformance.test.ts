// Owns the proof that memcached, Redis and both together are a cache as the chat needs it, on real servers.
// It holds no test of its own: the port's conformance does.

import { after, before, describe } from 'node:test';
import { redisBytesMax } from '../../stores/redis/copies.ts';
import { type Backend, type RedisBackend, startMemcached, startRedis } from '../support/backends/mod.ts';
import { cacheConformance } from '../support/cache-conformance.ts';
import { startCacheNode, untilUp } from '../support/cache-node.ts';
import { needs } from '../support/needs.ts';
import type { Tiers } from '../support/real-tiers.ts';

const memcachedBytesMax = 1_000_000;
const settings = ['--databases', '64'];

describe('the tiers on real servers', { skip: needs('redis-server', 'memcached') }, () => {
  let redis: RedisBackend;
  let other: RedisBackend;
  let memcached: Backend;
  /** So that the tests of one server meet nothing of each other's. */
  let used = 0;

  before(async () => {
    [redis, other, memcached] = await Promise.all([
      startRedis({ settings }),
      startRedis({ settings }),
      startMemcached(),
    ]);
  });
  after(() => Promise.all([redis.stop(), other.stop(), memcached.stop()]));

  const started = async (tiers: Tiers) => {
    const node = await startCacheNode(tiers);
    await untilUp(node);
    return { node, stop: () => node.stop() };
  };

  const inRedis = { bytesMax: redisBytesMax, ordersCopies: true };
  cacheConformance('Redis alone', inRedis, () => {
    used += 1;
    return started({ redis: `${redis.url}/${used}` });
  });
  cacheConformance('Redis with a server for each role', inRedis, () => {
    used += 1;
    const [sessions, history, presence] = [`${redis.url}/${used}`, `${other.url}/${used}`, `${other.url}/0`];
    return started({ redis: { sessions, history, presence } });
  });
  cacheConformance('memcached alone', { bytesMax: memcachedBytesMax, ordersCopies: false }, async () => {
    await memcached.kill();
    await memcached.start();
    return started({ memcached: [memcached] });
  });
  cacheConformance('memcached before Redis', { bytesMax: memcachedBytesMax, ordersCopies: true }, async () => {
    await memcached.kill();
    await memcached.start();
    used += 1;
    return started({ memcached: [memcached], redis: `${redis.url}/${used}` });
  });
});
