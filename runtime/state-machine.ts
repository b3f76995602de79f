// Owns the behaviour for actors whose answer depends on the state they are in, after OTP's gen_statem: one table of
// handlers for each named state. It makes a plain behaviour of it, and adds nothing to what a plain one may do.
//
//   closed --- open ---> open --- 30 s without a word (state timeout) ---> closed
//      \                  | enter: light on
//       `- say: postpone -+-> tried again here, before anything newer
//
// State is a name; everything else is `data`, the actor's own object, changed in place. In place of gen_statem's
// actions: `next(state)`, `next(state, reply(answer))`, `repeatState`, `postpone`; reply, refuse, stop and passivate are
// as ever. Its three timeouts: `timeout` of a state, `idle` of a state (event timeout), and named timers (generic ones).

import type { Behaviour, Info } from './behaviour.ts';
import type { Context } from './context.ts';
import type { OrLater } from './later.ts';
import { type Loose, machineBehaviour } from './machine-run.ts';
import type { CallOutcome, CastOutcome, ExitReason, From, Refuse, Reply, Stop } from './outcome.ts';
import type { Answer, CallName, CastName, Protocol, Request } from './protocol.ts';

/** Not in this state: the event waits, and is tried again after the next change of state, in the order of arrival. */
export interface Postpone {
  readonly outcome: 'postpone';
}

/** Go on in that state. To name the state that it is in changes nothing: no `enter`, no fresh timeout. */
export interface Next<S extends string, A = never> {
  readonly outcome: 'next';
  readonly state: S;
  readonly also: Reply<A> | Refuse | Stop | undefined;
}

/** Enter this state anew. */
export interface RepeatState<A = never> {
  readonly outcome: 'repeatState';
  readonly also: Reply<A> | Refuse | undefined;
}

/** The outcome of a handler, or in its place in the table, for an event that this state does not take. */
export const postpone: Postpone = { outcome: 'postpone' };

/** `also` is what the handler would have returned without the change: `next('open', reply('ok'))`. */
export function next<S extends string, A = never>(state: S, also?: Reply<A> | Refuse | Stop): Next<S, A> {
  return { outcome: 'next', state, also };
}

/**
 * Begins the state that it is in anew: `enter` runs, from the state itself, and its timeout has its full time. What is
 * postponed goes on waiting for another state.
 */
export function repeatState<A = never>(also?: Reply<A> | Refuse): RepeatState<A> {
  return { outcome: 'repeatState', also };
}

/** What a state's handler of a call may return. */
export type MachineCallOutcome<S extends string, A> = CallOutcome<A> | Next<S, A> | RepeatState<A> | Postpone;
/** What a state's handler of a cast, a timer or its timeout may return. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a return statement is the common case.
export type MachineCastOutcome<S extends string> = CastOutcome | Next<S> | RepeatState | Postpone | void;

type OnCall<P extends Protocol, S extends string, Data, N extends CallName<P>> =
  | Postpone
  | ((
      data: Data,
      request: Request<P, N>,
      context: Context,
      from: From<Answer<P, N>>,
    ) => OrLater<MachineCallOutcome<S, Answer<P, N>>>);

type OnCast<P extends Protocol, S extends string, Data, N extends CastName<P>> =
  | Postpone
  | ((data: Data, message: P['casts'][N], context: Context) => OrLater<MachineCastOutcome<S>>);

type Calls<P extends Protocol, S extends string, Data, N extends CallName<P>> = {
  readonly [K in N]: OnCall<P, S, Data, K>;
};
type Casts<P extends Protocol, S extends string, Data, N extends CastName<P>> = {
  readonly [K in N]: OnCast<P, S, Data, K>;
};

/** After `ms`, a number or a function of the data, `handle` runs as an event of the state. */
export interface StateTimeout<S extends string, Data> {
  readonly ms: number | ((data: Data) => number);
  readonly handle: (data: Data, context: Context) => OrLater<Exclude<MachineCastOutcome<S>, Postpone>>;
}

/** One state: what it does when it begins, how long it lasts at most, and a handler for each event. */
export interface StateSpec<P extends Protocol, S extends string, Data, Common extends string> {
  /**
   * Runs whenever this state begins, also as the first (`from` is null then, and the start is acknowledged already).
   * Synchronous; it may stop the machine, and cannot change the state.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: most have no return statement.
  enter?(data: Data, context: Context, from: S | null): Stop | undefined | void;
  /** So long after it was entered, unless it was left before: gen_statem's state timeout. */
  readonly timeout?: StateTimeout<S, Data>;
  /** So long without any event, postponed ones and timers included, while in this state: its event timeout. */
  readonly idle?: StateTimeout<S, Data>;
  readonly calls: Calls<P, S, Data, Exclude<CallName<P>, Common>> &
    Partial<Calls<P, S, Data, Extract<CallName<P>, Common>>>;
  readonly casts: Casts<P, S, Data, Exclude<CastName<P>, Common>> &
    Partial<Casts<P, S, Data, Extract<CastName<P>, Common>>>;
}

/**
 * `S`: the names of the states. `Common`: names of messages that all states take alike, handled in `common`; every
 * other message needs a handler (or `postpone`) in every state, or it does not compile.
 */
export interface StateMachine<P extends Protocol, Args, S extends string, Data, Common extends string = never> {
  /** By which child specs and families find it. */
  readonly name: string;
  /** The first state, whose `enter` runs next, and the data that all states share. */
  init(args: Args, context: Context): OrLater<{ readonly state: S; readonly data: Data }>;
  /** One table for each state. */
  readonly states: { readonly [N in S]: StateSpec<P, S, Data, Common> };
  /** Handlers of the messages named in `Common`, for every state that has none of its own. */
  readonly common?: {
    readonly calls?: Calls<P, S, Data, Extract<CallName<P>, Common>>;
    readonly casts?: Casts<P, S, Data, Extract<CastName<P>, Common>>;
  };
  /** Named timers, which a change of state leaves alone; started with `context.startTimer(name, ms)`. */
  readonly timers?: {
    readonly [name: string]: (data: Data, context: Context, state: S) => OrLater<MachineCastOutcome<S>>;
  };
  /** For a `down` of a monitor, or an `exit` when exits are trapped; it may be postponed too. */
  info?(data: Data, info: Info, context: Context, state: S): OrLater<MachineCastOutcome<S>>;
  /** At the end, with the state that it ended in; never after `kill` or a lost thread. */
  terminate?(data: Data, reason: ExitReason, context: Context, state: S): void | Promise<void>;
}

/** A behaviour like any other: it goes into the table of behaviours, and is spoken to by its protocol. */
export function defineStateMachine<P extends Protocol, Args, S extends string, Data, Common extends string = never>(
  definition: StateMachine<P, Args, S, Data, Common>,
): Behaviour<P, Args, unknown> {
  return machineBehaviour(definition as unknown as Loose) as unknown as Behaviour<P, Args, unknown>;
}
