// Owns how long this thread's loop stood still at most, and for how much of that it was ready and had no CPU.
// It does not say who had the CPUs: the idle process and the bare threads beside the benchmark do.

import { threadTimes } from '../../runtime/thread-times.ts';

export interface Stall {
  readonly ms: number;
  readonly withoutCpuMs: number;
}

const lookEveryMs = 1;

/** Returns what ends the watch and tells the longest stall. Of the main thread: its task has the process's number. */
export function watchStall(): () => Stall {
  let at = performance.now();
  let starvedMs = starved();
  let longest: Stall = { ms: 0, withoutCpuMs: 0 };
  const look = () => {
    const now = performance.now();
    const starvedNow = starved();
    const ms = now - at - lookEveryMs;
    if (ms > longest.ms) longest = { ms, withoutCpuMs: Math.min(ms, starvedNow - starvedMs) };
    at = performance.now();
    starvedMs = starvedNow;
  };
  const looking = setInterval(look, lookEveryMs);
  return () => {
    look();
    clearInterval(looking);
    return longest;
  };
}

function starved(): number {
  return threadTimes(process.pid)?.starvedMs ?? 0;
}
