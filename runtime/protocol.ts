// Owns what an actor promises: its protocol (data), its behaviour (handlers typed by the protocol), and the closed list
// of outcomes a handler may return. It runs nothing.
//
//   caller                          actor
//     | call(address, 'add', {by:2})  |
//     |------------------------------>| calls.add(state, {by:2}, context, from)
//     |      reply(5) / refuse(f)     |   or nothing yet, and context.reply(from, 5) later
//     |<------------------------------|
//     | cast(address, 'reset', {to:0})|
//     |------------------------------>| casts.reset(state, {to:0}, context)
//
// State is the actor's own object and is changed in place: nobody else can see it.

import type { Pid } from './address.ts';
import type { Context } from './context.ts';
import type { Failure } from './result.ts';

/** Message name -> what goes in and what comes out. Everything is readonly plain data: it crosses threads. */
export type Protocol = {
  readonly calls: { readonly [name: string]: { readonly request: unknown; readonly answer: unknown } };
  readonly casts: { readonly [name: string]: unknown };
};

export type CallName<P extends Protocol> = keyof P['calls'] & string;
export type CastName<P extends Protocol> = keyof P['casts'] & string;
export type Request<P extends Protocol, N extends CallName<P>> = P['calls'][N]['request'];
export type Answer<P extends Protocol, N extends CallName<P>> = P['calls'][N]['answer'];

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

export function reply<A>(answer: A): Reply<A> {
  return { outcome: 'reply', answer };
}
export function refuse(failure: Failure): Refuse {
  return { outcome: 'refuse', failure };
}
export function stop(reason: ExitReason): Stop {
  return { outcome: 'stop', reason };
}
export const passivate: Passivate = { outcome: 'passivate' };

/** What arrives outside of the protocol. */
export type Info =
  /** A monitored actor ended (or was not there: `noproc`). */
  | { readonly type: 'down'; readonly ref: number; readonly pid: Pid | null; readonly reason: ExitReason }
  /** A linked actor ended, and this one traps exits. */
  | { readonly type: 'exit'; readonly pid: Pid; readonly reason: ExitReason };

/**
 * A named kind of actor. Every thread registers the same table of behaviours, so that a child spec is data and no
 * closure crosses a thread. A handler that throws ends its actor; its supervisor decides what follows.
 * A handler may be async: its actor then takes nothing else until it settles, under `handlerDeadlineMs`.
 */
export interface Behaviour<P extends Protocol, Args, State> {
  readonly name: string;
  /** Makes the state. Throwing ends the start; `InitFailed` ends it with an expected failure. */
  init(args: Args, context: Context): State | Promise<State>;
  readonly calls: {
    readonly [N in CallName<P>]: (
      state: State,
      request: Request<P, N>,
      context: Context,
      from: From<Answer<P, N>>,
    ) => CallOutcome<Answer<P, N>> | Promise<CallOutcome<Answer<P, N>>>;
  };
  readonly casts: {
    readonly [N in CastName<P>]: (
      state: State,
      message: P['casts'][N],
      context: Context,
    ) => CastOutcome | Promise<CastOutcome> | void;
  };
  /** Timers by name, started with `context.startTimer(name, ms)`. */
  readonly timers?: {
    readonly [name: string]: (state: State, context: Context) => CastOutcome | Promise<CastOutcome> | void;
  };
  info?(state: State, info: Info, context: Context): CastOutcome | Promise<CastOutcome> | void;
  /** Runs when the actor ends by itself, is shut down, or crashed in a handler; never after `kill` or a lost thread. */
  terminate?(state: State, reason: ExitReason, context: Context): void | Promise<void>;
}

/** A behaviour with its types put away, as the tables of the runtime hold it. */
export interface AnyBehaviour {
  readonly name: string;
}

/** Checks the handlers against the protocol at compile time; at run time it only returns its argument. */
export function defineBehaviour<P extends Protocol, Args, State>(
  behaviour: Behaviour<P, Args, State>,
): Behaviour<P, Args, State> {
  return behaviour;
}

/** Thrown by `init` when the start fails for an expected reason: waiting callers are refused with this failure. */
export class InitFailed extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(`${failure.code}: ${failure.message}`);
    this.name = 'InitFailed';
    this.failure = failure;
  }
}
