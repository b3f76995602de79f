// Owns a node on real threads for the runtime's tests, with what happened to its threads and its log.
// Waiting is for an event of the node, never for a time.

import type { TestContext } from 'node:test';
import {
  type ActorNode,
  type ChildSpec,
  type FamilySpec,
  type LogLine,
  type NodeOptions,
  startNode,
  type ThreadEvent,
} from '../../runtime/mod.ts';
import { testBehaviours } from './runtime-behaviours.ts';

export const counters: FamilySpec = { family: 'counters', behaviour: 'counter', args: { from: 0 } };

export interface ThreadedStage {
  readonly node: ActorNode;
  readonly log: LogLine[];
  readonly events: ThreadEvent[];
  /** Resolves at the next event of this type for this thread. */
  next(type: ThreadEvent['type'], index: number): Promise<ThreadEvent>;
}

export async function threadedStage(
  context: TestContext,
  children: readonly ChildSpec[],
  more: Partial<NodeOptions> = {},
): Promise<ThreadedStage> {
  const log: LogLine[] = [];
  const events: ThreadEvent[] = [];
  const waiting: ((event: ThreadEvent) => void)[] = [];
  const node = await startNode({
    node: 'test',
    threadEntry: new URL('./runtime-thread.ts', import.meta.url).href,
    behaviours: testBehaviours,
    schedulers: 2,
    gates: [],
    families: [counters],
    tree: { strategy: 'oneForOne', intensity: 100, children },
    log: (line) => log.push(line),
    onThread: (event) => {
      events.push(event);
      for (const hear of [...waiting]) hear(event);
    },
    ...more,
  });
  // Even when the test fails: a thread that is left would keep the test's process alive.
  context.after(() => node.stop());
  const next = (type: ThreadEvent['type'], index: number) =>
    new Promise<ThreadEvent>((resolve) => {
      const hear = (event: ThreadEvent) => {
        if (event.type !== type || event.index !== index) return;
        waiting.splice(waiting.indexOf(hear), 1);
        resolve(event);
      };
      waiting.push(hear);
    });
  return { node, log, events, next };
}

/** A key of the family that lives on this thread: the first, or the one after so many others. */
export function keyOn(node: ActorNode, thread: number, others = 0): string {
  let left = others;
  for (let i = 0; ; i++) {
    if (node.threadOf(`key${i}`) === thread && left-- === 0) return `key${i}`;
  }
}

/** Asks again until the answer is as wanted; the end of patience is an error with the last answer. */
export async function eventually<T>(
  ask: () => Promise<T>,
  wanted: (answer: T) => boolean,
  patienceMs = 5_000,
): Promise<T> {
  const betweenMs = 10;
  const end = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (performance.now() > end) throw new Error(`still ${JSON.stringify(answer)} after ${patienceMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, betweenMs));
  }
}
