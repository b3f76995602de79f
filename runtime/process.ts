// Owns the record of one living actor: its state, its mailbox, and what it is bound to.
// It is data only: turns.ts runs it, lifecycle.ts begins and ends it, signals.ts ties it to others.

import type { Pid } from './address.ts';
import type { CompiledBehaviour } from './behaviour-table.ts';
import type { Context } from './context.ts';
import { stableHash } from './hash.ts';
import { limitsOf, type ProcessLimits } from './limits.ts';
import { type Envelope, Mailbox } from './mailbox.ts';
import type { ExitReason, From } from './outcome.ts';
import type { Result } from './result.ts';
import type { ChildSpec } from './spec.ts';
import { Ties } from './ties.ts';

export type ProcessStatus =
  /** Waits for its name, then for its first turn. */
  | 'starting'
  /** An async init has not settled yet. */
  | 'initialising'
  /** Its start is acknowledged; what its behaviour does after init comes before any message. */
  | 'fresh'
  | 'ready'
  /** An async handler has not settled yet. */
  | 'suspended'
  /** An async terminate has not settled yet. */
  | 'ending'
  | 'ended';

/** Who answers for an actor when it has ended: the holder of a family. */
export interface ProcessOwner {
  /** Null for a root. */
  readonly family: string | null;
  ended(process: Process, reason: ExitReason, leftOver: readonly Envelope[]): void;
}

/** What an actor begins with. */
export interface SpawnOrder {
  readonly spec: Omit<ChildSpec, 'id' | 'placement' | 'restart' | 'significant' | 'backoff'>;
  /** Linked to the child; its wish to shut down is obeyed. */
  readonly parent: Pid | null;
  readonly key: string | null;
  readonly restarts: number;
  readonly owner: ProcessOwner | null;
  /** Null: nobody asks whether it starts; a failed init is an end like any other, and the parent's link tells of it. */
  readonly ack: Acknowledgement | null;
}

/** Who waits for a start. */
export interface Acknowledgement {
  give(result: Result<Pid>): void;
}

/** What a parent orders that waits for the start: the order is its own acknowledgement, one object less for each child. */
export class AwaitedStart implements SpawnOrder, Acknowledgement {
  readonly spec: ChildSpec;
  readonly parent: Pid;
  readonly restarts: number;
  /** What came of it, when that came before anybody had to wait. */
  result: Result<Pid> | null = null;
  heard: ((result: Result<Pid>) => void) | null = null;

  constructor(spec: ChildSpec, parent: Pid, restarts: number) {
    this.spec = spec;
    this.parent = parent;
    this.restarts = restarts;
  }

  give(result: Result<Pid>): void {
    this.result = result;
    this.heard?.(result);
  }

  get key(): null {
    return null;
  }

  get owner(): null {
    return null;
  }

  get ack(): this {
    return this;
  }
}

/** Five facts and a count in one number: 40 bytes less than a field for each. */
const fact = { queued: 1, linkedToParent: 2, currentAnswered: 4, passivating: 8, trapsExit: 16 } as const;
const factBits = 5;

/** An actor is its own mailbox, and what few actors have is in its ties: an idle one takes 368 bytes with state and key, not 750. */
export abstract class Process extends Mailbox {
  declare readonly pid: Pid;
  /** That of its start, or the same under a trace. */
  declare behaviour: CompiledBehaviour;
  declare readonly limits: ProcessLimits;
  declare readonly parent: Pid | null;
  declare readonly key: string | null;
  /** What the watchdog can know of its key; 0 for an actor without one. */
  declare readonly keyHash: number;
  declare readonly owner: ProcessOwner | null;
  /** Null when its init has returned. */
  declare start: SpawnOrder | null;
  declare status: ProcessStatus;
  declare state: unknown;
  /** What it works on; its kind is all that a crash report says of it. */
  declare current: Envelope | null;
  /** Set by an exit signal: the next turn ends it with this reason, before any other message. */
  declare doom: ExitReason | null;
  declare handled: number;
  /** Asks and calls whose answer has not come. */
  declare asking: number;
  declare ties: Ties | null;
  declare private facts: number;

  constructor(pid: Pid, behaviour: CompiledBehaviour, order: SpawnOrder) {
    super();
    this.facts = order.restarts << factBits;
    this.pid = pid;
    this.behaviour = behaviour;
    this.limits = limitsOf(order.spec);
    this.parent = order.parent;
    this.linkedToParent = order.parent !== null;
    this.key = order.key;
    this.keyHash = order.key === null ? 0 : stableHash(order.key) | 0;
    this.owner = order.owner;
    this.start = order;
    this.status = 'starting';
    this.state = undefined;
    this.current = null;
    this.doom = null;
    this.handled = 0;
    this.asking = 0;
    this.ties = null;
  }

  /** What its handlers see of it. */
  abstract get context(): Context;

  /** Its lives before this one. */
  get restarts(): number {
    return this.facts >>> factBits;
  }

  /** Stands in the run queue. */
  get queued(): boolean {
    return (this.facts & fact.queued) !== 0;
  }

  set queued(is: boolean) {
    this.facts = is ? this.facts | fact.queued : this.facts & ~fact.queued;
  }

  get linkedToParent(): boolean {
    return (this.facts & fact.linkedToParent) !== 0;
  }

  set linkedToParent(is: boolean) {
    this.facts = is ? this.facts | fact.linkedToParent : this.facts & ~fact.linkedToParent;
  }

  get currentAnswered(): boolean {
    return (this.facts & fact.currentAnswered) !== 0;
  }

  set currentAnswered(is: boolean) {
    this.facts = is ? this.facts | fact.currentAnswered : this.facts & ~fact.currentAnswered;
  }

  get passivating(): boolean {
    return (this.facts & fact.passivating) !== 0;
  }

  set passivating(is: boolean) {
    this.facts = is ? this.facts | fact.passivating : this.facts & ~fact.passivating;
  }

  get trapsExit(): boolean {
    return (this.facts & fact.trapsExit) !== 0;
  }

  set trapsExit(is: boolean) {
    this.facts = is ? this.facts | fact.trapsExit : this.facts & ~fact.trapsExit;
  }

  get mailbox(): Mailbox {
    return this;
  }

  get alive(): boolean {
    return this.status !== 'ended' && this.status !== 'ending';
  }

  get hasStarted(): boolean {
    return this.start === null;
  }

  /** Its first one, while it still waits for it too. */
  get name(): string | null {
    return this.start?.spec.name ?? this.ties?.names?.[0] ?? null;
  }

  /** Monotonic; null for none. What a handler's own calls may still take. */
  get deadline(): number | null {
    return this.current === null || this.status === 'ending' ? null : this.current.deadline;
  }
}

/** Made when the first of them is needed. */
export function tiesOf(process: Process): Ties {
  process.ties ??= new Ties();
  return process.ties;
}

export function fromKey(from: From): string {
  return `${from.thread}.${from.incarnation}.${from.ref}`;
}
