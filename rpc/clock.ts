// Owns how the edge reaches time: wall clock, monotonic clock and timers, so that every rule can be tested without waiting.
// It decides nothing; who takes a Clock never touches Date or a Node timer.

import { performance } from 'node:perf_hooks';

export type Cancel = () => void;

export interface Clock {
  /** Milliseconds since 1970. For what people read and for what others signed; never for durations. */
  wall(): number;
  /** Monotonic milliseconds. For durations and deadlines. */
  monotonic(): number;
  after(ms: number, run: () => void): Cancel;
  every(ms: number, run: () => void): Cancel;
  /** When this turn and its I/O are done: how long work is cut into slices. */
  soon(run: () => void): void;
}

export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  every: (ms, run) => {
    const timer = setInterval(run, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
  soon: (run) => {
    setImmediate(run);
  },
};

export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}
