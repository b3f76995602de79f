// Owns the anchor of the benchmark `faults`, in a process of its own: bare worker threads begin and are lost as often.
// What Node and the allocator themselves keep of a lost thread is seen here, without anything of Parla.
//
//   node bare-lives.ts ROUNDS    prints what each round left behind, as one JSON document

import { Worker } from 'node:worker_threads';
import { countLeftovers, type Leftovers } from './leftovers.ts';
import { bufferBytesMax, heapBytesMax } from './victim.ts';

const mib = 1024 ** 2;

/** Each is ended from outside if it does not end itself. */
const ends = [
  'process.exit(3)',
  'for (;;);',
  'setTimeout(() => { throw new Error(); })',
  `globalThis.hoard = Buffer.alloc(${bufferBytesMax}, 1)`,
  'const hoard = []; for (;;) hoard.push(Array.from({ length: 10_000 }, (_, i) => i + 0.5))',
];

async function loseOne(round: number): Promise<void> {
  const end = ends[round % ends.length] ?? '';
  const source = `
    const { parentPort } = require('node:worker_threads');
    parentPort.once('message', () => { parentPort.postMessage('begins'); setImmediate(() => { ${end} }); });
    import(${JSON.stringify(import.meta.resolve('./thread.ts'))}).then(() => parentPort.postMessage('up'));
    setInterval(() => {}, 1_000);`;
  const worker = new Worker(source, {
    eval: true,
    resourceLimits: { maxOldGenerationSizeMb: heapBytesMax / mib },
  });
  worker.on('error', () => undefined);
  const gone = new Promise((resolve) => worker.once('exit', resolve));
  await new Promise((resolve) => worker.once('message', resolve));
  worker.postMessage('go');
  await new Promise((resolve) => worker.once('message', resolve));
  const endsItself = round % ends.length === 0 || end.includes('throw') || end.includes('hoard.push');
  if (!endsItself) await worker.terminate();
  await gone;
}

const rounds = Number(process.argv[2]);
// As text, so that what is kept here adds no object.
const left: string[] = [];
for (let round = 0; round < rounds; round++) {
  await loseOne(round);
  left.push(JSON.stringify(countLeftovers() satisfies Leftovers));
}
process.stdout.write(`[${left.join()}]\n`);
