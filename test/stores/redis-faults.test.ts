// Owns the promises of Redis as a tier under faults: every call ends in time, nothing foreign comes out of one, and
// Redis is in use again within a second of a fault's end. The servers are real; a proxy of ours is the network.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { cache, type SessionId } from '../../actors/mod.ts';
import type { LocalNode, LogLine } from '../../runtime/mod.ts';
import { type RedisBackend, type RedisOptions, startRedis } from '../support/backends/mod.ts';
import { gatesOf, startCacheNode, startedCacheNode } from '../support/cache-node.ts';
import { type Fault, type FaultProxy, garbage, startFaultProxy } from '../support/fault-proxy.ts';
import { heapBytes } from '../support/heap.ts';
import { needs } from '../support/needs.ts';
import { type Admin, adminOf } from '../support/redis-admin.ts';
import { Crowd, fenceOf, keepSession, openSession } from '../support/redis-crowd.ts';
import { eventually } from '../support/stopwatch.ts';

const backInUseMsMax = 1_000;
const p99MsMax = 300;
const faultMs = 1_500;
const mebibyte = 1_024 * 1_024;

interface Place {
  readonly server: RedisBackend;
  readonly proxy: FaultProxy;
  readonly node: LocalNode;
  readonly log: LogLine[];
}

async function place(t: TestContext, options: RedisOptions = {}): Promise<Place> {
  const server = await startRedis(options);
  t.after(() => server.stop());
  const proxy = await startFaultProxy(server);
  t.after(() => proxy.close());
  const log: LogLine[] = [];
  const node = await startedCacheNode(t, { redis: through(proxy), log });
  return { server, proxy, node, log };
}

function through({ host, port }: FaultProxy, who = ''): string {
  return `redis://${who}${host}:${port}`;
}

/** Until a copy was put and came back. */
function serves(node: LocalNode, msMax: number): Promise<number> {
  let version = 0;
  return eventually(msMax, async () => {
    const { lease } = await openSession(node, 'sagain');
    version += 1;
    const stamp = { fence: lease.type === 'held' ? lease.fence : 0, version: Date.now() + version };
    const { kept } = await keepSession(node, 'sagain', stamp);
    return kept && (await openSession(node, 'sagain')).copy?.version === stamp.version;
  });
}

