// Owns the promises of a Redis that answers and takes no writes: full, a replica, or unable to save. What it has is read
// as before, nobody acts on what it cannot vouch for, and the gate says all the while that it is down.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Opened } from '../../actors/mod.ts';
import type { LocalNode } from '../../runtime/mod.ts';
import { type RedisBackend, startRedis } from '../support/backends/mod.ts';
import { Copies, roomCopy, sessionCopy } from '../support/cache-conformance.ts';
import { gatesOf, startedCacheNode } from '../support/cache-node.ts';
import { needs } from '../support/needs.ts';
import { type Admin, adminOf } from '../support/redis-admin.ts';
import { fenceOf, keepSession, openSession } from '../support/redis-crowd.ts';
import { eventually, Stopwatch } from '../support/stopwatch.ts';

const soonMsMax = 5_000;
const backInUseMsMax = 1_000;
const reads = 50;
const alone = { type: 'free', kept: true };

interface Refusal {
  readonly what: string;
  readonly kind: string;
  readonly settings?: readonly string[];
  readonly begin: (admin: Admin, server: RedisBackend) => Promise<unknown>;
  readonly end: (admin: Admin) => Promise<unknown>;
}

const refusals: readonly Refusal[] = [
  {
    what: 'is full',
    kind: 'OOM',
    settings: ['--maxmemory-policy', 'noeviction'],
    begin: (admin) => admin('CONFIG SET maxmemory 1'),
    end: (admin) => admin('CONFIG SET maxmemory 0'),
  },
  {
    what: 'is a replica for a while',
    kind: 'READONLY',
    begin: (admin) => admin('REPLICAOF 127.0.0.1 1'),
    end: (admin) => admin('REPLICAOF NO ONE'),
  },
  {
    what: 'cannot save',
    kind: 'MISCONF',
    settings: ['--save', '3600 1', '--dbfilename', 'in-the-way.rdb'],
    async begin(admin, { directory }) {
      mkdirSync(join(directory, 'in-the-way.rdb', 'full'), { recursive: true });
      await admin('BGSAVE');
    },
    end: (admin) => admin('CONFIG SET stop-writes-on-bgsave-error no'),
  },
];

describe('a Redis that takes no writes', { skip: needs('redis-server') }, () => {
  for (const { what, kind, settings = [], begin, end } of refusals) {
    it(`because it ${what} (${kind}) is read as before, vouches for nothing, and is used again within a second`, async (t) => {
      const server = await started(t, settings);
      const node = await startedCacheNode(t, { redis: server.url });
      const copies = new Copies(node);
      const { lease } = await copies.openSession('sone');
      const fence = fenceOf(lease);
      await copies.writeSession('sone', sessionCopy({ fence, version: 3, chatted: false }));
      await copies.writeRoom('one', { ...roomCopy(4), fence });
      const messages = roomCopy(1).past.messages;
      await copies.writeBlock('one', 0, messages);

      await begin(adminOf(server), server);
      await untilDown(node, kind);
      let misses = 0;
      const found = async <Copy>(ask: () => Promise<Opened<Copy>>): Promise<Opened<Copy>> => {
        for (const watch = new Stopwatch(); ; misses += 1) {
          const opened = await ask();
          if (opened.copy !== null || watch.ms > backInUseMsMax) return opened;
        }
      };
      for (let read = 0; read < reads; read++) {
        const session = await found(() => copies.openSession('sone'));
        const room = await found(() => copies.openRoom('one'));
        assert.deepEqual([session.copy?.version, session.verified, session.lease], [3, false, alone]);
        assert.deepEqual([room.copy?.version, room.verified, room.lease], [4, false, alone]);
        assert.equal((await copies.openSession('snobody')).copy, null);
      }
      assert.equal((await gatesOf(node))[0]?.state, 'down');
      // A master that has become a replica is connected to anew every two seconds: its name may lead elsewhere by now.
      if (kind !== 'READONLY') {
        assert.equal(misses, 0);
        assert.deepEqual(await copies.readBlock('one', 0), messages);
      }

      await end(adminOf(server));
      await eventually(
        backInUseMsMax,
        async () => (await keepSession(node, 'stwo', { fence, version: Date.now() })).kept,
      );
      assert.deepEqual((await copies.openSession('sone')).lease, lease);
      assert.equal((await copies.openRoom('one')).verified, true);
    });
  }

  it('gives no visitor to anybody where another node is about', async (t) => {
    const server = await started(t, []);
    const one = await startedCacheNode(t, { redis: server.url, owner: 'one', leaseMs: 1_200 });
    await startedCacheNode(t, { redis: server.url, owner: 'two', leaseMs: 1_200 });
    await eventually(soonMsMax, async () => {
      const { lease } = await openSession(one, 'sone');
      return lease.type === 'held' && lease.ttlMs !== null;
    });
    const fence = fenceOf((await openSession(one, 'sone')).lease);
    await keepSession(one, 'sone', { fence, version: 3 });
    await adminOf(server)('CONFIG SET maxmemory 1');
    await untilDown(one, 'OOM');
    const { copy, lease } = await openSession(one, 'sone');
    assert.deepEqual([copy?.version, lease], [3, { type: 'elsewhere' }]);
  });
});

async function started(t: TestContext, settings: readonly string[]): Promise<RedisBackend> {
  const server = await startRedis({ settings });
  t.after(() => server.stop());
  return server;
}

/** Until enough writes were refused. */
async function untilDown(node: LocalNode, kind: string): Promise<void> {
  await eventually(soonMsMax, async () => {
    await keepSession(node, 'sother', { fence: 1, version: 1 });
    const [gate] = await gatesOf(node);
    return gate?.state === 'down' && gate.lastError === kind;
  });
}
