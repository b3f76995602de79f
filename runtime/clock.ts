// Owns time and chance as the runtime sees them, so that a test can hold both still.
// No actor gets time or chance from elsewhere; only the watch over threads goes by the machine's time.

import { randomBytes } from 'node:crypto';
// Not the global one, which is looked up by a getter at each use: half of what a look at the clock costs.
import { performance } from 'node:perf_hooks';

/** One ring that a clock was asked for. */
export interface Alarm {
  cancel(): void;
}

/** Where a node reads time: `systemClock` in earnest, a clock that a test moves in `startLocal`. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. */
  now(): number;
  /** Monotonic milliseconds, comparable between the threads of one process: deadlines travel as they are. */
  monotonic(): number;
  /**
   * Rings once, not before this monotonic time. With a leeway in ms it may ring that much later, so that many alarms
   * share one waking of the thread; a clock that a test moves needs none.
   */
  alarm(at: number, ring: () => void, leewayMs?: number): Alarm;
}

export interface Chance {
  random(): number;
  randomBytes(length: number): Uint8Array;
}

/** The longest wait that a Node timer takes; a later alarm rings early and is set again by its owner. */
const timerWaitMaxMs = 2 ** 31 - 1;

/** The machine's time. Its monotonic time is the same on every thread of the process. */
export function systemClock(): Clock {
  // performance.now() counts from the start of its own thread; hrtime is one clock for the whole process.
  const offset = Number(process.hrtime.bigint()) / 1e6 - performance.now();
  const monotonic = () => performance.now() + offset;
  return {
    now: Date.now,
    monotonic,
    alarm(at, ring, leewayMs = 0) {
      const due = leewayMs > 0 ? Math.ceil(at / leewayMs) * leewayMs : at;
      const wait = Math.min(Math.max(0, Math.ceil(due - monotonic())), timerWaitMaxMs);
      const timer = setTimeout(ring, wait);
      return { cancel: () => clearTimeout(timer) };
    },
  };
}

export function systemChance(): Chance {
  return { random: Math.random, randomBytes: (length) => randomBytes(length) };
}
