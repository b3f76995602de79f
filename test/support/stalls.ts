// Owns a watch over this thread's event loop: the longest time that it did not turn although it could have.
// The time in which a thread of this process waited for a CPU is not counted: others had it, and on a crowded machine
// the edge waits also for what such a thread holds. Where every thread has a CPU, every stall is seen.

import { existsSync, readdirSync } from 'node:fs';
import { threadTimes } from '../../runtime/thread-times.ts';

const lookEveryMs = 5;
const folder = '/proc/self/task';

/** Returns what ends the watch and tells the longest stall in milliseconds. */
export function watchStalls(): () => number {
  let last = { at: performance.now(), starved: starved() };
  let longest = 0;
  const look = () => {
    const now = { at: performance.now(), starved: starved() };
    longest = Math.max(longest, now.at - last.at - lookEveryMs - waitedBetween(last.starved, now.starved));
    last = now;
  };
  const looking = setInterval(look, lookEveryMs);
  return () => {
    look();
    clearInterval(looking);
    return longest;
  };
}

/** By thread: milliseconds so far; empty where the system does not tell. */
function starved(): ReadonlyMap<number, number> {
  const tasks = existsSync(folder) ? readdirSync(folder).map(Number) : [];
  return new Map(tasks.map((task) => [task, threadTimes(task)?.starvedMs ?? 0]));
}

function waitedBetween(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): number {
  return [...after].reduce((sum, [task, ms]) => sum + Math.max(0, ms - (before.get(task) ?? ms)), 0);
}
