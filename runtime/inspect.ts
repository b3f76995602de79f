// Owns the figures that one thread tells about itself.
// It never stops the thread to count: everything is a number that is kept anyway, or one pass over the actors.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { Details } from './detail.ts';
import type { InspectOptions } from './inspection.ts';
import type { ThreadInspection } from './node-options.ts';
import type { ActorThread } from './thread.ts';

/**
 * A look is a wake-up: at 20 ms, Node's usual figure, five idle threads took twice the CPU that they take now. A delay
 * shorter than this is seen when a look falls into it, longer ones always.
 */
const loopDelayResolutionMs = 100;

/** Measures the thread that calls it. The longest delay is that since the last inspection. */
export function inspector(thread: ActorThread): (options: InspectOptions) => ThreadInspection {
  const details = new Details(thread);
  const delay = monitorEventLoopDelay({ resolution: loopDelayResolutionMs });
  delay.enable();
  return ({ actorsTop = 0 }) => {
    const loopDelayMaxMs = Math.max(0, delay.max / 1e6 - loopDelayResolutionMs);
    delay.reset();
    const detail = actorsTop > 0 ? details.look(actorsTop) : null;
    return { ...inspectActors(thread), ...inspectMemory(), loopDelayMaxMs, detail };
  };
}

function inspectActors(thread: ActorThread) {
  const behaviours: { [name: string]: number } = {};
  for (const { behaviour } of thread.processes.values()) {
    behaviours[behaviour.name] = (behaviours[behaviour.name] ?? 0) + 1;
  }
  const { messages, mailboxLongest, crashes, deadLetters, dropped } = thread.stats;
  thread.stats.mailboxLongest = 0;
  return {
    thread: thread.name,
    index: thread.thread,
    incarnation: thread.incarnation,
    actors: thread.processes.size,
    messages,
    mailboxLongest,
    crashes,
    deadLetters,
    dropped,
    behaviours,
    counters: thread.stats.counters(),
  };
}

function inspectMemory() {
  const { user, system } = process.threadCpuUsage();
  return {
    heapBytes: getHeapStatistics().used_heap_size,
    bufferBytes: process.memoryUsage().arrayBuffers,
    cpuMs: (user + system) / 1_000,
  };
}
