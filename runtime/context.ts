// Owns what a handler can do to the world: the only way for an actor to reach time, chance, timers and other actors.
// It declares; process-context.ts provides it. No handler uses Date, Math.random or a Node timer by itself.

import type { Address, Pid } from './address.ts';
import type { ExitReason, From, HandlerOutcome } from './outcome.ts';
import type { Answer, CallName, CastName, Protocol, Request } from './protocol.ts';
import type { Failure, Result } from './result.ts';
import type { ChildSpec } from './spec.ts';

/** How long a call may take. */
export interface CallOptions {
  /** Milliseconds from now; default 5,000, or what is left of the deadline under which this handler itself runs. */
  readonly deadlineMs?: number;
}

/**
 * What a handler gets beside its state and its message: all that an actor can do to the world. It belongs to one actor
 * and may be kept by it; after the actor's end nothing in it reaches anybody, and a call never resolves.
 */
export interface Context {
  /** This actor's pid: the address of this life of it. */
  readonly self: Pid;
  /** The key under which its family made it; null for an actor that a supervisor or another actor started. */
  readonly key: string | null;
  /** How often this child was started before under the same spec or key on this thread: 0 for the first life. */
  readonly restarts: number;

  /** Wall clock, milliseconds since 1970. For what people read; never for durations. */
  now(): number;
  /** Monotonic milliseconds. For durations and deadlines. */
  monotonic(): number;
  /** Uniform in [0, 1): for jitter and shuffles, never for secrets. */
  random(): number;
  /** Cryptographically random bytes, for ids. */
  randomBytes(length: number): Uint8Array;

  /**
   * Sends and forgets. To somebody dead: silence. To a full mailbox: dropped and counted. It returns nothing, as OTP's
   * always says `ok`: what becomes of it is not known yet when the receiver lives on another thread. Who can slow down
   * asks `pressure` before; who must know makes it a call.
   */
  cast<P extends Protocol, N extends CastName<P>>(to: Address<P>, name: N, message: P['casts'][N]): void;

  /**
   * How full the way to an actor is: 0 nothing waits, 1 the next cast is dropped. For producers that can slow down.
   * For an actor on another thread it tells of the way there, and of a mailbox that was full within the last 100 ms.
   */
  pressure(to: Address): number;

  /**
   * For async handlers: this actor takes nothing else until the answer is there. Never rejects. A call of itself fails
   * with `callingSelf` at once.
   */
  call<P extends Protocol, N extends CallName<P>>(
    to: Address<P>,
    name: N,
    request: Request<P, N>,
    options?: CallOptions,
  ): Promise<Result<Answer<P, N>>>;

  /**
   * Asks and goes on: `then` runs later as a turn of this actor (never while another handler of it runs, never after
   * its end). This is how an actor waits for somebody without keeping its own callers waiting.
   */
  ask<P extends Protocol, N extends CallName<P>>(
    to: Address<P>,
    name: N,
    request: Request<P, N>,
    options: CallOptions,
    then: (result: Result<Answer<P, N>>) => HandlerOutcome,
  ): void;

  /**
   * Answers a call whose handler returned undefined (`gen_server:reply`). A second answer is dropped. `from` is plain
   * data: the actor that took the call may hand it to another one, which answers in its place.
   */
  reply<A>(from: From<A>, answer: A): void;
  /** Answers a call with an expected failure instead. */
  refuse(from: From, failure: Failure): void;
  /** Whether a call that this actor took still waits: false once it was answered, or its deadline has passed. */
  isAwaited(from: From): boolean;

  /** Starts a child linked to this actor; resolves when its init has returned, or with why it failed. */
  spawn(spec: ChildSpec): Promise<Result<Pid>>;

  /**
   * Starts a child on this thread and does not wait for its init: its pid at once, as OTP's `spawn_link`. What is sent
   * to it waits until it is there; when its init fails, that is the end of a linked actor.
   */
  spawnLink(spec: ChildSpec): Pid;

  /**
   * From now on the end of one ends the other with the same reason, unless it is `normal` or the other traps exits. To
   * somebody dead: an exit signal with `noproc`, at once.
   */
  link(pid: Pid): void;
  /** Also takes back an `exit` that waits in the mailbox. */
  unlink(pid: Pid): void;
  /** One `down` info when that actor ends, at once with `noproc` when nobody is there. Returns the info's `ref`. */
  monitor(target: Address): number;
  /** Also takes back a `down` that waits in the mailbox. */
  demonitor(ref: number): void;
  /** From now on exit signals of linked actors arrive as info instead of ending this one. */
  trapExit(): void;
  /** Sends an exit signal, as OTP's `exit/2`: `normal` does nothing, `kill` cannot be trapped. */
  exit(pid: Pid, reason: ExitReason): void;

  /** Unique on this node; false when somebody has it. Freed when this actor ends. */
  register(name: string): Promise<boolean>;
  /** Gives a name back before the end. One that this actor does not have stays whose it is. */
  unregister(name: string): void;
  /** Who has this name as far as this thread knows: it may be a message behind. */
  whereis(name: string): Pid | null;
  /** Process groups: the same actor may join several; left when it ends. */
  joinGroup(group: string): void;
  leaveGroup(group: string): void;
  /** Those of all threads, as far as this thread knows. */
  groupMembers(group: string): readonly Pid[];

  /**
   * Runs `timers[name]` once after `ms`; starting a running timer starts it anew. Timers die with their actor. A
   * `lenient` one may come up to 128 ms later, together with others: for ticks of which a thread has thousands.
   */
  startTimer(name: string, ms: number, options?: { readonly lenient?: boolean }): void;
  /** A timer that fired and still waits in the mailbox is taken back too. */
  cancelTimer(name: string): void;

  /** Adds to a counter of this thread, read by `node.inspect()`; labels must come from a small closed set. */
  count(metric: string, labels?: { readonly [label: string]: string }, by?: number): void;
  /** Says something to the log of this node. Fields are kinds and sizes, never text that a person wrote. */
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: { readonly [name: string]: unknown }): void;
}
