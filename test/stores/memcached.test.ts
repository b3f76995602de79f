// Owns the promises of memcached as a tier: what is kept, what is dropped, and that old values end with an outage.
// The servers are real; what the network does to them is memcached-faults.test.ts.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { SessionId } from '../../actors/mod.ts';
import { openEnvelope, sealEnvelope } from '../../stores/envelope.ts';
import { MemjsClient } from '../../stores/memcached/memjs-client.ts';
import { Rendezvous } from '../../stores/memcached/rendezvous.ts';
import { memcached } from '../../stores/mod.ts';
import { must } from '../support/chat-stage.ts';
import { room, said } from '../support/entries.ts';
import type { Crowd } from '../support/memcached-crowd.ts';
import { signed, startMemcachedNode, startPlace, startThreadedNode } from '../support/memcached-stage.ts';
import { eventually } from '../support/stopwatch.ts';

async function up(test: TestContext, options = {}) {
  const place = await startPlace(test, options);
  const node = await startMemcachedNode(test, [place.proxy]);
  await node.isUp();
  return { ...place, node };
}

describe('memcached', () => {
  it('gives back each kind of copy as it was kept', async (test) => {
    const { node } = (await up(test)).node;
    const session = 'sone' as SessionId;
    const copy = signed({
      card: { name: 'Zoë 👋', verified: true, attributes: { plan: 'gold', seats: 3 } },
      level: 'away',
    });
    const a = room('a');
    const past = { pos: 1, seq: 1, site: copy.site, messages: [], turns: [said(a, 1, 1)], card: null };
    const roomCopy = { fence: 2, version: 9, past, visitorRead: 1, operatorRead: 0, members: [], writer: 'w1' };
    const { id, at, conversation, cmid, author, text } = said(a, 1, 1);
    const message = { id: id as never, seq: 1, at, conversation, cmid, from: author, text: text ?? '' };
    assert.deepEqual(must(await node.call(memcached, 'keepSession', { session, copy, ttlMs: 60_000 })), {
      kept: true,
      reason: 'kept',
    });
    assert.equal(must(await node.call(memcached, 'keepRoom', { room: a, copy: roomCopy, ttlMs: 60_000 })).kept, true);
    node.cast(memcached, 'writeBlock', { room: a, block: 0, messages: [message], ttlMs: 60_000 });
    assert.deepEqual(must(await node.call(memcached, 'readSession', { session })), { copy, reason: 'hit' });
    assert.deepEqual(must(await node.call(memcached, 'readRoom', { room: a })), { copy: roomCopy, reason: 'hit' });
    assert.deepEqual(must(await node.call(memcached, 'readBlock', { room: a, block: 0 })).messages, [message]);
    assert.equal(must(await node.call(memcached, 'readBlock', { room: a, block: 1 })).messages, null);
    node.cast(memcached, 'forgetBlock', { room: a, block: 0 });
    node.cast(memcached, 'forgetRoom', { room: a });
    node.cast(memcached, 'forgetSession', { session });
    for (const found of [
      must(await node.call(memcached, 'readSession', { session })),
      must(await node.call(memcached, 'readRoom', { room: a })),
      must(await node.call(memcached, 'readBlock', { room: a, block: 0 })),
    ]) {
      assert.equal(found.reason, 'absent');
    }
  });

  it('is a miss with a reason for what was never kept', async (test) => {
    const { node } = await up(test);
    assert.deepEqual(await node.read('snobody'), { version: null, reason: 'absent' });
  });

  it('ends a copy with its time, to the millisecond', async (test) => {
    const { node } = await up(test);
    const start = performance.now();
    await node.keep('sone', {}, 300);
    const { version } = await node.read('sone');
    if (performance.now() - start < 300) assert.equal(version, 1);
    await eventually(1_000, async () => (await node.read('sone')).version === null);
    // Two clocks, and one of them counts whole milliseconds.
    assert.ok(performance.now() - start >= 298);
    assert.equal((await node.read('sone')).reason, 'expired');
  });

  it('keeps a copy for fourteen days and for sixty, which the server would take for a date', async (test) => {
    const { node } = await up(test);
    for (const days of [14, 60]) {
      await node.keep('sone', { version: days }, days * 24 * 3_600_000);
      assert.equal((await node.read('sone')).version, days);
    }
  });

  it('drops a copy without time to live, or larger than a megabyte, and the older one with it', async (test) => {
    const { node } = await up(test);
    await node.keep('sone');
    assert.deepEqual(await node.keep('sone', {}, 0), { kept: false, reason: 'expired' });
    assert.equal((await node.read('sone')).version, null);
    await node.keep('sone');
    const page = { url: 'x'.repeat(1_000_001), title: '' };
    assert.deepEqual(await node.keep('sone', { page }), { kept: false, reason: 'tooLarge' });
    assert.equal((await node.read('sone')).version, null);
    const large = { url: 'x'.repeat(990_000), title: '' };
    // On a busy machine a megabyte may take longer than a cache has time for.
    await eventually(2_000, async () => (await node.keep('sone', { page: large })).kept);
    await eventually(2_000, async () => (await node.read('sone')).version === 1);
  });

  it('takes every key, and none of them reaches another caller or the server as a command', async (test) => {
    const { node } = await up(test);
    const hostile = [
      'get\r\nset pwned 0 0 1\r\nx',
      'x'.repeat(251),
      'é'.repeat(130),
      '',
      'nul\0byte',
      '\ud800',
      'a b',
      'flush_all\r\n',
    ];
    await node.keep('sinnocent');
    for (const session of hostile) {
      const [kept, innocent] = await Promise.all([node.keep(session), node.read('sinnocent')]);
      assert.deepEqual([kept.kept, innocent.version], [true, 1], JSON.stringify(session));
      assert.equal((await node.read(session)).version, 1);
    }
    assert.equal((await node.read('pwned')).version, null);
    assert.equal((await node.gate()).generation, 1);
  });

  it('that is full and may forget nothing drops what is put, goes on reading, and gives no older copy instead', async (test) => {
    const { node } = await up(test, { megabytes: 2, refusesWhenFull: true });
    const page = { url: 'x'.repeat(100_000), title: '' };
    await node.keep('sfirst', { page });
    let dropped: string | null = null;
    for (let index = 0; dropped === null && index < 200; index++) {
      const { kept, reason } = await node.keep(`s${index}`, { page });
      if (!kept) dropped = reason;
    }
    assert.equal(dropped, 'outOfMemory');
    assert.equal((await node.read('sfirst')).version, 1);
    for (let version = 2; version < 12; version++) {
      const { kept } = await node.keep('sfirst', { version, page });
      const { version: found } = await node.read('sfirst');
      assert.ok(found === null || found === version, `version ${found} after ${version}`);
      assert.equal(found === version, kept);
    }
    const { breaker, generation } = await node.gate();
    assert.deepEqual([breaker, generation], ['closed', 1]);
  });

  it('gives a miss for what another program left under a key: another key, damaged, or nothing of ours', async (test) => {
    const { node, server } = await up(test);
    await node.keep('sone');
    await node.keep('stwo');
    const { client, connected } = MemjsClient.connect(server, () => undefined);
    test.after(() => client.destroy());
    await connected;
    const epoch = openEnvelope('parla:epoch', (await client.get('parla:epoch')) ?? assert.fail(), 0);
    const nameOf = (session: string) => `parla:${epoch.ok ? epoch.body : assert.fail()}:session:${session}`;
    const one = (await client.get(nameOf('sone'))) ?? assert.fail('the values are where they are said to be');
    const damaged = Buffer.from(one);
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 1) ^ 1, damaged.length - 1);
    for (const [reason, session, bytes] of [
      ['otherKey', 'stwo', one],
      ['damaged', 'sone', damaged],
      ['foreign', 'sone', Buffer.from('{"session":"sone"}')],
      ['foreign', 'sone', Buffer.alloc(0)],
    ] as const) {
      await client.set(nameOf(session), bytes, 60);
      assert.deepEqual(await node.read(session), { version: null, reason });
      assert.ok((await node.counted('memcached_reads', reason)) > 0, `${reason} is counted`);
    }
    const tooNew = sealEnvelope(nameOf('sone'), { version: 1, fence: 1, until: 0 }, null);
    tooNew.writeUInt8(255, 2);
    await client.set(nameOf('sone'), tooNew, 60);
    assert.equal((await node.read('sone')).reason, 'foreign');
  });

  it('settles 50,000 reads and writes while it is absent within a second, and holds no memory for them', async () => {
    const script = join(import.meta.dirname, '../support/memcached-crowd.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [script]);
    const { settled, hits, cpuMs, heapBytesGrown, pending } = JSON.parse(stdout) as Crowd;
    assert.deepEqual({ settled, hits, pending }, { settled: 50_000, hits: 0, pending: 0 });
    assert.ok(cpuMs < 1_000, `took ${cpuMs} ms`);
    assert.ok(heapBytesGrown < 20 * 1_024 * 1_024, `${heapBytesGrown} bytes`);
  });
});

