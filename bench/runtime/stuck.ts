// Owns one measurement: a thread is stuck in an endless loop, and its actors are asked until all of them answer again.
// The node is its own, with a watchdog of 50 ms; a watchdog ends one thread a second at most, so each round is a new node.

import type { ActorNode } from '../../runtime/mod.ts';
import { sleep } from '../wait.ts';
import { sleeperAt } from './behaviours.ts';
import { keyOn, threadedNode } from './bench-nodes.ts';

const watchdogMs = 50;
const stuckThread = 1;
/** A node that has been up for so long has its spare thread, rehearsed. */
const settledMs = 1_500;

/**
 * Milliseconds from the message that sticks to the answer of the last of so many actors. One of them is asked until the
 * loss is known, and then all: thousands of calls under way before keep the edge busy, and the watchdog lives there.
 */
export async function stuckToAnswering(actors: number): Promise<number> {
  const node = await threadedNode({ threadStuckMs: watchdogMs });
  try {
    const keys: string[] = [];
    for (let i = 0; keys.length < actors; i++) {
      if (node.threadOf(`k${i}`) === stuckThread) keys.push(`k${i}`);
    }
    const culprit = keyOn(node, stuckThread);
    await allAnswer(node, [...keys, culprit]);
    await sleep(settledMs);
    const started = performance.now();
    node.cast(sleeperAt(culprit), 'spin', null);
    await allAnswer(node, keys.slice(0, 1));
    await allAnswer(node, keys);
    return performance.now() - started;
  } finally {
    await node.stop();
  }
}

/** Whoever gets no answer asks again: `threadLost` is retryable. */
async function allAnswer(node: ActorNode, keys: readonly string[]): Promise<void> {
  let unanswered = keys;
  while (unanswered.length > 0) {
    const results = await Promise.all(unanswered.map((key) => node.call(sleeperAt(key), 'hello', null)));
    unanswered = unanswered.filter((_, i) => results[i]?.ok !== true);
  }
}
