// Owns the anchor of the benchmark `faults`, in a process of its own: bare worker threads begin and are lost as often.
// What Node, the allocator and the kernel make of a lost thread is seen here, without anything of Parla.
//
//   node bare-lives.ts ROUNDS FAULTS    prints what each round did, as one JSON document

import { Worker } from 'node:worker_threads';
import { sleep } from '../wait.ts';
import { countLeftovers, type Leftovers } from './leftovers.ts';
import { type Stall, watchStall } from './stall-watch.ts';
import { bufferBytesMax, type FaultName, heapBytesMax, nativeRounds } from './victim.ts';

export interface BareRound {
  readonly fault: FaultName;
  readonly stall: Stall;
  readonly left: Leftovers;
}

interface End {
  readonly does: string;
  /** It does not end by itself. */
  readonly terminated?: boolean;
}

const mib = 1024 ** 2;
/** As long as the benchmark's watchdog waits. */
const terminatedAfterMs = 100;
const failuresToStart = 3;

const ends: { readonly [N in FaultName]: End } = {
  spin: { does: 'for (;;);', terminated: true },
  throwLater: { does: 'setTimeout(() => { throw new Error(); })' },
  backtrack: { does: '/^(a+)+$/.test("a".repeat(60) + "!")', terminated: true },
  rejectLater: { does: 'Promise.reject(new Error())' },
  wait: { does: 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)', terminated: true },
  exitProcess: { does: 'process.exit(3)' },
  native: {
    does: `require("node:crypto").pbkdf2Sync("p", "s", ${nativeRounds}, 32, "sha256")`,
    terminated: true,
  },
  failToStart: { does: 'process.exit(3)' },
  buffers: { does: `globalThis.hoard = Buffer.alloc(${bufferBytesMax}, 1)`, terminated: true },
  heap: { does: 'const hoard = []; for (;;) hoard.push(Array.from({ length: 10_000 }, (_, i) => i + 0.5))' },
};

async function loseOne(fault: FaultName): Promise<void> {
  for (let i = 0; fault === 'failToStart' && i < failuresToStart; i++) await begin('throw new Error()').gone;
  const { does, terminated = false } = ends[fault];
  const { worker, gone } = begin(`
    const { parentPort } = require('node:worker_threads');
    parentPort.once('message', () => { parentPort.postMessage('begins'); setImmediate(() => { ${does} }); });
    import(${JSON.stringify(import.meta.resolve('./thread.ts'))}).then(() => parentPort.postMessage('up'));
    setInterval(() => {}, 1_000);`);
  await new Promise((resolve) => worker.once('message', resolve));
  worker.postMessage('go');
  await new Promise((resolve) => worker.once('message', resolve));
  if (terminated) {
    await sleep(terminatedAfterMs);
    await worker.terminate();
  }
  await gone;
}

function begin(source: string): { readonly worker: Worker; readonly gone: Promise<unknown> } {
  const worker = new Worker(source, { eval: true, resourceLimits: { maxOldGenerationSizeMb: heapBytesMax / mib } });
  worker.on('error', () => undefined);
  return { worker, gone: new Promise((resolve) => worker.once('exit', resolve)) };
}

const [rounds, names = ''] = process.argv.slice(2);
const faults = names.split(',') as FaultName[];
// As text, so that what is kept here adds no object.
const done: string[] = [];
for (let round = 0; round < Number(rounds); round++) {
  const fault = faults[round % faults.length] ?? 'spin';
  const stall = watchStall();
  await loseOne(fault);
  done.push(JSON.stringify({ fault, stall: stall(), left: countLeftovers() } satisfies BareRound));
}
process.stdout.write(`[${done.join()}]\n`);
