// Owns the short form of the chaos run: half a minute of it in each test run; ten minutes are `npm run bench -- chaos`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chaos } from '../../bench/chaos.ts';
import { needs } from '../support/needs.ts';

test('servers and threads killed, stopped and cut off at random: what was acknowledged is in SQL once and was shown once', {
  skip: needs('sql-server', 'memcached', 'redis-server'),
}, async () => {
  const values = { seconds: '40', visitors: '40', operators: '3', messages: '5', seed: String(Date.now() % 1_000_000) };
  const lines: string[] = [];
  const outcome = await chaos.run({ values, progress: (line) => lines.push(line) });
  assert.ok(outcome.ok, `seed ${values.seed}\n${lines.join('\n')}\n${outcome.text}`);
});
