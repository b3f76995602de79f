// Owns the measurement of memory in a process of its own: idle actors are made, and what they take is printed as JSON.
// It runs with --expose-gc; a family's members, each with a key and one number as its state, after their first message.

import { sleeperAt } from './behaviours.ts';
import { localNode } from './bench-nodes.ts';

const together = 5_000;

const actors = Number(process.argv[2]);
const node = await localNode();
await node.call(sleeperAt('warm'), 'hello', null);
const before = await settled();
for (let made = 0; made < actors; made += together) {
  const calls = Array.from({ length: Math.min(together, actors - made) }, (_, i) =>
    node.call(sleeperAt(`k${made + i}`), 'hello', null),
  );
  await Promise.all(calls);
}
const after = await settled();
const each = (bytes: number) => bytes / actors;
process.stdout.write(JSON.stringify({ heap: each(after.heap - before.heap), rss: each(after.rss - before.rss) }));
process.exit(0);

async function settled(): Promise<{ readonly heap: number; readonly rss: number }> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc?.();
  }
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed, rss };
}
