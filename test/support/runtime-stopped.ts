// Owns a process of its own that a test stops and continues, and that tells afterwards which threads it lost.
// Its threads are at work all the while: whenever it is stopped, each is in the middle of a handler.

import { keyed, startNode } from '../../runtime/mod.ts';
import { type CounterProtocol, testBehaviours } from './runtime-behaviours.ts';
import { counters, keyOn } from './runtime-node.ts';

const lost: string[] = [];
const schedulers = 2;
const node = await startNode({
  node: 'stopped',
  threadEntry: new URL('./runtime-thread.ts', import.meta.url).href,
  behaviours: testBehaviours,
  schedulers,
  gates: [],
  families: [counters],
  tree: { strategy: 'oneForOne', children: [] },
  threadStuckMs: 200,
  edgeStuckMs: 400,
  onThread: ({ type, thread, reason }) => {
    if (type === 'lost') lost.push(`${thread}: ${reason}`);
  },
});
let isOver = false;
const work = Array.from({ length: schedulers }, async (_, i) => {
  const to = keyed<CounterProtocol>('counters', keyOn(node, i + 1));
  while (!isOver) {
    const answer = await node.call(to, 'work', { cpuMs: 60 }, { deadlineMs: 60_000 });
    if (!answer.ok) lost.push(`a call: ${answer.error.code}`);
  }
});
process.stdout.write('ready\n');
// A verdict would come within the limit of a thread or of the edge, whichever is longer.
const afterwardsMs = 1_000;
process.stdin.once('data', () => {
  setTimeout(async () => {
    isOver = true;
    await Promise.all(work);
    await node.stop();
    process.stdout.write(`${JSON.stringify(lost)}\n`);
    process.exit(0);
  }, afterwardsMs);
});
