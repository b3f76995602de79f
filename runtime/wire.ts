// Owns the shapes that travel between the threads of one node: the messages of actors and the runtime's own.
// Every shape is plain data, but for a port; a message of an old life of a thread is recognised by the incarnation in its pids.

import type { MessagePort } from 'node:worker_threads';
import type { Key, Pid } from './address.ts';
import type { CrashReport, InspectOptions, TraceOptions } from './inspection.ts';
import type { LogLine, ThreadInspection } from './node-options.ts';
import type { ExitReason, From } from './outcome.ts';
import type { Result } from './result.ts';
import type { ChildSpec } from './spec.ts';

/** What one actor does to another. */
export type ActorWire =
  | { readonly kind: 'cast'; readonly to: Pid | Key; readonly name: string; readonly body: unknown }
  | {
      readonly kind: 'call';
      readonly to: Pid | Key;
      readonly name: string;
      readonly body: unknown;
      readonly from: From;
      readonly deadline: number;
    }
  /** This actor's mailbox is full: a cast from there was dropped. */
  | { readonly kind: 'full'; readonly to: Pid | Key }
  | { readonly kind: 'answer'; readonly ref: number; readonly result: Result<unknown> }
  | { readonly kind: 'exit'; readonly to: Pid; readonly from: Pid; readonly reason: ExitReason; readonly link: boolean }
  | { readonly kind: 'link' | 'unlink'; readonly to: Pid; readonly from: Pid }
  | { readonly kind: 'monitor'; readonly to: Pid | Key; readonly from: Pid; readonly ref: number }
  | { readonly kind: 'demonitor'; readonly to: Pid | Key; readonly from: Pid; readonly ref: number }
  | {
      readonly kind: 'down';
      readonly to: Pid;
      readonly ref: number;
      readonly pid: Pid | null;
      readonly reason: ExitReason;
    }
  | {
      readonly kind: 'spawn';
      readonly ref: number;
      readonly spec: ChildSpec;
      readonly parent: Pid;
      readonly restarts: number;
    };

/** From a thread to the edge. */
export type ToEdgeWire =
  | { readonly kind: 'ready' }
  | { readonly kind: 'claim'; readonly ref: number; readonly name: string; readonly pid: Pid }
  | { readonly kind: 'release'; readonly name: string; readonly pid: Pid }
  | { readonly kind: 'log'; readonly line: LogLine }
  | { readonly kind: 'crashed'; readonly report: CrashReport }
  /** It has done what it could before its end; whatever it answered came before this. */
  | { readonly kind: 'drained' }
  | { readonly kind: 'inspection'; readonly ref: number; readonly inspection: ThreadInspection };

/** The port to that life of that thread, moved with this. */
export interface PortWire {
  readonly kind: 'connect';
  readonly thread: number;
  readonly incarnation: number;
  readonly port: MessagePort;
}

/** From the edge to a thread, or (groups) both ways. */
export type ToThreadWire =
  | { readonly kind: 'named' | 'freed'; readonly name: string; readonly pid: Pid }
  | { readonly kind: 'joined' | 'left'; readonly group: string; readonly pid: Pid }
  | { readonly kind: 'lost'; readonly thread: number; readonly incarnation: number }
  | PortWire
  | { readonly kind: 'inspect'; readonly ref: number; readonly options: InspectOptions }
  | { readonly kind: 'trace'; readonly ref: number; readonly to: Pid | Key; readonly options: TraceOptions }
  | { readonly kind: 'stopFamily'; readonly ref: number; readonly family: string }
  /** Is answered at once: what was said before has been heard then. */
  | { readonly kind: 'echo'; readonly ref: number }
  | { readonly kind: 'drain'; readonly withinMs: number }
  | { readonly kind: 'halt' };

export type Wire = ActorWire | ToEdgeWire | ToThreadWire;
