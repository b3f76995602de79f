// Owns what an actor promises: its behaviour, a table of handlers typed by its protocol.
// It runs nothing.
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
import type { CallOutcome, ExitReason, From, HandlerOutcome } from './outcome.ts';
import type { Answer, CallName, CastName, Protocol, Request } from './protocol.ts';
import type { Failure } from './result.ts';

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
  /** By which child specs and families find it: unique in the table that all threads register. */
  readonly name: string;
  /** Makes the state. Throwing ends the start; `InitFailed` ends it with an expected failure, `InitIgnored` quietly. */
  init(args: Args, context: Context): State | Promise<State>;
  /**
   * Runs once after the start is acknowledged and before any message (OTP's `handle_continue` after `init`): what takes
   * long, and nobody who starts this actor should wait for. A failure here is a crash, not a failed start.
   */
  afterInit?(state: State, context: Context): HandlerOutcome | Promise<HandlerOutcome>;
  /** One handler for each call: it answers now, or returns nothing and answers later by `context.reply(from, …)`. */
  readonly calls: {
    readonly [N in CallName<P>]: (
      state: State,
      request: Request<P, N>,
      context: Context,
      from: From<Answer<P, N>>,
    ) => CallOutcome<Answer<P, N>> | Promise<CallOutcome<Answer<P, N>>>;
  };
  /** One handler for each cast; nobody waits for it. */
  readonly casts: {
    readonly [N in CastName<P>]: (
      state: State,
      message: P['casts'][N],
      context: Context,
    ) => HandlerOutcome | Promise<HandlerOutcome>;
  };
  /** Timers by name, started with `context.startTimer(name, ms)`. */
  readonly timers?: {
    readonly [name: string]: (state: State, context: Context) => HandlerOutcome | Promise<HandlerOutcome>;
  };
  /** For the ends of others: a `down` of each monitor, and an `exit` of linked actors once exits are trapped. */
  info?(state: State, info: Info, context: Context): HandlerOutcome | Promise<HandlerOutcome>;
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

/**
 * Thrown by `init` when there is nothing to do for this actor here (switched off, say): the start ends quietly and
 * counts as done. A supervisor keeps the child as stopped (a temporary one not at all); a key's callers get `noproc`.
 */
export class InitIgnored extends Error {
  constructor() {
    super('init chose not to run');
    this.name = 'InitIgnored';
  }
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
