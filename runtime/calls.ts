// Owns the calls that this thread waits for: who asked, until when, and from which life of which thread the answer comes.
// An answer to a call that is not here any more is dropped, so a late answer is never mistaken for another's.

import { failed } from './failures.ts';
import type { Process } from './process.ts';
import type { Result } from './result.ts';
import { SerialTable } from './serial-table.ts';
import { Deadline, type DeadlineWheel } from './wheel.ts';

export type Settle = (result: Result<unknown>) => void;

export interface CallRoute {
  /** The thread that will answer, and its life. */
  readonly thread: number;
  readonly incarnation: number;
  /** Monotonic milliseconds. */
  readonly deadline: number;
  /** Whose call it is: it is forgotten when that actor ends. */
  readonly process: Process | null;
}

class PendingCall extends Deadline {
  readonly ref: number;
  readonly route: CallRoute;
  readonly settle: Settle;
  readonly #calls: Calls;

  constructor(calls: Calls, ref: number, route: CallRoute, settle: Settle) {
    super();
    this.#calls = calls;
    this.ref = ref;
    this.route = route;
    this.settle = settle;
  }

  override expire(): void {
    this.#calls.expired(this);
  }
}

export class Calls {
  readonly #wheel: DeadlineWheel;
  readonly #pending = new SerialTable<PendingCall>();
  #lastRef = 0;
  timeouts = 0;
  late = 0;

  constructor(wheel: DeadlineWheel) {
    this.#wheel = wheel;
  }

  get size(): number {
    return this.#pending.size;
  }

  nextRef(): number {
    return ++this.#lastRef;
  }

  open(route: CallRoute, settle: Settle): number {
    const ref = this.nextRef();
    const pending = new PendingCall(this, ref, route, settle);
    this.#pending.set(ref, pending);
    this.#wheel.add(pending, route.deadline);
    if (route.process !== null) route.process.asking++;
    return ref;
  }

  /** False when nobody waits any more. */
  settle(ref: number, result: Result<unknown>): boolean {
    const pending = this.#pending.get(ref);
    if (pending === undefined) {
      this.late++;
      return false;
    }
    this.#close(pending);
    pending.settle(result);
    return true;
  }

  expired(pending: PendingCall): void {
    this.timeouts++;
    this.#close(pending);
    pending.settle(failed('timeout', 'no answer within the deadline'));
  }

  /** Everything that was asked of this life of the thread, or of an earlier one, gets its answer now. */
  failThread(thread: number, incarnation: number): void {
    for (const pending of [...this.#pending.values()]) {
      if (pending.route.thread !== thread || pending.route.incarnation > incarnation) continue;
      this.#close(pending);
      pending.settle(failed('threadLost', 'the thread was lost before it answered'));
    }
  }

  /** The actor ended: nobody waits for what it asked. */
  forget(process: Process): void {
    if (process.asking === 0) return;
    for (const pending of [...this.#pending.values()]) {
      if (pending.route.process === process) this.#close(pending);
    }
  }

  #close(pending: PendingCall): void {
    this.#pending.delete(pending.ref);
    this.#wheel.remove(pending);
    if (pending.route.process !== null) pending.route.process.asking--;
  }
}
