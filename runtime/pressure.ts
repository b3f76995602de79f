// Owns how full the way to an actor is, as a producer can see it: its mailbox here, or the buffer to its thread and
// what that thread said of its mailbox lately. It holds nobody back: a producer that asks decides for itself.
//
//   cast --> buffer to the thread --> mailbox full: dropped, counted, and told back to the sender's thread: `full`
//                                                                      (at most every 50 ms for each actor)
//   pressure(address) there is 1 from then on, until 100 ms have passed without another word

import { type Address, type Key, type Pid, pidKey } from './address.ts';
import { resolve, threadOf } from './delivery.ts';
import { type Kernel, processAt } from './kernel.ts';

const tellEveryMs = 50;
const believedMs = 100;
/** Beyond this the oldest is forgotten: more actors than this are not told of at once. */
const actorsMax = 1_000;

/** What one thread told others of its full mailboxes, and was told. */
export class FullMailboxes {
  readonly #told = new Map<string, number>();
  readonly #heard = new Map<string, number>();

  /** True when that thread was not told of this actor just now. */
  mayTell(thread: number, to: Pid | Key, now: number): boolean {
    const id = `${thread} ${idOf(to)}`;
    if (now - (this.#told.get(id) ?? Number.NEGATIVE_INFINITY) < tellEveryMs) return false;
    remember(this.#told, id, now);
    return true;
  }

  heard(to: Pid | Key, now: number): void {
    remember(this.#heard, idOf(to), now);
  }

  isFull(to: Pid | Key, now: number): boolean {
    return now - (this.#heard.get(idOf(to)) ?? Number.NEGATIVE_INFINITY) < believedMs;
  }
}

/** 0: nothing waits. 1: the next cast is dropped, the next call refused, as far as this thread knows. Nobody: 0. */
export function pressure(kernel: Kernel, address: Address): number {
  const to = resolve(kernel, address);
  if (to === null) return 0;
  const thread = threadOf(kernel, to);
  if (thread === kernel.thread) {
    const process = processAt(kernel, to);
    return process === null ? 0 : Math.min(1, process.mailbox.length / process.mailboxMessagesMax);
  }
  return kernel.fullMailboxes.isFull(to, kernel.clock.monotonic()) ? 1 : kernel.fillTo(thread);
}

function remember(times: Map<string, number>, id: string, now: number): void {
  times.delete(id);
  times.set(id, now);
  const oldest = times.keys().next();
  if (times.size > actorsMax && !oldest.done) times.delete(oldest.value);
}

function idOf(to: Pid | Key): string {
  return 'serial' in to ? pidKey(to) : `${to.family} ${to.key}`;
}
