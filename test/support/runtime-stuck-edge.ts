// Owns a process of its own whose edge thread gets stuck, for the test of the watch over the edge.
// It never ends by itself.

import { startNode } from '../../runtime/mod.ts';
import { testBehaviours } from './runtime-behaviours.ts';

await startNode({
  node: 'stuck',
  threadEntry: new URL('./runtime-thread.ts', import.meta.url).href,
  behaviours: testBehaviours,
  schedulers: 1,
  gates: [],
  families: [],
  tree: { strategy: 'oneForOne', children: [] },
  threadStuckMs: 200,
  edgeStuckMs: 400,
});
process.stdout.write('up\n');
setTimeout(() => {
  for (;;);
}, 10);
