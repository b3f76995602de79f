// Owns the ten lines of README.md: this module is the program, and also what each of its threads loads.
// It never shares an object between threads: what crosses them is plain data.

import { isMainThread, threadId } from 'node:worker_threads';
import { defineBehaviour, keyed, reply, startNode, threadMain } from 'parla/runtime';

const add = (items, item) => reply({ items: items.push(item), thread: threadId });
const cart = defineBehaviour({ name: 'cart', init: () => [], calls: { add }, casts: {} });
export const runThread = threadMain([cart]);

if (isMainThread) {
  const families = [{ family: 'carts', behaviour: 'cart' }];
  const node = await startNode({ threadEntry: import.meta.url, behaviours: [cart], families, schedulers: 3 });
  for (const key of ['ann', 'ben', 'tom', 'ann']) console.log(key, await node.call(keyed('carts', key), 'add', 'tea'));
  await node.stop();
}