async function gate(node: LocalNode) {
  const [status] = await gatesOf(node);
  return status ?? assert.fail('there is no gate');
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The crowd goes on while `harm` is done and undone; every call ends in time, and Redis is in use again soon. */
async function harmed({ server, node, proxy }: Place, harm: () => unknown, heal: () => unknown): Promise<void> {
  const crowd = new Crowd(node);
  await eventually(2_000, () => crowd.report().hits > 0);
  const sockets = await clientsOf(server);
  const { made } = proxy.connections;
  await harm();
  await pause(faultMs);
  const during = crowd.report();
  const reconnects = proxy.connections.made - made;
  await heal();
  await serves(node, backInUseMsMax);
  await eventually(backInUseMsMax, () => crowd.report().hits > 0);
  await crowd.leave();
  assert.ok(during.p99Ms < p99MsMax, `p99 within the fault ${during.p99Ms} ms of ${during.calls} calls`);
  assert.ok(reconnects <= 5 * (faultMs / 1_000) + 5, `${reconnects} connections in ${faultMs} ms`);
  await eventually(2_000, async () => (await clientsOf(server)) === sockets);
}

describe('Redis under faults', { skip: needs('redis-server') }, () => {
  it('may be absent at the start: the node goes on without leases, and uses it within a second of its coming', async (t) => {
    const server = await startRedis();
    t.after(() => server.stop());
    const proxy = await startFaultProxy(server);
    t.after(() => proxy.close());
    await proxy.set({ type: 'absent' });
    const node = await startCacheNode({ redis: through(proxy) });
    t.after(() => node.stop());
    const { copy, lease, verified } = await openSession(node, 'sone');
    assert.deepEqual([copy, verified, lease], [null, false, { type: 'free', kept: true }]);
    assert.equal((await gate(node)).state, 'down');
    await proxy.set({ type: 'none' });
    await serves(node, backInUseMsMax);
    assert.ok(fenceOf((await openSession(node, 'sone')).lease) > 0);
  });

  it('may be killed under load: what it had on disk is there again, under leases with the same owner', async (t) => {
    const all = await place(t, { durable: true });
    const { server, node } = all;
    const { lease } = await openSession(node, 'sbefore');
    await keepSession(node, 'sbefore', { fence: fenceOf(lease), version: 7 });
    await harmed(
      all,
      () => server.kill(),
      () => server.start(),
    );
    const after = await openSession(node, 'sbefore');
    assert.deepEqual([after.copy?.version, after.lease], [7, lease]);
  });

  it('may stop for ever so long: callers wait once, then not at all, and nobody reconnects in a storm', async (t) => {
    const all = await place(t);
    await harmed(
      all,
      () => all.server.pause(),
      () => all.server.resume(),
    );
  });

  const faults: readonly (readonly [string, Fault])[] = [
    ['refuse every connection', { type: 'absent' }],
    ['say nothing more', { type: 'silence' }],
    ['be cut off', { type: 'partition' }],
    ['be a second and a half too slow', { type: 'slow', ms: 1_500 }],
    ['answer with garbage', { type: 'rewrite', reply: ({ length }) => garbage(Math.max(64, length)) }],
    ['say each reply twice', { type: 'duplicate' }],
    ['say its replies in the wrong order', { type: 'swap' }],
    ['end in the middle of a reply', { type: 'cut', afterBytes: 11, ending: 'end' }],
    ['fall silent in the middle of a reply', { type: 'cut', afterBytes: 11, ending: 'silence' }],
  ];
  for (const [what, fault] of faults) {
    it(`may ${what}: nobody gets another's copy, every call ends in time, and it is used again within a second`, async (t) => {
      const all = await place(t);
      await harmed(
        all,
        () => all.proxy.set(fault),
        () => all.proxy.set({ type: 'none' }),
      );
    });
  }

  const parts = 8;
  it('may be reset after any of the first 64 bytes of a reply: the next call is right', async (t) => {
    await Promise.all(Array.from({ length: parts }, (_, part) => resets(t, part)));
  });

  async function resets(t: TestContext, part: number): Promise<void> {
    const { node, proxy } = await place(t);
    const { lease } = await openSession(node, 'sone');
    await keepSession(node, 'sone', { fence: fenceOf(lease), version: 3 });
    for (let afterBytes = part + 1; afterBytes <= 64; afterBytes += parts) {
      await proxy.set({ type: 'cut', afterBytes, ending: 'reset' });
      const start = performance.now();
      const { copy } = await openSession(node, 'sone');
      assert.ok(copy === null || copy.version === 3, `after ${afterBytes} bytes`);
      assert.ok(performance.now() - start < p99MsMax, `after ${afterBytes} bytes`);
      await proxy.set({ type: 'none' });
      await eventually(backInUseMsMax, async () => (await openSession(node, 'sone')).copy?.version === 3);
    }
  }

  it('may claim a length of two gibibytes: the call ends in time and the memory stays', async (t) => {
    const { node, proxy } = await place(t);
    const before = process.memoryUsage().rss;
    const endless = Buffer.concat([Buffer.from('*2\r\n$2147483647\r\n'), Buffer.alloc(1_000_000, 0x61)]);
    await proxy.set({ type: 'rewrite', reply: () => endless });
    for (let asked = 0; asked < 20; asked++) {
      const start = performance.now();
      assert.equal((await openSession(node, 'sone')).copy, null);
      assert.ok(performance.now() - start < p99MsMax);
    }
    await pause(faultMs);
    const grown = process.memoryUsage().rss - before;
    await proxy.set({ type: 'none' });
    await serves(node, backInUseMsMax);
    assert.ok(grown < 32 * mebibyte, `${Math.round(grown / mebibyte)} MiB more`);
  });

  interface Unwell {
    readonly what: string;
    readonly settings?: readonly string[];
    readonly harm: (admin: Admin, server: RedisBackend) => Promise<unknown>;
    readonly heal: (admin: Admin, server: RedisBackend) => Promise<unknown>;
  }
  const unwell: readonly Unwell[] = [
    {
      what: 'be a replica for a while (READONLY)',
      harm: (admin) => admin('REPLICAOF 127.0.0.1 1'),
      heal: (admin) => admin('REPLICAOF NO ONE'),
    },
    {
      what: 'be full (OOM)',
      settings: ['--maxmemory-policy', 'noeviction'],
      harm: (admin) => admin('CONFIG SET maxmemory 1'),
      heal: (admin) => admin('CONFIG SET maxmemory 0'),
    },
    {
      what: 'not be able to save (MISCONF)',
      settings: ['--save', '3600 1', '--dbfilename', 'in-the-way.rdb'],
      async harm(admin, { directory }) {
        mkdirSync(join(directory, 'in-the-way.rdb', 'full'), { recursive: true });
        await admin('BGSAVE');
      },
      heal: (admin) => admin('CONFIG SET stop-writes-on-bgsave-error no'),
    },
    {
      what: 'run a script without an end (BUSY)',
      settings: ['--busy-reply-threshold', '20'],
      // Nobody waits for its answer.
      async harm(admin) {
        void admin('EVAL "while true do end" 0');
      },
      heal: (admin) => admin('SCRIPT KILL'),
    },
    {
      what: 'belong to a Cluster without slots (CLUSTERDOWN)',
      settings: ['--cluster-enabled', 'yes'],
      harm: (admin) => admin('CLUSTER DELSLOTSRANGE 0 16383'),
      async heal(admin) {
        await admin('CLUSTER ADDSLOTSRANGE 0 16383');
        await clusterIsUp(admin);
      },
    },
    {
      what: 'take another password (NOAUTH)',
      async harm(admin) {
        await admin('CONFIG SET requirepass another');
        await admin('AUTH another\r\nCLIENT KILL TYPE normal');
      },
      heal: (admin) => admin('AUTH another\r\nCONFIG SET requirepass ""'),
    },
  ];
  for (const { what, settings = [], harm, heal } of unwell) {
    it(`may ${what}: it is degraded without a storm of connections, and used again within a second`, async (t) => {
      const server = await startRedis({ settings });
      t.after(() => server.stop());
      const admin = adminOf(server);
      if (what.includes('Cluster')) {
        await admin('CLUSTER ADDSLOTSRANGE 0 16383');
        await clusterIsUp(admin);
      }
      const proxy = await startFaultProxy(server);
      t.after(() => proxy.close());
      const log: LogLine[] = [];
      const node = await startedCacheNode(t, { redis: through(proxy), log });
      await harmed(
        { server, proxy, node, log },
        async () => {
          await harm(admin, server);
          await eventually(2_000, async () => (await gate(node)).state === 'down');
        },
        () => heal(admin, server),
      );
      const lines = log.filter(({ level }) => level === 'warn');
      assert.ok(lines.length <= 2, JSON.stringify(lines));
      assert.doesNotMatch(JSON.stringify(log), /another/);
    });
  }

  it('may be loading its data for a while (LOADING)', async (t) => {
    const settings = [
      '--enable-debug-command',
      'yes',
      '--key-load-delay',
      '300',
      '--loading-process-events-interval-bytes',
      '1024',
    ];
    const all = await place(t, { settings });
    const admin = adminOf(all.server);
    await admin('DEBUG POPULATE 8000');
    await admin('SAVE');
    let started: Promise<void> = Promise.resolve();
    await harmed(
      all,
      async () => {
        await all.server.kill();
        started = all.server.start();
        await eventually(2_000, async () => (await gate(all.node)).lastError === 'LOADING');
      },
      () => started,
    );
  });

  it('refuses a wrong password with one line in the log, and neither shows it nor tries in a tight loop', async (t) => {
    const server = await startRedis({ password: 'right-and-secret' });
    t.after(() => server.stop());
    const proxy = await startFaultProxy(server);
    t.after(() => proxy.close());
    const log: LogLine[] = [];
    const node = await startCacheNode({ redis: through(proxy, ':wrong-and-secret@'), log });
    t.after(() => node.stop());
    await eventually(2_000, async () => (await gate(node)).state === 'down');
    const { made } = proxy.connections;
    await pause(faultMs);
    assert.ok(proxy.connections.made - made <= 5 * (faultMs / 1_000), `${proxy.connections.made - made} connections`);
    assert.equal(log.filter(({ level }) => level === 'warn').length, 1);
    assert.equal((await gate(node)).lastError, 'WRONGPASS');
    assert.doesNotMatch(JSON.stringify([log, await gatesOf(node), await node.inspect()]), /secret/);
  });

  it('settles 50,000 calls while it is absent, within a second and in little memory', async (t) => {
    const { proxy, node } = await place(t);
    await proxy.set({ type: 'absent' });
    await eventually(2_000, async () => (await gate(node)).state === 'down');
    const before = heapBytes();
    const start = process.cpuUsage();
    const answers = await Promise.all(
      Array.from({ length: 50_000 }, (_, index) => {
        const session = `s${index}` as SessionId;
        return node.call(cache, 'openSession', { session }, { deadlineMs: 5_000 });
      }),
    );
    const { user, system } = process.cpuUsage(start);
    // The processor's time and not the clock's: other programs on this machine are no backend that is absent.
    const tookMs = (user + system) / 1_000;
    // Beyond its mailbox the actor takes nothing, and says so at once.
    assert.ok(answers.every((answer) => (answer.ok ? answer.value.copy === null : answer.error.code === 'overloaded')));
    assert.ok(answers.filter(({ ok }) => ok).length >= 5_000);
    assert.ok(tookMs < 1_000, `${tookMs} ms`);
    answers.length = 0;
    const grown = heapBytes() - before;
    assert.ok(grown < 20 * mebibyte, `${Math.round(grown / mebibyte)} MiB more`);
  });
});

async function clusterIsUp(admin: Admin): Promise<void> {
  await eventually(10_000, async () => (await admin('CLUSTER INFO')).includes('cluster_state:ok'));
}

async function clientsOf(server: RedisBackend): Promise<number> {
  const info = await adminOf(server)('INFO clients');
  return Number(/connected_clients:(\d+)/.exec(info)?.[1]);
}
