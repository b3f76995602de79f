// Owns the proof that nothing which happens to memcached or on the way to it hurts its callers: each fault by name.
// Real servers, and a proxy that harms what they say; no call is late, no value is wrong, and nothing is left behind.

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type Fault, garbage, startFaultProxy } from '../support/fault-proxy.ts';
import { heapBytes } from '../support/heap.ts';
import { type MemcachedNode, type MemcachedPlace, startMemcachedNode, startPlace } from '../support/memcached-stage.ts';
import { eventually, Stopwatch } from '../support/stopwatch.ts';

const callers = 16;
/** What a request that needs a cache only may take, whatever the fault: here every one of them. */
const callMsMax = 300;
/** Before which a call that is told of its client's end has ended. */
const deadlineMs = 200;
const recoveryMsMax = 1_000;

interface Stage extends MemcachedPlace {
  readonly node: MemcachedNode;
}

async function up(test: TestContext): Promise<Stage> {
  const place = await startPlace(test);
  const node = await startMemcachedNode(test, [place.proxy]);
  await node.isUp();
  return { ...place, node };
}

interface Crowd {
  readonly calls: number;
  readonly hits: number;
  readonly p99Ms: number;
  readonly worstMs: number;
}

/** Callers who keep and read their own copies all the time; a copy that is not his own fails the test. */
async function crowd(node: MemcachedNode, ms: number, charactersMax = 200): Promise<Crowd> {
  const watch = new Stopwatch();
  const took: number[] = [];
  let hits = 0;
  const timed = async <T>(call: Promise<T>): Promise<T> => {
    const start = watch.ms;
    const result = await call;
    took.push(watch.ms - start);
    return result;
  };
  const caller = async (session: string) => {
    let kept = 0;
    for (let version = 1; watch.ms < ms; version++) {
      const page = { url: 'x'.repeat((version * 7_919) % charactersMax), title: '' };
      const answer = await timed(node.keep(session, { version, page }));
      if (answer.kept) kept = version;
      const found = await timed(node.read(session));
      // Nobody else writes this session, and each caller waits for his own write.
      if (found.version !== null) assert.ok(found.version >= kept, `version ${found.version} after ${kept}`);
      if (found.version !== null) hits += 1;
      // A breaker that is open answers at once: such callers come again as a visitor would, not as fast as they can.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, index) => caller(`scaller${index}`)));
  watch.stop();
  took.sort((a, b) => a - b);
  return { calls: took.length, hits, p99Ms: took[Math.floor(took.length * 0.99)] ?? 0, worstMs: took.at(-1) ?? 0 };
}

interface Cell {
  readonly name: string;
  readonly begin: (stage: Stage) => unknown;
  readonly end: (stage: Stage) => unknown;
  readonly ms: number;
  readonly charactersMax?: number;
  /** The fault is none for a client that knows its replies by number. */
  readonly harmless?: boolean;
  /** The fault says by itself that nothing more will come: nobody waits for his deadline. */
  readonly msMax?: number;
}

/** One line of the table for each fault. */
async function suffers(test: TestContext, stage: Stage, cell: Cell): Promise<void> {
  const { node, proxy } = stage;
  await crowd(node, 50);
  await cell.begin(stage);
  const inFault = await crowd(node, cell.ms, cell.charactersMax);
  await cell.end(stage);
  const recoveryMs = await node.serves(recoveryMsMax);
  const after = await crowd(node, 50);
  assert.ok(inFault.worstMs < (cell.msMax ?? callMsMax), `${cell.name}: worst ${inFault.worstMs} ms`);
  assert.ok(after.hits > 0, `${cell.name}: nothing is found afterwards`);
  if (cell.harmless) assert.ok(inFault.hits > 0, `${cell.name}: nothing was found meanwhile`);
  await eventually(1_000, () => proxy.connections.open === 1);
  test.diagnostic(
    `${cell.name}: ${inFault.calls} calls, ${inFault.hits} hits, p99 ${inFault.p99Ms.toFixed(0)} ms, worst ${inFault.worstMs.toFixed(0)} ms, again after ${recoveryMs.toFixed(0)} ms`,
  );
}

function fault(name: string, what: Fault, more: Partial<Cell> = {}): Cell {
  const begin = ({ proxy }: Stage) => proxy.set(what);
  return { name, begin, end: ({ proxy }) => proxy.set({ type: 'none' }), ms: 700, ...more };
}

/** A head that promises 2 GiB, and a megabyte that pretends to be their beginning. */
function bogusLength(): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt8(0x81, 0);
  head.writeUInt32BE(2 ** 31, 8);
  return Buffer.concat([head, Buffer.alloc(1_024 * 1_024)]);
}

const cells: readonly Cell[] = [
  fault('absent', { type: 'absent' }),
  { name: 'killed', begin: ({ server }) => server.kill(), end: ({ server }) => server.start(), ms: 700 },
  { name: 'stopped', begin: ({ server }) => server.pause(), end: ({ server }) => server.resume(), ms: 2_000 },
  fault('silence', { type: 'silence' }),
  fault('partition', { type: 'partition' }),
  ...[1, 11, 24, 25, 40, 60, 100].map((afterBytes) =>
    fault(`${afterBytes} bytes, then silence`, { type: 'cut', afterBytes, ending: 'silence' }),
  ),
  fault('40 bytes, then the end', { type: 'cut', afterBytes: 40, ending: 'end' }, { msMax: deadlineMs }),
  fault('garbage', { type: 'rewrite', reply: (reply) => garbage(reply.length, reply.length) }),
  fault('garbage behind a head', {
    type: 'rewrite',
    reply: (reply) => Buffer.concat([reply.subarray(0, 24), garbage(Math.max(0, reply.length - 24), 7)]),
  }),
  fault('a length of 2 GiB', { type: 'rewrite', reply: bogusLength }),
  fault('each reply twice', { type: 'duplicate' }, { harmless: true }),
  fault('replies in another order', { type: 'swap' }),
  fault('pieces of replies in another order', { type: 'swap' }, { charactersMax: 400_000 }),
  fault('slow', { type: 'slow', ms: 1_500 }, { ms: 2_000 }),
];

describe('memcached suffers, and its callers get misses in time and no wrong value:', () => {
  for (const cell of cells) it(cell.name, async (test) => suffers(test, await up(test), cell));

  it('a reset after each of the first 64 bytes of a reply', async (test) => {
    const lanes = await lanesOf(test, 8);
    const before = heapBytes();
    await alongEach(lanes, 8, async ({ node, proxy }, lane, round) => {
      const afterBytes = lane * 8 + round + 1;
      await proxy.set({ type: 'cut', afterBytes, ending: 'reset' });
      const { worstMs } = await crowd(node, 60);
      await proxy.set({ type: 'none' });
      await node.serves(recoveryMsMax);
      assert.ok(worstMs < callMsMax, `after ${afterBytes} bytes: worst ${worstMs} ms`);
    });
    const grown = heapBytes() - before;
    test.diagnostic(`${grown} bytes of heap more after 64 resets`);
    assert.ok(grown < 4 * 1_024 * 1_024, `${grown} bytes`);
  });

  it('a hundred faults in a row leave no socket, no buffer and no waiter', async (test) => {
    const lanes = await lanesOf(test, 10);
    const sockets = openSockets();
    const before = heapBytes();
    const buffers = process.memoryUsage().arrayBuffers;
    await alongEach(lanes, 10, async ({ node, proxy }, lane, round) => {
      if (round % 2 === 0) await proxy.set({ type: 'rewrite', reply: bogusLength });
      else await proxy.set({ type: 'cut', afterBytes: lane * 10 + round, ending: 'end' });
      await Promise.all(Array.from({ length: callers }, (_, index) => node.read(`scaller${index}`)));
      await proxy.set({ type: 'none' });
      await node.serves(recoveryMsMax);
    });
    await eventually(1_000, () => openSockets() <= sockets);
    const grown = { heap: heapBytes() - before, buffers: process.memoryUsage().arrayBuffers - buffers };
    test.diagnostic(JSON.stringify(grown));
    assert.ok(grown.heap < 4 * 1_024 * 1_024 && grown.buffers < 8 * 1_024 * 1_024, JSON.stringify(grown));
    for (const { node } of lanes) assert.equal((await node.gate()).pending, 0);
  });

  it('a server that accepts and says nothing is asked at most five times a second', async (test) => {
    const { node, server, proxy } = await up(test);
    await server.pause();
    const before = proxy.connections.made;
    await crowd(node, 2_000);
    const made = proxy.connections.made - before;
    server.resume();
    await node.serves(recoveryMsMax);
    assert.ok(made <= 10, `${made} connections in 2 s`);
  });
});

/** Several clients of one server, each behind a proxy of its own, so that many short faults take little time. */
async function lanesOf(test: TestContext, count: number): Promise<readonly Stage[]> {
  const { server } = await startPlace(test);
  const lanes: Stage[] = [];
  for (let lane = 0; lane < count; lane++) {
    const proxy = await startFaultProxy(server);
    test.after(() => proxy.close());
    const node = await startMemcachedNode(test, [proxy]);
    await node.isUp();
    await crowd(node, 20);
    lanes.push({ server, proxy, node });
  }
  return lanes;
}

async function alongEach(
  lanes: readonly Stage[],
  rounds: number,
  work: (stage: Stage, lane: number, round: number) => Promise<void>,
): Promise<void> {
  await Promise.all(
    lanes.map(async (stage, lane) => {
      for (let round = 0; round < rounds; round++) await work(stage, lane, round);
    }),
  );
  for (const { proxy } of lanes) await eventually(1_000, () => proxy.connections.open === 1);
}

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
}
