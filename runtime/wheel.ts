// Owns the coarse deadlines of one thread (calls, async handlers): a wheel of linked slots under one alarm.
// Setting and clearing cost a few pointer writes, because almost every deadline is cleared long before it is due.
//
//   slot:   0        1        2     ...  1023        each slot 16 ms wide
//           |        |        |
//           d <-> d  -        d <-> d <-> d          a deadline beyond one round stays for the next
//
// After a stall (a busy loop, a stopped process) timers fire before the answers that wait in the socket or port are
// read. So an expiry is not believed at once: two turns of the event loop pass before what is still there is expired.

import type { Alarm, Clock } from './clock.ts';

const slotMs = 16;
const slotCount = 1_024;
const turnsBeforeExpiry = 2;

/** Declared and set, no field of the class, here and in what extends it: V8 inlines a `super()` only then, 40 ns of an ask. */
export abstract class Deadline {
  declare due: number;
  declare before: Deadline | null;
  declare after: Deadline | null;
  declare slot: number;

  constructor(due = 0) {
    this.due = due;
    this.before = null;
    this.after = null;
    this.slot = -1;
  }

  abstract expire(): void;
}

export class DeadlineWheel {
  readonly #clock: Clock;
  readonly #slots: (Deadline | null)[] = new Array(slotCount).fill(null);
  #size = 0;
  #alarm: Alarm | null = null;
  #alarmAt = Number.POSITIVE_INFINITY;
  /** Everything due before this has been looked at. */
  #sweptTo: number;
  #turnsLeft = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sweptTo = clock.monotonic();
  }

  get size(): number {
    return this.#size;
  }

  /** True between an alarm and its expiries. */
  get deciding(): boolean {
    return this.#turnsLeft > 0;
  }

  add(deadline: Deadline, due: number): void {
    const from = Math.max(due, this.#sweptTo);
    const slot = Math.floor(from / slotMs) & (slotCount - 1);
    const first = this.#slots[slot] ?? null;
    deadline.due = due;
    deadline.slot = slot;
    deadline.before = null;
    deadline.after = first;
    if (first !== null) first.before = deadline;
    this.#slots[slot] = deadline;
    this.#size++;
    if (from < this.#alarmAt) this.#setAlarm(from);
  }

  remove(deadline: Deadline): void {
    if (deadline.slot === -1) return;
    if (deadline.before === null) this.#slots[deadline.slot] = deadline.after;
    else deadline.before.after = deadline.after;
    if (deadline.after !== null) deadline.after.before = deadline.before;
    deadline.slot = -1;
    deadline.before = null;
    deadline.after = null;
    this.#size--;
  }

  clear(): void {
    this.#alarm?.cancel();
    this.#alarm = null;
    this.#turnsLeft = 0;
    this.#slots.fill(null);
    this.#size = 0;
  }

  #setAlarm(at: number): void {
    this.#alarm?.cancel();
    this.#alarmAt = at;
    this.#alarm = this.#clock.alarm(at, () => {
      this.#alarm = null;
      const believed = this.#clock.monotonic();
      this.#turnsLeft = turnsBeforeExpiry;
      setImmediate(() => this.#decide(believed));
    });
  }

  #decide(now: number): void {
    if (this.#turnsLeft === 0) return;
    this.#turnsLeft--;
    if (this.#turnsLeft > 0) {
      setImmediate(() => this.#decide(now));
      return;
    }
    for (const deadline of this.#take(now)) deadline.expire();
    this.#alarmAt = Number.POSITIVE_INFINITY;
    const next = this.#nextDue();
    if (next !== null) this.#setAlarm(next);
  }

  #take(now: number): Deadline[] {
    const due: Deadline[] = [];
    const first = Math.floor(this.#sweptTo / slotMs);
    const last = Math.min(Math.floor(now / slotMs), first + slotCount - 1);
    for (let tick = first; tick <= last; tick++) {
      let deadline = this.#slots[tick & (slotCount - 1)] ?? null;
      while (deadline !== null) {
        const after: Deadline | null = deadline.after;
        if (deadline.due <= now) {
          this.remove(deadline);
          due.push(deadline);
        }
        deadline = after;
      }
    }
    this.#sweptTo = Math.max(now, this.#sweptTo);
    return due;
  }

  /** The first due time after now that some slot may hold; at most one round away. */
  #nextDue(): number | null {
    if (this.#size === 0) return null;
    const first = Math.floor(this.#sweptTo / slotMs);
    for (let tick = first; tick < first + slotCount; tick++) {
      let earliest = Number.POSITIVE_INFINITY;
      for (let d = this.#slots[tick & (slotCount - 1)] ?? null; d !== null; d = d.after) {
        earliest = Math.min(earliest, d.due);
      }
      if (earliest < (tick + 1) * slotMs) return Math.max(earliest, this.#sweptTo);
    }
    return (first + slotCount) * slotMs;
  }
}
