// Owns the calls that wait and the moment at which each of them has waited too long, over one alarm.
// It never believes a timer alone: after a stall timers run before sockets are read.
//
//   alarm -> due calls -> one turn -> one more turn -> those still there have expired
//
// A loop that was blocked for longer than a deadline finds the answers of a healthy backend in its sockets: they are
// read in the turns between (measured: without them, 200 of 200 calls expired falsely; with them none).

import type { Alarm } from '../../runtime/mod.ts';
import type { GateClock } from './clock.ts';

export interface Waiting {
  /** Monotonic. */
  dueAt: number;
}

export class Deadlines<Call extends Waiting> {
  readonly #clock: GateClock;
  readonly #expired: (calls: readonly Call[]) => void;
  readonly #calls = new Set<Call>();
  #alarm: Alarm | null = null;
  #alarmAt = Number.POSITIVE_INFINITY;

  constructor(clock: GateClock, expired: (calls: readonly Call[]) => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** For a call that is there already: its time was changed. */
  watch(call: Call): void {
    this.#calls.add(call);
    // An alarm that turns out too early costs one idle ring; that is cheaper than one timer for each call.
    if (call.dueAt >= this.#alarmAt) return;
    this.#alarm?.cancel();
    this.#alarmAt = call.dueAt;
    this.#alarm = this.#clock.alarm(call.dueAt, () => this.#ring());
  }

  /** False when it did not wait any more. */
  done(call: Call): boolean {
    return this.#calls.delete(call);
  }

  all(): readonly Call[] {
    return [...this.#calls];
  }

  clear(): void {
    this.#calls.clear();
    this.#alarm?.cancel();
    this.#alarm = null;
    this.#alarmAt = Number.POSITIVE_INFINITY;
  }

  #ring(): void {
    this.#alarm = null;
    this.#alarmAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.monotonic();
    const due: Call[] = [];
    let next: Call | null = null;
    for (const call of this.#calls) {
      if (call.dueAt <= now) due.push(call);
      else if (next === null || call.dueAt < next.dueAt) next = call;
    }
    if (next !== null) this.watch(next);
    if (due.length === 0) return;
    this.#clock.soon(() => this.#clock.soon(() => this.#decide(due)));
  }

  #decide(due: readonly Call[]): void {
    const now = this.#clock.monotonic();
    // One that was given more time since is not due any more.
    const silent = due.filter((call) => this.#calls.has(call) && call.dueAt <= now);
    if (silent.length > 0) this.#expired(silent);
  }
}
