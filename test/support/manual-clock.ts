// Owns a clock that stands still until a test moves it: timers fire in order of time, and what waits for the end of a turn
// runs when the test says so. It never sleeps.

import type { Cancel, Clock } from '../../rpc/mod.ts';

interface Timer {
  at: number;
  readonly everyMs: number | null;
  readonly run: () => void;
}

export class ManualClock implements Clock {
  #now = 1_000;
  readonly #timers = new Set<Timer>();
  #turn: (() => void)[] = [];
  /** Saturday, 21 November 2026, noon UTC, and as many milliseconds as were moved since. */
  readonly #start = Date.UTC(2026, 10, 21, 12);

  wall(): number {
    return this.#start + this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): Cancel {
    return this.#add({ at: this.#now + ms, everyMs: null, run });
  }

  every(ms: number, run: () => void): Cancel {
    return this.#add({ at: this.#now + ms, everyMs: ms, run });
  }

  soon(run: () => void): void {
    this.#turn.push(run);
  }

  /** One turn of the loop: false when nothing waited for it. */
  turn(): boolean {
    const waiting = this.#turn;
    this.#turn = [];
    for (const run of waiting) run();
    return waiting.length > 0;
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next !== null; next = this.#next(end)) {
      this.#now = next.at;
      if (next.everyMs === null) this.#timers.delete(next);
      else next.at += next.everyMs;
      next.run();
    }
    this.#now = end;
  }

  #add(timer: Timer): Cancel {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  #next(end: number): Timer | null {
    const due = [...this.#timers].filter((timer) => timer.at <= end);
    return due.sort((a, b) => a.at - b.at)[0] ?? null;
  }
}
