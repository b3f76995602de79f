// Owns time as a gate sees it: the machine's in earnest, one that a test moves otherwise.
// A gate waits for real sockets, so its time is the thread's own and not that of the actor around it.

import { type Clock, systemClock } from '../../runtime/mod.ts';

export interface GateClock extends Clock {
  /** Runs at the end of this turn of the loop, after its sockets were read. */
  soon(run: () => void): void;
  /** Uniform in [0, 1). */
  random(): number;
}

export function systemGateClock(): GateClock {
  return { ...systemClock(), soon: (run) => void setImmediate(run), random: Math.random };
}
