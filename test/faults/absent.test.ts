// Owns the start of a node whose servers are not there: it is ready without them, and uses each when it comes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep, until } from '../../bench/mod.ts';
import { type BackendName, FaultStage } from '../support/fault-stage.ts';
import { needs } from '../support/needs.ts';

const skip = needs('sql-server', 'memcached', 'redis-server');
const backends: readonly BackendName[] = ['memcached', 'redis', 'sql'];

test('a node that finds no backend is ready, takes messages, and uses each backend when it comes', {
  skip,
}, async (t) => {
  const stage = await FaultStage.raise({ visitors: 6, operators: 0, messagesPerSecond: 3, absent: true });
  t.after(() => stage.strike());
  assert.deepEqual(await stage.degraded(), ['memcached', 'redis', 'sql']);
  for (const backend of backends) await stage[backend].proxy.set({ type: 'none' });
  await until(() => stage.isOpen(), { what: 'the first site', deadlineMs: 10_000 });
  await stage.hire(2);
  await stage.begin();
  await sleep(3_000);
  assert.deepEqual(await stage.degraded(), []);
  assert.deepEqual(await stage.curtain(), []);
});