describe('after an outage', () => {
  it('no copy that a lost write should have replaced comes back', async (test) => {
    const { node, proxy } = await up(test);
    await node.keep('sone', { version: 1 });
    await proxy.set({ type: 'absent' });
    assert.equal((await node.keep('sone', { version: 2 })).kept, false);
    await proxy.set({ type: 'none' });
    await node.isUp(1_000);
    assert.deepEqual(await node.read('sone'), { version: null, reason: 'absent' });
  });

  it('what should have been forgotten stays forgotten', async (test) => {
    const { node, proxy } = await up(test);
    await node.keep('sone');
    await proxy.set({ type: 'absent' });
    await node.forget('sone');
    await eventually(1_000, async () => (await node.gate()).state === 'down');
    await proxy.set({ type: 'none' });
    await node.isUp(1_000);
    assert.equal((await node.read('sone')).version, null);
  });

  it('of a frozen server, its late writes change nothing that is read', async (test) => {
    const { node, server } = await up(test);
    await node.keep('sone', { version: 1 });
    await server.pause();
    assert.equal((await node.keep('sone', { version: 2 })).kept, false);
    await eventually(1_000, async () => (await node.gate()).state === 'down');
    server.resume();
    await node.serves(1_000);
    await node.keep('sone', { version: 3 });
    for (let round = 0; round < 20; round++) assert.equal((await node.read('sone')).version, 3);
  });

  it('a copy of before is there still when no write was lost', async (test) => {
    const { node, proxy } = await up(test);
    await node.keep('sone', { version: 1 });
    proxy.resetAll();
    await eventually(1_000, async () => (await node.gate()).generation > 1);
    // A read may miss its deadline on a busy machine; a copy that was given up never comes back.
    await eventually(1_000, async () => (await node.read('sone')).version === 1);
  });

  it('every other node stops reading what one node could not replace, within two seconds', async (test) => {
    const { node, proxy, server } = await up(test);
    const other = await startMemcachedNode(test, [server]);
    await other.isUp();
    await node.keep('sone', { version: 1 });
    assert.equal((await other.read('sone')).version, 1, 'the nodes share what they keep');
    await proxy.set({ type: 'absent' });
    await node.keep('sone', { version: 2 });
    await proxy.set({ type: 'none' });
    await node.isUp(1_000);
    await eventually(2_000, async () => (await other.read('sone')).version === null);
    await node.keep('sone', { version: 3 });
    assert.equal((await other.read('sone')).version, 3);
  });

  it('a server that came back empty, or was emptied, is used again', async (test) => {
    const { node, server } = await up(test);
    await node.keep('sone', { version: 1 });
    await server.kill();
    await server.start();
    assert.ok((await node.serves(2_000)) >= 0);
    assert.equal((await node.read('sone')).version, null);
  });

  it('copies outlive the process that kept them', async (test) => {
    const { node, proxy } = await up(test);
    await node.keep('sone', { version: 4 });
    await node.stop();
    const next = await startMemcachedNode(test, [proxy]);
    await next.isUp();
    assert.equal((await next.read('sone')).version, 4);
  });
});

