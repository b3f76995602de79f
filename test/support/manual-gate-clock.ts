// Owns a gate's time in a test's hand: alarms ring when the test moves it, turns of the loop end when it says so.
// It never sleeps, and its chance is always the same.

import type { Alarm } from '../../runtime/mod.ts';
import type { GateClock } from '../../stores/gate/mod.ts';

interface Ring {
  readonly at: number;
  readonly ring: () => void;
}

export class ManualGateClock implements GateClock {
  #monotonic = 1_000;
  readonly #rings = new Set<Ring>();
  #turn: (() => void)[] = [];

  now(): number {
    return Date.UTC(2026, 10, 21, 12) + this.#monotonic;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** Never shortens a rest. */
  random(): number {
    return 0;
  }

  alarm(at: number, ring: () => void): Alarm {
    const one = { at, ring };
    this.#rings.add(one);
    return { cancel: () => void this.#rings.delete(one) };
  }

  soon(run: () => void): void {
    this.#turn.push(run);
  }

  get alarms(): number {
    return this.#rings.size;
  }

  /** Time passes, and between two rings the loop goes round as often as anybody waits for it. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await this.settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#monotonic = Math.max(this.#monotonic, next.at);
      this.#rings.delete(next);
      next.ring();
      await this.settle();
    }
    this.#monotonic = end;
  }

  /** The loop stood still for so long: every alarm is late, and no turn has ended yet. */
  stall(ms: number): void {
    const end = this.#monotonic + ms;
    const late = [...this.#rings].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
    this.#monotonic = end;
    for (const one of late) if (this.#rings.delete(one)) one.ring();
  }

  /** Promises, then turns, until nothing waits. */
  async settle(): Promise<void> {
    await microtasks();
    while (this.#turn.length > 0) {
      const turn = this.#turn;
      this.#turn = [];
      for (const run of turn) run();
      await microtasks();
    }
  }

  #next(end: number): Ring | undefined {
    return [...this.#rings].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

/** After a turn of the real loop every promise that could settle has. */
function microtasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
