// Owns the way of a message: from an address to a mailbox of this thread, to a family, or to another thread.
// It never waits; what cannot be delivered is answered (a call) or counted (a cast) at once.

import type { Address, Key, Pid } from './address.ts';
import type { PendingCall } from './calls.ts';
import { addressText } from './dead-letters.ts';
import { failed, runtimeFailure } from './failures.ts';
import type { DeadLetter } from './inspection.ts';
import { isLiveThread, type Kernel, localProcess, type Refusal } from './kernel.ts';
import { castEnvelope, type Envelope } from './mailbox.ts';
import type { From } from './outcome.ts';
import { fromKey, type Process, tiesOf } from './process.ts';
import { failure, type Result } from './result.ts';
import { threadOfKey } from './topology.ts';

/** Answers that an actor owes are looked through for forgotten ones when there are this many. */
const owedBeforeSweep = 256;

const noproc: Refusal = runtimeFailure('noproc', 'nobody has this address');
const overloaded: Refusal = runtimeFailure('overloaded', 'the mailbox is full');
const bufferFull: Refusal = runtimeFailure('overloaded', 'too much waits for that thread');

export interface CallOrder {
  readonly to: Address;
  readonly name: string;
  readonly request: unknown;
}

/** Null when a name is nobody's. */
export function resolve(kernel: Kernel, to: Address): Pid | Key | null {
  if ('serial' in to || 'family' in to) return to;
  return kernel.registry.whereis(to.name);
}

export function threadOf(kernel: Kernel, target: Pid | Key): number {
  return 'serial' in target ? target.thread : threadOfKey(kernel.topology, target.key);
}

/** To an actor of this thread by the pid that it has here, at once: the way of most messages. */
export function cast(kernel: Kernel, to: Address, name: string, body: unknown): void {
  const process = 'serial' in to ? kernel.processes.near(to) : null;
  if (process === null || enqueueCast(kernel, process, name, body) !== null) castAnywhere(kernel, to, name, body);
}

function castAnywhere(kernel: Kernel, to: Address, name: string, body: unknown): void {
  const target = resolve(kernel, to);
  if (target === null) {
    deadLetter(kernel, addressText(to), name, 'noproc');
    return;
  }
  const thread = threadOf(kernel, target);
  if (thread === kernel.thread) {
    deliverCast(kernel, target, name, body);
  } else if (isGone(kernel, target)) {
    deadLetter(kernel, addressText(target), name, 'noproc');
  } else if (!kernel.transmit(thread, { kind: 'cast', to: target, name, body })) {
    drop(kernel, target, name);
  }
}

/** Counted, and sampled for observers. */
export function deadLetter(kernel: Kernel, to: string, name: string, why: DeadLetter['why']): void {
  kernel.stats.deadLetters++;
  kernel.stats.letters.add({ at: kernel.clock.now(), message: `cast ${name}`, to, why });
}

function drop(kernel: Kernel, target: Pid | Key, name: string): void {
  kernel.stats.dropped++;
  kernel.stats.letters.add({
    at: kernel.clock.now(),
    message: `cast ${name}`,
    to: addressText(target),
    why: 'overloaded',
  });
}

/** Null when it is in the mailbox. */
export function deliverCast(kernel: Kernel, target: Pid | Key, name: string, body: unknown): Refusal {
  const refusal = deliverCastTo(kernel, target, name, body);
  if (refusal?.code === 'overloaded') drop(kernel, target, name);
  else if (refusal !== null) deadLetter(kernel, addressText(target), name, 'noproc');
  return refusal;
}

export function call(kernel: Kernel, { to, name, request: body }: CallOrder, pending: PendingCall): void {
  const target = resolve(kernel, to);
  if (target === null || isGone(kernel, target)) {
    pending.settle(failed('noproc', 'nobody has this address'));
    return;
  }
  const thread = threadOf(kernel, target);
  const incarnation = thread === kernel.thread ? kernel.incarnation : kernel.incarnationOf(thread);
  const ref = kernel.calls.open(pending, thread, incarnation);
  const pid = pending.process?.pid ?? null;
  const from: From = { pid, thread: kernel.thread, incarnation: kernel.incarnation, ref };
  const deadline = pending.due;
  if (thread === kernel.thread) deliverCall(kernel, target, { kind: 'call', name, body, from, deadline });
  else if (!kernel.transmit(thread, { kind: 'call', to: target, name, body, from, deadline })) {
    refuseCall(kernel, from, bufferFull);
  }
}

