// Owns the calls that this thread waits for: who asked, until when, and from which life of which thread the answer comes.
// An answer to a call that is not here any more is dropped, so a late answer is never mistaken for another's.

import { failed } from './failures.ts';
import type { Process } from './process.ts';
import type { Result } from './result.ts';
import { SerialTable } from './serial-table.ts';
import { Deadline, type DeadlineWheel } from './wheel.ts';

export type Settle = (result: Result<unknown>) => void;

export const timedOut = failed('timeout', 'no answer within the deadline');

export interface CallRoute {
  /** The thread that will answer, and its life. */
  readonly thread: number;
  readonly incarnation: number;
  /** Monotonic milliseconds. */
  readonly deadline: number;
}

/** One that waits for an answer. A class for each kind, no record with a closure: an ask makes 461 bytes for 701. */
export abstract class PendingCall extends Deadline {
  declare ref: number;
  /** The thread that will answer, and its life: known when it is opened. */
  declare thread: number;
  declare incarnation: number;
  /** Whose call it is: it is forgotten when that actor ends. */
  declare readonly process: Process | null;

  /** `due`: monotonic milliseconds. */
  constructor(process: Process | null, due: number) {
    super(due);
    this.ref = 0;
    this.thread = 0;
    this.incarnation = 0;
    this.process = process;
  }

  abstract settle(result: Result<unknown>): void;
}

/** Settled by a function: that of a promise, say. */
export class HeardCall extends PendingCall {
  declare private readonly calls: Calls;
  declare private readonly heard: Settle;

  constructor(calls: Calls, process: Process | null, due: number, heard: Settle) {
    super(process, due);
    this.calls = calls;
    this.heard = heard;
  }

  override settle(result: Result<unknown>): void {
    const { heard } = this;
    heard(result);
  }

  override expire(): void {
    this.calls.expired(this);
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

  /** What the runtime itself asks of another thread. */
  ask({ thread, incarnation, deadline }: CallRoute, heard: Settle): number {
    return this.open(new HeardCall(this, null, deadline, heard), thread, incarnation);
  }

  open(pending: PendingCall, thread: number, incarnation: number): number {
    const ref = this.nextRef();
    pending.ref = ref;
    pending.thread = thread;
    pending.incarnation = incarnation;
    this.#pending.set(ref, pending);
    this.#wheel.add(pending, pending.due);
    if (pending.process !== null) pending.process.asking++;
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
    pending.settle(timedOut);
  }

  /** Everything that was asked of this life of the thread, or of an earlier one, gets its answer now. */
  failThread(thread: number, incarnation: number): void {
    for (const pending of [...this.#pending.values()]) {
      if (pending.thread !== thread || pending.incarnation > incarnation) continue;
      this.#close(pending);
      pending.settle(failed('threadLost', 'the thread was lost before it answered'));
    }
  }

  /** The actor ended: nobody waits for what it asked. */
  forget(process: Process): void {
    if (process.asking === 0) return;
    for (const pending of [...this.#pending.values()]) {
      if (pending.process === process) this.#close(pending);
    }
  }

  #close(pending: PendingCall): void {
    this.#pending.delete(pending.ref);
    this.#wheel.remove(pending);
    if (pending.process !== null) pending.process.asking--;
  }
}
