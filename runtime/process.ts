// Owns the record of one living actor: its state, its mailbox, and what it is bound to.
// It is data only: turns.ts runs it, lifecycle.ts begins and ends it, signals.ts ties it to others.

import type { Pid } from './address.ts';
import type { CompiledBehaviour } from './behaviour-table.ts';
import type { Context } from './context.ts';
import { stableHash } from './hash.ts';
import { type Envelope, Mailbox } from './mailbox.ts';
import type { ExitReason, From } from './outcome.ts';
import type { PidSet } from './pid-set.ts';
import type { Result } from './result.ts';
import type { Timer } from './timers.ts';
import { Deadline } from './wheel.ts';

export type ProcessStatus =
  /** Waits for its name, then for its first turn. */
  | 'starting'
  /** An async init has not settled yet. */
  | 'initialising'
  | 'ready'
  /** An async handler has not settled yet. */
  | 'suspended'
  /** An async terminate has not settled yet. */
  | 'ending'
  | 'ended';

/** One monitor that this actor holds. `onDown` is the runtime's own; without it an info arrives. */
export interface Watch {
  readonly thread: number;
  readonly incarnation: number;
  readonly pid: Pid | null;
  readonly onDown: ((reason: ExitReason) => void) | null;
}

/** Somebody who monitors this actor. */
export interface Watcher {
  readonly pid: Pid;
  readonly ref: number;
}

/** Who answers for an actor when it has ended: the holder of a family. */
export interface ProcessOwner {
  /** Null for a root. */
  readonly family: string | null;
  ended(process: Process, reason: ExitReason, leftOver: readonly Envelope[]): void;
}

export interface ProcessLimits {
  readonly mailboxMessagesMax: number;
  readonly handlerDeadlineMs: number;
  readonly initDeadlineMs: number;
  readonly shutdownMs: number;
}

export interface ProcessOrigin {
  readonly pid: Pid;
  readonly behaviour: CompiledBehaviour;
  readonly args: unknown;
  readonly limits: ProcessLimits;
  readonly parent: Pid | null;
  readonly key: string | null;
  readonly name: string | null;
  readonly restarts: number;
  readonly owner: ProcessOwner | null;
}

export class Process {
  readonly origin: ProcessOrigin;
  readonly pid: Pid;
  /** That of its origin, or the same under a trace. */
  behaviour: CompiledBehaviour;
  readonly mailbox = new Mailbox();
  readonly mailboxMessagesMax: number;
  /** What the watchdog can know of its key; 0 for an actor without one. */
  readonly keyHash: number;
  context: Context | null = null;
  status: ProcessStatus = 'starting';
  /** Stands in the run queue. */
  queued = false;
  state: unknown = undefined;
  /** What it works on; its kind is all that a crash report says of it. */
  current: Envelope | null = null;
  currentAnswered = false;
  /** Monotonic; 0 for none. What a handler's own calls may still take. */
  deadline = 0;
  /** Set by an exit signal: the next turn ends it with this reason, before any other message. */
  doom: ExitReason | null = null;
  passivating = false;
  /** Its init has returned. */
  hasStarted = false;
  trapsExit = false;
  handled = 0;
  /** Asks and calls whose answer has not come. */
  asking = 0;
  onStarted: ((result: Result<Pid>) => void) | null;
  links: PidSet | null = null;
  watches: Map<number, Watch> | null = null;
  watchers: Map<string, Watcher> | null = null;
  timers: Map<string, Timer> | null = null;
  names: string[] | null = null;
  groups: Set<string> | null = null;
  /** Calls that were taken and not answered yet, with the time after which nobody waits any more. */
  owed: Map<string, { readonly from: From; readonly deadline: number }> | null = null;
  patience: Patience | null = null;

  constructor(origin: ProcessOrigin, onStarted: ((result: Result<Pid>) => void) | null) {
    this.origin = origin;
    this.pid = origin.pid;
    this.behaviour = origin.behaviour;
    this.mailboxMessagesMax = origin.limits.mailboxMessagesMax;
    this.keyHash = origin.key === null ? 0 : stableHash(origin.key) | 0;
    this.onStarted = onStarted;
  }

  get alive(): boolean {
    return this.status !== 'ended' && this.status !== 'ending';
  }
}

/** How long the runtime waits for an async handler, init or terminate of one actor. */
export class Patience extends Deadline {
  readonly #ranOut: () => void;

  constructor(ranOut: () => void) {
    super();
    this.#ranOut = ranOut;
  }

  override expire(): void {
    this.#ranOut();
  }
}

export function fromKey(from: From): string {
  return `${from.thread}.${from.incarnation}.${from.ref}`;
}
