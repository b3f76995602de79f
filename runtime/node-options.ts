// Owns what an application says when it starts a node, and what it gets: the node's handle on the edge thread.
// It runs nothing and knows no application: behaviours, tree, families and gates are given to it.

import type { Address, Pid } from './address.ts';
import type { AnyBehaviour } from './behaviour.ts';
import type { CallOptions } from './context.ts';
import type { CrashReport, InspectOptions, ThreadDetail, Trace, TraceOptions } from './inspection.ts';
import type { ExitReason } from './outcome.ts';
import type { Answer, CallName, CastName, Protocol, Request } from './protocol.ts';
import type { Result } from './result.ts';
import type { FamilySpec, SupervisorSpec } from './spec.ts';

/** A thread of its own for what may block or misbehave: a database client, a native addon, files. */
export interface GateSpec {
  readonly name: string;
  /** Replaced only when the old thread has really exited: two lives never hold its files at once. */
  readonly ownsFiles?: boolean;
  /** JavaScript heap; default 2 GiB. */
  readonly heapBytesMax?: number;
}

/** What an application gives to `startNode`: who the actors are, on how many threads, and under which limits. */
export interface NodeOptions {
  /** Name of this node in pids and logs; default `node`. */
  readonly node?: string;
  /** The module every thread loads: it must export `runThread = threadMain(behaviours)`. A file URL or path. */
  readonly threadEntry: string;
  /** What every thread knows too; the edge may know more (behaviours that share memory with sockets). */
  readonly behaviours: readonly AnyBehaviour[];
  /** Threads that hold the members of families; at least 1, default the cores that may be used less 1. */
  readonly schedulers?: number;
  /** Default none. */
  readonly gates?: readonly GateSpec[];
  /** In the order of their dependence: the last is stopped first. Default none. */
  readonly families?: readonly FamilySpec[];
  /** The root supervisor's spec; it lives on the edge. Default: no children. */
  readonly tree?: SupervisorSpec;
  /** A thread that spins for so long without turning its loop is ended; default 1,000. See README, "Faults". */
  readonly threadStuckMs?: number;
  /** The process is killed when the edge itself is stuck for so long; default 10,000, 0 for never. */
  readonly edgeStuckMs?: number;
  /** JavaScript heap of one scheduler thread; default 2 GiB. One that comes near it is drained and replaced. */
  readonly schedulerHeapBytesMax?: number;
  /** Buffers of one thread, which no heap limit covers; default 512 MiB. A thread beyond it is drained and replaced. */
  readonly bufferBytesMax?: number;
  readonly log?: (line: LogLine) => void;
  /** A thread was lost or came (again): edges repeat their levels to actors that were made anew. */
  readonly onThread?: (event: ThreadEvent) => void;
  /** The root supervisor gave up, or the edge itself must end. */
  readonly onFatal?: (reason: ExitReason) => void;
}

/** With every default of the node's shape in its place. */
export type CompleteNodeOptions = NodeOptions &
  Required<Pick<NodeOptions, 'node' | 'schedulers' | 'gates' | 'families' | 'tree'>>;

/** One line for the application's log: kinds and sizes, never the content of a message. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly thread: string;
  readonly fields?: { readonly [name: string]: unknown };
}

/** A thread came up, or was lost and is being replaced. */
export interface ThreadEvent {
  readonly type: 'up' | 'lost';
  /** `edge`, `scheduler 1`, `gate sql` … */
  readonly thread: string;
  readonly index: number;
  readonly reason?: string;
}

/** The handle of a started node, for what is no actor itself: servers, commands, tests. */
export interface ActorNode {
  readonly name: string;
  /** As `context.call`, from outside of any actor; the default deadline is 5,000 ms. Never rejects. */
  call<P extends Protocol, N extends CallName<P>>(
    to: Address<P>,
    name: N,
    request: Request<P, N>,
    options?: CallOptions,
  ): Promise<Result<Answer<P, N>>>;
  /** As `context.cast`. */
  cast<P extends Protocol, N extends CastName<P>>(to: Address<P>, name: N, message: P['casts'][N]): void;
  /** As `context.pressure`. */
  pressure(to: Address): number;
  /** Who has this name; null when nobody does. */
  whereis(name: string): Pid | null;
  /** The scheduler thread's index that holds this key. */
  threadOf(key: string): number;
  /** How the node does, thread by thread; with `actorsTop` also who lives there. A thread that does not answer in 1 s is left out. */
  inspect(options?: InspectOptions): Promise<Inspection>;
  /**
   * Watches one actor at work: kinds, sizes and durations of its messages, never what they say. Resolves when the trace
   * is over; nobody there: `noproc`. Costs the traced actor some microseconds a message and the others nothing.
   */
  trace(address: Address, options?: TraceOptions): Promise<Result<Trace>>;
  /** Ends a thread as a fault would: for tests and operators. */
  killThread(index: number): Promise<void>;
  /** Stops the tree in reverse order, then the threads. */
  stop(): Promise<void>;
}

/** The figures of one thread. Counts run from the start of this life of the thread; its next life begins at 0. */
export interface ThreadInspection {
  /** `edge`, `scheduler 1`, `gate sql` … */
  readonly thread: string;
  readonly index: number;
  /** Which life of the thread: 1 for the first. */
  readonly incarnation: number;
  /** Alive now. */
  readonly actors: number;
  /** Handled so far, of all kinds. */
  readonly messages: number;
  /** The longest mailbox since the last inspection. */
  readonly mailboxLongest: number;
  readonly heapBytes: number;
  readonly bufferBytes: number;
  readonly cpuMs: number;
  /** How late the event loop was at worst since the last inspection. */
  readonly loopDelayMaxMs: number;
  readonly crashes: number;
  /** Messages to nobody. */
  readonly deadLetters: number;
  /** What met a full mailbox or a full buffer to another thread. */
  readonly dropped: number;
  /** Actors alive, by behaviour. */
  readonly behaviours: { readonly [name: string]: number };
  readonly counters: readonly Counter[];
  /** Only when it was asked for. */
  readonly detail: ThreadDetail | null;
}

/** A number that behaviours of this thread counted themselves with `context.count`. */
export interface Counter {
  readonly metric: string;
  readonly labels: { readonly [label: string]: string };
  readonly value: number;
}

/** The figures of a whole node: the edge first, then its threads in order. */
export interface Inspection {
  readonly node: string;
  readonly threads: readonly ThreadInspection[];
  /** Threads that were lost and replaced since the node started. */
  readonly threadRestarts: number;
  /** Threads that were ended and are not gone: native code that they are in has not returned. At most 8 beside a new one. */
  readonly threadsLingering: number;
  /** The last 50, oldest first. */
  readonly crashReports: readonly CrashReport[];
}
