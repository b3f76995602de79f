// Owns time as the operator's edge sees it, so that tests can bring their own.
// It never keeps the process alive by a timer.

export interface EdgeClock {
  /** Wall clock, milliseconds since 1970. */
  now(): number;
  /** Milliseconds that only go forward. */
  monotonic(): number;
  /** Runs `action` once; the answer takes it back. */
  after(ms: number, action: () => void): () => void;
}

export const realClock: EdgeClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
