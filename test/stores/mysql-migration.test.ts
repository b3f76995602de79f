// Owns the proof that whoever brings a server's tables up does not wait for ever: a server that falls silent after it was
// reached is given up, with a reason, and is used when it speaks again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrateMysql } from '../../stores/mysql/open.ts';
import { parseMysqlUrl } from '../../stores/mysql/url.ts';
import { sqlUrl, startSqlServer } from '../support/backends/mod.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { needs } from '../support/needs.ts';

/** In each reply that is lost there is this word, and in no other. */
const lost = {
  'the look at its settings': 'packet',
  'the lock of a migration': 'got',
} as const;
const nothing = Buffer.alloc(0);

test('a migration gives up a server that was reached and says nothing more', {
  skip: needs('sql-server'),
}, async (t) => {
  const server = await startSqlServer();
  t.after(() => server.stop());
  const proxy = await startFaultProxy(server);
  t.after(() => proxy.close());
  const address = parseMysqlUrl(sqlUrl(proxy.port));
  const times = { lookMs: 2_000, migrationMs: 2_000 };
  for (const [what, word] of Object.entries(lost)) {
    await proxy.set({ type: 'rewrite', reply: (reply) => (reply.includes(word) ? nothing : reply) });
    await assert.rejects(migrateMysql(address, times), { code: 'unavailable', message: /ETIMEDOUT/ }, what);
  }
  await proxy.set({ type: 'none' });
  const { applied } = await migrateMysql(address);
  assert.ok(applied.length > 0);
});
