// Owns a crowd before a memcached that is not there: 50,000 reads and writes at once, in a process of their own.
// It prints what they came to; the test runner's own hooks on every promise would be most of the time.

import { MemcachedServer } from '../../stores/memcached/server.ts';
import { freePort } from './backends/mod.ts';
import { sessionCopy } from './cache-conformance.ts';
import { heapBytes } from './heap.ts';

export interface Crowd {
  readonly settled: number;
  readonly hits: number;
  readonly tookMs: number;
  /** The same on a machine of its own: nothing is waited for but this process. */
  readonly cpuMs: number;
  readonly heapBytesGrown: number;
  readonly pending: number;
}

async function crowd(): Promise<Crowd> {
  const port = await freePort();
  const server = new MemcachedServer({
    ...{ host: '127.0.0.1', port, prefix: '', newEpoch: () => 'e', doubtful: false, now: Date.now },
  });
  const body = sessionCopy({ page: { url: 'x'.repeat(1_000), title: '' } });
  const value = { body, stamp: body, ttlMs: 60_000 };
  const before = heapBytes();
  const start = performance.now();
  const used = process.cpuUsage();
  const calls = Array.from({ length: 25_000 }, (_, call) => [server.put(`s${call}`, value), server.read(`s${call}`)]);
  const results = await Promise.all(calls.flat());
  const tookMs = performance.now() - start;
  const { user, system } = process.cpuUsage(used);
  const hits = results.filter((result) => ('kept' in result ? result.kept : result.copy !== null)).length;
  const settled = results.length;
  for (const held of [calls, results]) held.length = 0;
  const { pending } = server.status();
  server.close();
  return { settled, hits, tookMs, cpuMs: (user + system) / 1_000, heapBytesGrown: heapBytes() - before, pending };
}

process.stdout.write(JSON.stringify(await crowd()));
