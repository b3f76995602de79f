// Owns one turn of one actor: its messages up to the budget, each handler's outcome checked against the closed list.
// It never lets a handler's error out: what a handler throws ends its actor, not the thread.

import type { Info } from './behaviour.ts';
import { answer, forgetOwed, owe } from './delivery.ts';
import { crashOf, failed } from './failures.ts';
import type { Kernel } from './kernel.ts';
import { begin, end, isThenable, relent, waitFor } from './lifecycle.ts';
import { castEnvelope, type Envelope } from './mailbox.ts';
import type { CallOutcome, CastOutcome, ExitReason, From } from './outcome.ts';
import type { Process } from './process.ts';
import { failure, type Result, success } from './result.ts';

/** Messages that one actor handles before others of its thread run. */
const turnMessagesMax = 64;

/** What waits in the mailbox of an actor for the answer to its ask. */
export interface AskAnswer {
  readonly heard: (result: Result<unknown>) => unknown;
  readonly result: Result<unknown>;
}

const afterInit: Envelope = { kind: 'afterInit', name: 'afterInit', body: null, from: null, deadline: null };

export function takeTurn(kernel: Kernel, process: Process): void {
  kernel.atWork(process.keyHash);
  if (process.status === 'ready' && process.doom === null) takeMessages(kernel, process);
  else takeTurnOfLife(kernel, process);
}

/** A turn in which an actor begins or ends. Apart, as all that few messages need: see handleCast. */
function takeTurnOfLife(kernel: Kernel, process: Process): void {
  if (process.doom !== null) {
    const reason = process.doom;
    process.doom = null;
    end(kernel, process, reason);
  } else if (process.status === 'starting') {
    begin(kernel, process);
  } else if (process.status === 'fresh') {
    process.status = 'ready';
    handle(kernel, process, afterInit);
    if (process.status === 'ready' && process.doom === null) takeMessages(kernel, process);
  }
}

function takeMessages(kernel: Kernel, process: Process): void {
  for (let left = turnMessagesMax; left > 0 && process.length > 0; left--) {
    const body = process.firstBody;
    const first = process.shift();
    if (typeof first === 'string') handleCast(kernel, process, first, body);
    else handle(kernel, process, first as Envelope);
    if (process.doom !== null) takeTurnOfLife(kernel, process);
    if (process.status !== 'ready') return;
    if (kernel.runQueue.isOverdue) break;
  }
  if (process.length > 0) kernel.runQueue.add(process);
  else if (process.passivating) putAway(kernel, process);
}

/** Not while somebody waits for its answer, or it for somebody's: it goes when that is over. */
function putAway(kernel: Kernel, process: Process): void {
  if (process.asking > 0) return;
  const owedUntil = forgetOwed(kernel, process);
  if (owedUntil === null) end(kernel, process, 'normal');
  else kernel.timers.start('putAway', owedUntil - kernel.clock.monotonic(), () => kernel.runQueue.add(process));
}

function handle(kernel: Kernel, process: Process, envelope: Envelope): void {
  const { kind, from, deadline } = envelope;
  if (kind === 'call' && deadline !== null && deadline < kernel.runQueue.now) return; // Its caller has given up.
  process.handled++;
  kernel.stats.messages++;
  try {
    const outcome = dispatch(kernel, process, envelope);
    if (outcome === undefined && from === null) process.current = null;
    else takeOutcome(kernel, process, outcome);
  } catch (thrown) {
    crash(kernel, process, thrown);
  }
}

/**
 * The way of most messages, kept short: V8 puts so much code of others into one function and no more, and what a rare
 * outcome needs would take the place of what each message needs (an eighth less CPU for a meeting of chameneos).
 */
function handleCast(kernel: Kernel, process: Process, name: string, body: unknown): void {
  process.handled++;
  kernel.stats.messages++;
  const taken = process.behaviour.casts.get(name);
  if (taken === undefined) {
    refuseCast(kernel, process, name, body);
    return;
  }
  // Not an envelope: to write a young object into an old one is the collector's business each time.
  const { handle: take, work } = taken;
  process.current = work;
  try {
    // Not as a method of `taken`: the frame of a crash bears the handler's own name.
    const outcome = take(process.state, body, process.context);
    if (outcome === undefined) process.current = null;
    else takeOutcome(kernel, process, outcome);
  } catch (thrown) {
    crash(kernel, process, thrown);
  }
}

function refuseCast(kernel: Kernel, process: Process, name: string, body: unknown): void {
  process.current = castEnvelope(name, body);
  crash(kernel, process, unknownMessage(process, 'cast', name, process.behaviour.casts.names()));
}

