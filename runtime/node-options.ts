// Owns what an application says when it starts a node, and what it gets: the node's handle on the edge thread.
// The runtime knows no chat: behaviours, tree, families and gates are given to it.

import type { Address, Pid } from './address.ts';
import type { AnyBehaviour } from './behaviour.ts';
import type { CallOptions } from './context.ts';
import type { ExitReason } from './outcome.ts';
import type { Answer, CallName, CastName, Protocol, Request } from './protocol.ts';
import type { Result } from './result.ts';
import type { FamilySpec, SupervisorSpec } from './spec.ts';

export interface NodeOptions {
  /** Name of this node in pids and logs. */
  readonly node: string;
  /** The module every thread loads: it must export `runThread = threadMain(behaviours)`. A file URL or path. */
  readonly threadEntry: string;
  /** What every thread knows too; the edge may know more (behaviours that share memory with sockets). */
  readonly behaviours: readonly AnyBehaviour[];
  readonly schedulers: number;
  /** Names of the gate threads. A gate with `ownsFiles` is replaced only after its old thread's exit event. */
  readonly gates: readonly { readonly name: string; readonly ownsFiles?: boolean; readonly heapBytesMax?: number }[];
  readonly families: readonly FamilySpec[];
  /** The root supervisor's spec; it lives on the edge. */
  readonly tree: SupervisorSpec;
  /** Given to every thread and its behaviours' init through `context`-free plain data. */
  readonly threadStuckMs?: number;
  /** The process is killed when the edge itself is stuck for so long; default 10,000, 0 for never. */
  readonly edgeStuckMs?: number;
  /** JavaScript heap of one scheduler thread; default 2 GiB. */
  readonly schedulerHeapBytesMax?: number;
  /** Buffers of one thread, which no heap limit covers; default 512 MiB. A thread beyond it is replaced. */
  readonly bufferBytesMax?: number;
  readonly log?: (line: LogLine) => void;
  /** A thread was lost or came (again): edges repeat their levels to actors that were made anew. */
  readonly onThread?: (event: ThreadEvent) => void;
  /** The root supervisor gave up, or the edge itself must end. */
  readonly onFatal?: (reason: ExitReason) => void;
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly thread: string;
  readonly fields?: { readonly [name: string]: unknown };
}

export interface ThreadEvent {
  readonly type: 'up' | 'lost';
  /** `edge`, `scheduler 1`, `gate sql` … */
  readonly thread: string;
  readonly index: number;
  readonly reason?: string;
}

export interface ActorNode {
  readonly name: string;
  call<P extends Protocol, N extends CallName<P>>(
    to: Address<P>,
    name: N,
    request: Request<P, N>,
    options?: CallOptions,
  ): Promise<Result<Answer<P, N>>>;
  cast<P extends Protocol, N extends CastName<P>>(to: Address<P>, name: N, message: P['casts'][N]): void;
  whereis(name: string): Pid | null;
  /** The scheduler thread's index that holds this key. */
  threadOf(key: string): number;
  inspect(): Promise<Inspection>;
  /** Ends a thread as a fault would: for tests and operators. */
  killThread(index: number): Promise<void>;
  /** Stops the tree in reverse order, then the threads. */
  stop(): Promise<void>;
}

export interface ThreadInspection {
  readonly thread: string;
  readonly index: number;
  readonly incarnation: number;
  readonly actors: number;
  readonly messages: number;
  readonly mailboxLongest: number;
  readonly heapBytes: number;
  readonly bufferBytes: number;
  readonly cpuMs: number;
  readonly loopDelayMaxMs: number;
  readonly crashes: number;
  readonly deadLetters: number;
  readonly dropped: number;
  /** Actors alive, by behaviour. */
  readonly behaviours: { readonly [name: string]: number };
  readonly counters: readonly Counter[];
}

export interface Counter {
  readonly metric: string;
  readonly labels: { readonly [label: string]: string };
  readonly value: number;
}

export interface Inspection {
  readonly node: string;
  readonly threads: readonly ThreadInspection[];
  readonly threadRestarts: number;
}
