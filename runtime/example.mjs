// Owns the ten lines of README.md: this module is the program, and also what each of its threads loads.
// It never shares an object between threads: what crosses them is plain data.

import { isMainThread, threadId } from 'node:worker_threads';
import { defineBehaviour, keyed, reply, startNode, threadMain } from 'parla/runtime';

const add = (items, item) => reply({ items: items.push(item), thread: threadId });
const basket = defineBehaviour({ name: 'basket', init: () => [], calls: { add }, casts: {} });
export const runThread = threadMain([basket]);

if (isMainThread) {
  const families = [{ family: 'baskets', behaviour: 'basket' }];
  const node = await startNode({ threadEntry: import.meta.url, behaviours: [basket], families, schedulers: 3 });
  for (const key of ['anna', 'ben', 'anna']) console.log(key, await node.call(keyed('baskets', key), 'add', 'pear'));
  await node.stop();
}
