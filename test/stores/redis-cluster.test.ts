// Owns the proof that a client of a Redis Cluster ends when it is told to, whatever it is doing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { RedisConnection } from '../../stores/redis/connection.ts';
import { parseRedisUrl } from '../../stores/redis/url.ts';
import { startRedisCluster } from '../support/backends/mod.ts';
import { needs } from '../support/needs.ts';
import { eventually } from '../support/stopwatch.ts';

/** Longer than a client goes by what it knows of the slots. */
const looksAgainMs = 2_100;
const endMsMax = 3_000;

test('a client of a Cluster that is destroyed while it asks who has which slot leaves no timer and no socket', {
  skip: needs('redis-server'),
}, async (t) => {
  const cluster = await startRedisCluster({ nodeTimeoutMs: 2_000 });
  t.after(() => cluster.stop());
  const held = () => process.getActiveResourcesInfo().filter((one) => one === 'Timeout' || one === 'TCPSocketWrap');
  await eventually(endMsMax, () => held().length === 0);
  const connection = new RedisConnection(parseRedisUrl(cluster.url, 'PARLA_REDIS_URL'), () => undefined);
  assert.equal(await connection.run((client) => client.get('nothing')), null);
  assert.notDeepEqual(held(), []);
  const servers = cluster.shards.flatMap(({ master, replica }) => [master, replica]);
  for (const server of servers) server.pause();
  t.after(() => servers.forEach((server) => void server.resume()));
  await pause(looksAgainMs);
  connection.destroy();
  await eventually(endMsMax, () => held().length === 0);
  await pause(looksAgainMs);
  assert.deepEqual(held(), []);
});
