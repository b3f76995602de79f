// Owns the data that describes a supervision tree: child specs and supervisor specs. It starts nothing.
// List order is start order, reverse is stop order; strategy and restart budget stand beside their children.

/** The behaviour that every thread knows beside those it is given. */
export const supervisorName = 'supervisor';

/** Whether a supervisor starts a child again that has ended (OTP's restart type). */
export type Restart =
  /** Always restarted. */
  | 'permanent'
  /** Restarted only after an abnormal end. */
  | 'transient'
  /** Never restarted; its spec is forgotten when it ends. */
  | 'temporary';

/** How long a child may take to end before it is killed. */
export type Shutdown = number | 'brutalKill' | 'infinity';

/** Who ends and starts again with a child that must be restarted: it alone, all, or it and those after it in the list. */
export type Strategy = 'oneForOne' | 'oneForAll' | 'restForOne';

/** Where a child lives. */
export type Placement =
  /** With its supervisor. */
  | { readonly on: 'parent' }
  /** On the edge thread. */
  | { readonly on: 'edge' }
  /** On a thread of its own that is named when the node starts (a gate). */
  | { readonly on: 'gate'; readonly gate: string }
  /** On the scheduler thread that the key hashes to. */
  | { readonly on: 'scheduler'; readonly key: string }
  /** On the scheduler threads in turn: partition 0 on the first, 1 on the second, and round again. */
  | { readonly on: 'partition'; readonly partition: number };

/** One child of a supervisor, as data: OTP's child spec, with the thread it lives on. */
export interface ChildSpec {
  /** Unique among its siblings. */
  readonly id: string;
  /** The name of a behaviour that its thread knows. */
  readonly behaviour: string;
  /** What its `init` gets: plain data. */
  readonly args: unknown;
  /** Claimed before init; the start fails with `alreadyStarted` when somebody has it. */
  readonly name?: string;
  /** Default permanent. */
  readonly restart?: Restart;
  /** Default 5,000 ms for a worker, infinity for a supervisor. */
  readonly shutdown?: Shutdown;
  /** Its end may end its supervisor, see `autoShutdown`; not for a permanent child. */
  readonly significant?: boolean;
  /** Default: with its supervisor. A child on a thread that was lost is started again on the next life of that thread. */
  readonly placement?: Placement;
  /** Default 10,000; beyond it casts are dropped and counted, calls are refused with `overloaded`. */
  readonly mailboxMessagesMax?: number;
  /** Default 30,000: an async handler that takes longer ends its actor. */
  readonly handlerDeadlineMs?: number;
  /** Default 5,000. */
  readonly initDeadlineMs?: number;
  /** Waits before a restart: first `minMs`, doubled up to `maxMs`, reset after a quiet `maxMs`. None by default. */
  readonly backoff?: { readonly minMs: number; readonly maxMs: number };
}

/** A supervisor and its children, as data: the `args` of behaviour `supervisor`. */
export interface SupervisorSpec {
  readonly strategy: Strategy;
  /** More than `intensity` restarts within `periodMs` end the supervisor. Default 1 in 5,000 ms, as in OTP. */
  readonly intensity?: number;
  readonly periodMs?: number;
  /** Ends the supervisor when a significant child, or the last of them, has ended by itself. Default never. */
  readonly autoShutdown?: 'never' | 'anySignificant' | 'allSignificant';
  readonly children: readonly ChildSpec[];
}

/** A kind of actor of which each scheduler thread holds the members whose keys hash to it. */
export interface FamilySpec {
  readonly family: string;
  /** Its init gets `{ key, ...args }`. */
  readonly behaviour: string;
  readonly args?: { readonly [name: string]: unknown };
  readonly shutdown?: Shutdown;
  readonly mailboxMessagesMax?: number;
  readonly handlerDeadlineMs?: number;
  readonly initDeadlineMs?: number;
}

/** A child that is itself a supervisor. */
export function supervisorChild(id: string, spec: SupervisorSpec, more: Partial<ChildSpec> = {}): ChildSpec {
  return { shutdown: 'infinity', ...more, id, behaviour: supervisorName, args: spec };
}