function takeOutcome(kernel: Kernel, process: Process, outcome: unknown): void {
  if (isThenable(outcome)) suspend(kernel, process, outcome);
  else conclude(kernel, process, outcome);
}

function crash(kernel: Kernel, process: Process, thrown: unknown): void {
  end(kernel, process, crashOf(thrown));
}

/** Whatever is no cast. */
function dispatch(kernel: Kernel, process: Process, envelope: Envelope): unknown {
  const { behaviour, state, context } = process;
  const { name, body } = envelope;
  process.current = envelope;
  if (envelope.from !== null) process.currentAnswered = false;
  switch (envelope.kind) {
    case 'call': {
      const handler = behaviour.calls.get(name);
      if (handler === undefined) {
        const misuse = unknownMessage(process, 'call', name, behaviour.calls.keys());
        settle(kernel, process, envelope.from as From, failed('undef', misuse.message));
        throw misuse;
      }
      return handler(state, body, context, envelope.from as From);
    }
    case 'timer': {
      const handler = behaviour.timers.get(name);
      if (process.ties?.timers?.get(name) !== body) return undefined; // Cancelled, or started anew, after it fired.
      process.ties?.timers?.delete(name);
      if (handler === undefined) throw unknownMessage(process, 'timer', name, behaviour.timers.keys());
      return handler(state, context);
    }
    case 'info':
      return behaviour.info === null
        ? unheard(kernel, process, body as Info)
        : behaviour.info(state, body as Info, context);
    case 'afterInit':
      return behaviour.afterInit?.(state, context);
    case 'answer': {
      const { heard, result } = body as AskAnswer;
      return heard(result);
    }
    case 'stop':
      return { outcome: 'stop', reason: body as ExitReason };
  }
}

/** Who monitors or traps and does not listen has forgotten something; OTP warns of it too. */
function unheard(kernel: Kernel, process: Process, { type }: Info): undefined {
  kernel.log('warn', 'an actor without info was sent one', { behaviour: process.behaviour.name, type });
}

class Misuse extends Error {
  override readonly name = 'Misuse';
}

function unknownMessage(process: Process, kind: string, name: string, known: Iterable<string>): Misuse {
  const allowed = [...known].join(', ') || 'none';
  return new Misuse(`${process.behaviour.name} has no ${kind} ${name}; allowed: ${allowed}`);
}

function suspend(kernel: Kernel, process: Process, outcome: PromiseLike<unknown>): void {
  process.status = 'suspended';
  waitFor(kernel, process, process.limits.handlerDeadlineMs);
  outcome.then(
    (value) => resume(kernel, process, () => conclude(kernel, process, value)),
    (thrown) => resume(kernel, process, () => end(kernel, process, crashOf(thrown))),
  );
}

/** Whatever an async handler does after its actor has ended is nobody's. */
function resume(kernel: Kernel, process: Process, go: () => void): void {
  if (process.status !== 'suspended') return;
  relent(kernel, process);
  process.status = 'ready';
  try {
    go();
  } catch (thrown) {
    end(kernel, process, crashOf(thrown));
  }
  if (process.status === 'ready') kernel.runQueue.add(process);
}

function conclude(kernel: Kernel, process: Process, outcome: unknown): void {
  const { kind, from, deadline } = process.current as Envelope;
  const known = (outcome ?? undefined) as CallOutcome<unknown> | CastOutcome;
  if (known === undefined) {
    if (from !== null && deadline !== null && !process.currentAnswered) owe(kernel, process, from, deadline);
    process.current = null;
  } else if (known.outcome === 'reply' && from !== null) {
    settle(kernel, process, from, success(known.answer));
    process.current = null;
  } else if (known.outcome === 'refuse' && from !== null) {
    settle(kernel, process, from, failure(known.failure));
    process.current = null;
  } else if (known.outcome === 'stop') {
    end(kernel, process, known.reason);
  } else if (known.outcome === 'passivate' && from === null) {
    process.passivating = true;
    process.current = null;
  } else {
    const allowed = kind === 'call' ? 'reply, refuse, stop, undefined' : 'stop, passivate, undefined';
    throw new Misuse(`${process.behaviour.name} gave no allowed outcome of a ${kind}; allowed: ${allowed}`);
  }
}

function settle(kernel: Kernel, process: Process, from: From, result: Result<unknown>): void {
  if (!process.currentAnswered) answer(kernel, from, result);
  process.currentAnswered = true;
}
