// Owns a process of its own that a test stops and continues, and that tells afterwards which threads it lost.
// It ends when it is told to say so.

import { startNode } from '../../runtime/mod.ts';
import { testBehaviours } from './runtime-behaviours.ts';

const lost: string[] = [];
const node = await startNode({
  node: 'stopped',
  threadEntry: new URL('./runtime-thread.ts', import.meta.url).href,
  behaviours: testBehaviours,
  schedulers: 2,
  gates: [],
  families: [],
  tree: { strategy: 'oneForOne', children: [] },
  threadStuckMs: 200,
  edgeStuckMs: 400,
  onThread: ({ type, thread, reason }) => {
    if (type === 'lost') lost.push(`${thread}: ${reason}`);
  },
});
process.stdout.write('ready\n');
// A verdict would come within the limit of a thread or of the edge, whichever is longer.
const afterwardsMs = 1_000;
process.stdin.once('data', () => {
  setTimeout(async () => {
    await node.stop();
    process.stdout.write(`${JSON.stringify(lost)}\n`);
    process.exit(0);
  }, afterwardsMs);
});