describe('on its gate thread memcached', () => {
  it('is in use again after its thread was lost, and believes nothing that it may have failed to replace', async (test) => {
    const { server } = await startPlace(test);
    const node = await startThreadedNode(test, [server]);
    await node.isUp();
    await node.keep('sone', { version: 1 });
    assert.equal((await node.read('sone')).version, 1);
    const gate = (await node.node.inspect()).threads.find(({ thread }) => thread.includes('memcached'));
    await node.node.killThread(gate?.index ?? assert.fail('memcached has a thread'));
    // How soon a thread is replaced is the runtime's promise, and tested there.
    await eventually(20_000, async () => (await node.node.call(memcached, 'status', {})).ok);
    await node.serves(1_000);
    assert.equal((await node.read('sone')).version, null);
  });
});

describe('several memcached servers', () => {
  it('share the keys, and one that is lost makes misses of its own keys only, until it is back', async (test) => {
    const places = [await startPlace(test), await startPlace(test), await startPlace(test)];
    const node = await startMemcachedNode(
      test,
      places.map(({ proxy }) => proxy),
    );
    await node.isUp();
    const sessions = Array.from({ length: 60 }, (_, index) => `s${index}`);
    for (const session of sessions) await node.keep(session);
    await places[1]?.proxy.set({ type: 'absent' });
    await eventually(1_000, async () => (await node.gates()).some(({ state }) => state === 'down'));
    const missing = new Set<string>();
    for (const session of sessions) if ((await node.read(session)).version === null) missing.add(session);
    assert.ok(missing.size > 5 && missing.size < 40, `${missing.size} of 60`);
    for (const session of sessions)
      assert.equal((await node.keep(session, { version: 2 })).kept, !missing.has(session));
    await places[1]?.proxy.set({ type: 'none' });
    await node.isUp(1_000);
    for (const session of sessions) {
      const { version } = await node.read(session);
      assert.equal(version, missing.has(session) ? null : 2, 'an old copy must not come back');
    }
  });

  it('have a third of the keys each, and a fourth one takes a quarter of them and moves no other', () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `session:s${index}`);
    const names = ['10.0.0.1:11211', '10.0.0.2:11211', '10.0.0.3:11211'];
    const three = new Rendezvous(names, (name) => name);
    const four = new Rendezvous(['10.0.0.4:11211', ...names], (name) => name);
    const shares = Map.groupBy(keys, (key) => three.of(key));
    for (const name of names) {
      const share = (shares.get(name)?.length ?? 0) / keys.length;
      assert.ok(Math.abs(share - 1 / 3) < 0.02, `${name} has ${share}`);
    }
    const moved = keys.filter((key) => three.of(key) !== four.of(key));
    assert.ok(moved.every((key) => four.of(key) === '10.0.0.4:11211'));
    assert.ok(Math.abs(moved.length / keys.length - 1 / 4) < 0.02);
  });
});
