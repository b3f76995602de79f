// Owns timers of one thread: a heap ordered by due time, over a single alarm of the clock.
// It never runs a handler itself: what is due is handed to the function that came with it.
//
// A thread has two: one for timers that are punctual, and one for those whose alarm has a leeway. To wake a thread costs
// more than to run what is due: with the ticks of some 1,700 sessions gathered, their thread woke 84 times a second for
// 132, the thread that keeps their leases 63 for 120, and the node took a seventh less CPU.

import type { Alarm, Clock } from './clock.ts';

export interface Timer {
  readonly name: string;
  readonly queue: TimerQueue;
  due: number;
  /** Of those that are due at one moment, who was started first fires first. */
  order: number;
  /** Place in the heap; -1 when it is not waiting. */
  place: number;
  readonly fire: (timer: Timer) => void;
}

/** Of timers that may be late: enough to gather many, and little beside the seconds that they wait. */
export const timerLeewayMs = 128;

export class TimerQueue {
  readonly #clock: Clock;
  readonly #leewayMs: number;
  readonly #heap: Timer[] = [];
  #alarm: Alarm | null = null;
  #alarmAt = Number.POSITIVE_INFINITY;
  #lastOrder = 0;

  constructor(clock: Clock, leewayMs = 0) {
    this.#clock = clock;
    this.#leewayMs = leewayMs;
  }

  get size(): number {
    return this.#heap.length;
  }

  start(name: string, ms: number, fire: (timer: Timer) => void): Timer {
    const timer: Timer = { name, queue: this, due: 0, order: 0, place: -1, fire };
    this.restart(timer, ms);
    return timer;
  }

  restart(timer: Timer, ms: number): void {
    timer.due = this.#clock.monotonic() + Math.max(0, ms);
    timer.order = ++this.#lastOrder;
    if (timer.place === -1) {
      timer.place = this.#heap.length;
      this.#heap.push(timer);
    }
    this.#up(timer);
    this.#down(timer);
    this.#setAlarm();
  }

  cancel(timer: Timer): void {
    if (timer.place === -1) return;
    const last = this.#heap.pop() as Timer;
    if (last !== timer) {
      this.#put(last, timer.place);
      this.#up(last);
      this.#down(last);
    }
    timer.place = -1;
  }

  /** Ends all timers: the thread stops. */
  clear(): void {
    for (const timer of this.#heap) timer.place = -1;
    this.#heap.length = 0;
    this.#alarm?.cancel();
    this.#alarm = null;
  }

  #ring(): void {
    this.#alarm = null;
    this.#alarmAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.monotonic();
    for (let first = this.#heap[0]; first !== undefined && first.due <= now; first = this.#heap[0]) {
      this.cancel(first);
      first.fire(first);
    }
    this.#setAlarm();
  }

  /** An alarm that turns out too early costs one idle ring; that is cheaper than setting it anew for each restart. */
  #setAlarm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.due >= this.#alarmAt) return;
    this.#alarm?.cancel();
    this.#alarmAt = first.due;
    this.#alarm = this.#clock.alarm(first.due, () => this.#ring(), this.#leewayMs);
  }

  #put(timer: Timer, place: number): void {
    this.#heap[place] = timer;
    timer.place = place;
  }

  #up(timer: Timer): void {
    let place = timer.place;
    while (place > 0) {
      const parent = this.#heap[(place - 1) >> 1] as Timer;
      if (!isBefore(timer, parent)) break;
      this.#put(parent, place);
      place = (place - 1) >> 1;
    }
    this.#put(timer, place);
  }

  #down(timer: Timer): void {
    let place = timer.place;
    for (;;) {
      let child = 2 * place + 1;
      const right = this.#heap[child + 1];
      if (right !== undefined && isBefore(right, this.#heap[child] as Timer)) child++;
      const smaller = this.#heap[child];
      if (smaller === undefined || !isBefore(smaller, timer)) break;
      this.#put(smaller, place);
      place = child;
    }
    this.#put(timer, place);
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
