// Owns how an actor begins and ends: its name and init at one end, terminate and the news of its death at the other.
// It never runs a message; turns.ts does, and comes here when an actor must end.
//
//   spawn --> starting --> initialising --> (fresh) --> ready <--> suspended
//                |              |              |          |            |
//                +--------------+------- end --+----------+------------+--> ending (async terminate) --> ended

import { type Pid, pidText } from './address.ts';
import { InitFailed, InitIgnored } from './behaviour.ts';
import { answer, deadLetter } from './delivery.ts';
import { crashOf, failed, failureOfExit } from './failures.ts';
import type { Kernel } from './kernel.ts';
import type { Envelope } from './mailbox.ts';
import type { ExitReason } from './outcome.ts';
import { type Acknowledgement, type Process, type SpawnOrder, tiesOf } from './process.ts';
import { report } from './report.ts';
import { failure, success } from './result.ts';
import { announceEnd, doom } from './signals.ts';
import { Patience, type Ties } from './ties.ts';

const nothing: readonly Envelope[] = [];

/** Null when no such behaviour is known here; who waits has heard why. */
export function spawn(kernel: Kernel, order: SpawnOrder): Process | null {
  const process = make(kernel, order);
  if (process === null) return null;
  const name = order.spec.name;
  if (name === undefined) kernel.runQueue.add(process);
  else void claimThenStart(kernel, process, name);
  return process;
}

/**
 * Its init runs now, inside the turn of its parent and on that turn's time, when it needs no name and there is time
 * left: what init does then comes before anything that the parent does next, as in OTP. Without a turn and a promise
 * of its own a supervised start takes 1.6 us of CPU instead of 3.8.
 */
export function spawnNow(kernel: Kernel, order: SpawnOrder): void {
  if (order.spec.name !== undefined || !kernel.runQueue.enter()) {
    spawn(kernel, order);
    return;
  }
  try {
    const process = make(kernel, order);
    if (process !== null) begin(kernel, process);
  } finally {
    kernel.runQueue.leave();
  }
}

function make(kernel: Kernel, order: SpawnOrder): Process | null {
  const behaviour = kernel.behaviours.get(order.spec.behaviour);
  if (behaviour === undefined) {
    const known = [...kernel.behaviours.keys()].join(', ');
    order.ack?.give(failed('undef', `no behaviour ${order.spec.behaviour} here; known: ${known}`));
    return null;
  }
  const process = kernel.newProcess(behaviour, order);
  kernel.processes.add(process);
  return process;
}

/** The name is held before init runs, so that two that race for it never both do their work. */
async function claimThenStart(kernel: Kernel, process: Process, name: string): Promise<void> {
  const claimed = await kernel.names.claim(name, process.pid);
  if (!process.alive) {
    if (claimed) kernel.names.release(name, process.pid);
    return;
  }
  if (claimed) {
    tiesOf(process).names = [name];
    kernel.runQueue.add(process);
  } else {
    const message = `the name ${name} is taken`;
    const holder = kernel.registry.whereis(name);
    const data = holder === null ? {} : { data: { pid: pidText(holder) } };
    doom(kernel, process, { failure: { code: 'alreadyStarted', message, retryable: false, ...data } });
  }
}

/** The first turn. */
export function begin(kernel: Kernel, process: Process): void {
  process.status = 'initialising';
  try {
    const made = process.behaviour.init(process.start?.spec.args, process.context);
    if (!isThenable(made)) started(kernel, process, made);
    else {
      waitFor(kernel, process, process.limits.initDeadlineMs);
      made.then(
        (state) => process.status === 'initialising' && started(kernel, process, state),
        (thrown) => process.status === 'initialising' && end(kernel, process, reasonOfInit(thrown)),
      );
    }
  } catch (thrown) {
    end(kernel, process, reasonOfInit(thrown));
  }
}

function started(kernel: Kernel, process: Process, state: unknown): void {
  relent(kernel, process);
  process.state = state;
  process.status = process.behaviour.afterInit === null ? 'ready' : 'fresh';
  const ack = process.start?.ack ?? null;
  process.start = null;
  ack?.give(success(process.pid));
  if (process.mailbox.length > 0 || process.doom !== null || process.status === 'fresh') kernel.runQueue.add(process);
}

