// Owns how long this thread's loop stood still at most, and for how much of that it worked, or was ready and had no CPU.
// It does not say who had the CPUs: the idle process and the bare threads beside the benchmark do.

import { type ThreadTimes, threadTimes } from '../../runtime/thread-times.ts';

export interface Stall {
  readonly ms: number;
  readonly withoutCpuMs: number;
  /** What is in neither waited for something: a lock, a page, the end of a thread. */
  readonly onCpuMs: number;
}

const lookEveryMs = 1;

/** Returns what ends the watch and tells the longest stall. Of the main thread: its task has the process's number. */
export function watchStall(): () => Stall {
  // The times around the clock's: what befalls this thread between the two is told as well.
  let before = times();
  let at = performance.now();
  let longest: Stall = { ms: 0, withoutCpuMs: 0, onCpuMs: 0 };
  const look = () => {
    const now = performance.now();
    const after = times();
    const ms = now - at - lookEveryMs;
    if (ms > longest.ms)
      longest = {
        ms,
        withoutCpuMs: Math.min(ms, after.starvedMs - before.starvedMs),
        onCpuMs: Math.min(ms, after.cpuMs - before.cpuMs),
      };
    before = after;
    at = performance.now();
  };
  const looking = setInterval(look, lookEveryMs);
  return () => {
    look();
    clearInterval(looking);
    return longest;
  };
}

function times(): ThreadTimes {
  return threadTimes(process.pid) ?? { cpuMs: 0, starvedMs: 0 };
}
