// Owns how full the way to an actor is, as a producer can see it: its mailbox here, or the buffer to its thread and
// what that thread said of its mailbox lately. It holds nobody back: a producer that asks decides for itself.
//
//   cast --> buffer to the thread --> mailbox full: dropped, counted, and told back to the sender's thread: `full`
//                                                                      (at most every 50 ms for each actor)
//   pressure(address) there is 1 from then on, until 100 ms have passed without another word

import type { Address } from './address.ts';
import { resolve, threadOf } from './delivery.ts';
import { type Kernel, processAt } from './kernel.ts';

/** 0: nothing waits. 1: the next cast is dropped, the next call refused, as far as this thread knows. Nobody: 0. */
export function pressure(kernel: Kernel, address: Address): number {
  const to = resolve(kernel, address);
  if (to === null) return 0;
  const thread = threadOf(kernel, to);
  if (thread === kernel.thread) {
    const process = processAt(kernel, to);
    return process === null ? 0 : Math.min(1, process.mailbox.length / process.limits.mailboxMessagesMax);
  }
  return kernel.fullMailboxes.isFull(to, kernel.clock.monotonic()) ? 1 : kernel.fillTo(thread);
}