export function deliverCall(kernel: Kernel, target: Pid | Key, envelope: Envelope): void {
  const refusal = deliver(kernel, target, envelope);
  if (refusal !== null && envelope.from !== null) refuseCall(kernel, envelope.from, refusal);
}

function refuseCall(kernel: Kernel, from: From, refusal: Refusal): void {
  if (refusal === null) return;
  if (refusal.code === 'overloaded') kernel.stats.dropped++;
  answer(kernel, from, failure(refusal));
}

/** Sends an answer to whoever waits for it, if that life of its thread still does. */
export function answer(kernel: Kernel, from: From, result: Result<unknown>): void {
  if (from.thread === kernel.thread) {
    if (from.incarnation === kernel.incarnation) kernel.calls.settle(from.ref, result);
  } else if (from.incarnation === kernel.incarnationOf(from.thread)) {
    kernel.transmit(from.thread, { kind: 'answer', ref: from.ref, result });
  }
}

/** To a mailbox of this thread; a family makes its member first. */
export function deliver(kernel: Kernel, target: Pid | Key, envelope: Envelope): Refusal {
  if ('serial' in target) {
    const process = localProcess(kernel, target);
    return process === null || !process.alive ? noproc : enqueue(kernel, process, envelope);
  }
  const family = kernel.families.get(target.family);
  return family === undefined ? noproc : family.deliver(target.key, target.wake !== false, envelope);
}

function deliverCastTo(kernel: Kernel, target: Pid | Key, name: string, body: unknown): Refusal {
  if (!('serial' in target)) return deliver(kernel, target, castEnvelope(name, body));
  const process = localProcess(kernel, target);
  return process === null ? noproc : enqueueCast(kernel, process, name, body);
}

function enqueueCast(kernel: Kernel, process: Process, name: string, body: unknown): Refusal {
  const { status } = process;
  if (status === 'ended' || status === 'ending') return noproc;
  if (process.length >= process.limits.mailboxMessagesMax) return overloaded;
  process.pushCast(name, body);
  if (process.length > kernel.stats.mailboxLongest) kernel.stats.mailboxLongest = process.length;
  if (status === 'ready') kernel.runQueue.add(process);
  return null;
}

/** Casts and calls obey the limit of the mailbox; everything else bypasses it. */
export function enqueue(kernel: Kernel, process: Process, envelope: Envelope): Refusal {
  const bounded = envelope.kind === 'cast' || envelope.kind === 'call';
  if (bounded && process.mailbox.length >= process.limits.mailboxMessagesMax) return overloaded;
  process.mailbox.push(envelope);
  if (process.mailbox.length > kernel.stats.mailboxLongest) kernel.stats.mailboxLongest = process.mailbox.length;
  if (process.status === 'ready') kernel.runQueue.add(process);
  return null;
}

/** The handler answers later: if its actor ends before, the caller is told. */
export function owe(kernel: Kernel, process: Process, from: From, deadline: number): void {
  const ties = tiesOf(process);
  ties.owed ??= new Map();
  ties.owed.set(fromKey(from), { from, deadline });
  if (ties.owed.size % owedBeforeSweep === 0) forgetOwed(kernel, process);
}

/** Lets go of answers that nobody waits for any more; tells when the next of the others ends, null when none is left. */
export function forgetOwed(kernel: Kernel, process: Process): number | null {
  const owed = process.ties?.owed;
  if (owed == null || owed.size === 0) return null;
  const now = kernel.clock.monotonic();
  let next: number | null = null;
  for (const [key, { deadline }] of owed) {
    if (deadline <= now) owed.delete(key);
    else next = Math.min(next ?? deadline, deadline);
  }
  return next;
}

function isGone(kernel: Kernel, target: Pid | Key): boolean {
  return 'serial' in target && !isLiveThread(kernel, target);
}
