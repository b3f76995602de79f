// Owns the closed list of outcomes that a handler may return, the reasons why an actor ends, and who waits for an answer.
// It is data only: turns.ts obeys it.

import type { Pid } from './address.ts';
import type { Failure } from './result.ts';

declare const answers: unique symbol;

/** Who waits for an answer: a value that can be kept, and answered once, later. */
export interface From<A = unknown> {
  readonly pid: Pid | null;
  readonly thread: number;
  readonly incarnation: number;
  readonly ref: number;
  readonly [answers]?: A;
}

/**
 * Why an actor ended. `normal`, `shutdown` and `{ shutdown }` are quiet; everything else is abnormal and gives a crash
 * report. `kill` cannot be trapped and arrives as `killed`. `threadLost` is not counted in restart intensity.
 */
export type ExitReason =
  | 'normal'
  | 'shutdown'
  | 'kill'
  | 'killed'
  | 'noproc'
  | 'threadLost'
  | { readonly shutdown: string }
  /** Thrown by a handler, or a reason of the actor's own. */
  | { readonly crash: { readonly name: string; readonly message: string; readonly stack?: string } }
  /** An expected failure that this actor cannot live with (init: the start fails with it). */
  | { readonly failure: Failure };

/** Answer the caller now. */
export interface Reply<A> {
  readonly outcome: 'reply';
  readonly answer: A;
}
/** Answer the caller with an expected failure. */
export interface Refuse {
  readonly outcome: 'refuse';
  readonly failure: Failure;
}
/** End this actor after this message; a call that ends without an answer gives its caller `exited`. */
export interface Stop {
  readonly outcome: 'stop';
  readonly reason: ExitReason;
}
/** Put this actor away once its mailbox is empty (a member of a family comes back on its next message). */
export interface Passivate {
  readonly outcome: 'passivate';
}

/** `undefined` after a call means: the answer comes later, by `context.reply(from, …)`. */
export type CallOutcome<A> = Reply<A> | Refuse | Stop | undefined;
/** `undefined` means: go on. */
export type CastOutcome = Stop | Passivate | undefined;
// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a return statement is the common case.
export type HandlerOutcome = CastOutcome | void;

/** The answer of a call's handler. */
export function reply<A>(answer: A): Reply<A> {
  return { outcome: 'reply', answer };
}

/** The answer of a call's handler that cannot do what is asked, for a reason the caller may expect. */
export function refuse(failure: Failure): Refuse {
  return { outcome: 'refuse', failure };
}

/** Ends this actor after this message. `'normal'` is quiet; `{ crash }` is what throwing gives too. */
export function stop(reason: ExitReason): Stop {
  return { outcome: 'stop', reason };
}

/** For a member of a family that has been idle: puts it away; the next message to its key makes it again. */
export const passivate: Passivate = { outcome: 'passivate' };