function reasonOfInit(thrown: unknown): ExitReason {
  if (thrown instanceof InitIgnored) return 'normal';
  return thrown instanceof InitFailed ? { failure: thrown.failure } : crashOf(thrown);
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** An async init, handler or terminate that takes longer ends its actor. */
export function waitFor(kernel: Kernel, process: Process, ms: number): void {
  if (ms === Number.POSITIVE_INFINITY) return;
  const ties = tiesOf(process);
  ties.patience ??= new Patience(() => {
    if (process.status === 'ending') finish(kernel, process, 'killed');
    else
      doom(kernel, process, { crash: { name: 'HandlerDeadline', message: 'a handler took longer than its deadline' } });
  });
  kernel.wheel.add(ties.patience, kernel.clock.monotonic() + ms);
}

export function relent(kernel: Kernel, process: Process): void {
  const patience = process.ties?.patience;
  if (patience != null) kernel.wheel.remove(patience);
}

export function end(kernel: Kernel, process: Process, reason: ExitReason): void {
  if (process.status === 'ended') return;
  if (process.status === 'ending') {
    if (reason === 'killed') finish(kernel, process, reason);
    return;
  }
  process.status = 'ending';
  process.doom = null;
  relent(kernel, process);
  if (process.hasStarted && process.behaviour.terminate !== null && reason !== 'killed')
    terminate(kernel, process, reason);
  else finish(kernel, process, reason);
}

function terminate(kernel: Kernel, process: Process, reason: ExitReason): void {
  try {
    const ending = process.behaviour.terminate?.(process.state, reason, process.context);
    if (!isThenable(ending)) {
      finish(kernel, process, reason);
      return;
    }
    if (process.ties !== null) process.ties.patience = null;
    waitFor(kernel, process, process.limits.shutdownMs);
    ending.then(
      () => finish(kernel, process, reason),
      (thrown) => finish(kernel, process, crashOf(thrown)),
    );
  } catch (thrown) {
    finish(kernel, process, crashOf(thrown));
  }
}

function finish(kernel: Kernel, process: Process, reason: ExitReason): void {
  if (process.status === 'ended') return;
  process.status = 'ended';
  relent(kernel, process);
  kernel.processes.delete(process);
  kernel.calls.forget(process);
  // Before anybody hears of the end: whoever starts it again finds the name free.
  if (process.ties !== null) untie(kernel, process.pid, process.ties);
  report(kernel, process, reason);
  answerWaiting(kernel, process, reason);
  const leftOver = process.mailbox.length === 0 ? nothing : process.mailbox.drain();
  if (process.start?.ack != null) failStart(process, process.start.ack, reason);
  announceEnd(kernel, process, reason);
  process.state = undefined;
  if (process.owner !== null) process.owner.ended(process, reason, leftOver);
  else if (leftOver.length > 0) abandon(kernel, { leftOver, reason, to: pidText(process.pid) });
}

function untie(kernel: Kernel, pid: Pid, { timers, names, groups, atEnd }: Ties): void {
  atEnd?.();
  for (const timer of timers?.values() ?? []) timer.queue.cancel(timer);
  for (const name of names ?? []) kernel.names.release(name, pid);
  for (const group of groups ?? []) kernel.names.leave(group, pid);
}

/** The parent learns of a failed start from the answer to its spawn, not from a link as well. */
function failStart(process: Process, ack: Acknowledgement, reason: ExitReason): void {
  process.linkedToParent = false;
  // Nothing but an init that ignored ends so before it has begun.
  const ignored = reason === 'normal';
  ack.give(ignored ? failed('ignore', 'its init chose not to run') : failure(failureOfExit(reason)));
}

function answerWaiting(kernel: Kernel, process: Process, reason: ExitReason): void {
  const { current, ties } = process;
  const asked = current?.from ?? null;
  if (asked === null && ties?.owed == null) return;
  const result = failure(failureOfExit(reason));
  if (asked !== null && !process.currentAnswered) answer(kernel, asked, result);
  for (const { from } of ties?.owed?.values() ?? []) answer(kernel, from, result);
}

/** What nobody will handle: callers are told, casts are counted. */
export function abandon(kernel: Kernel, { leftOver, reason, to }: Abandoned): void {
  const result = failure(failureOfExit(reason));
  for (const { kind, name, from } of leftOver) {
    if (from !== null) answer(kernel, from, result);
    else if (kind === 'cast') deadLetter(kernel, to, name, 'ended');
  }
}

export interface Abandoned {
  readonly leftOver: readonly Envelope[];
  readonly reason: ExitReason;
  /** Whose mailbox it was, for the sample of dead letters. */
  readonly to: string;
}
