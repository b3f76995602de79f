// Owns what a node shows of itself to people: its actors as a tree, who is busy, what crashed, what went nowhere.
// It is shapes only, and kinds, sizes and times only: never what a message said, and of a key its beginning alone.

import type { Pid } from './address.ts';
import type { EnvelopeKind } from './mailbox.ts';
import type { ProcessStatus } from './process.ts';
import type { ChildInfo } from './supervisor-protocol.ts';

/** How much `inspect` shall tell. */
export interface InspectOptions {
  /**
   * Above 0: each thread tells its `detail` too, with so many actors by mailbox and so many by messages. It costs one
   * pass over the thread's actors, so figures that are scraped all the time leave it out.
   */
  readonly actorsTop?: number;
}

/** One actor as an observer sees it. */
export interface ActorInspection {
  readonly pid: Pid;
  readonly behaviour: string;
  readonly name: string | null;
  readonly family: string | null;
  /** The first six characters: enough to tell two apart, too little to use it. */
  readonly key: string | null;
  /** `suspended`: an async handler of it has not settled. */
  readonly status: ProcessStatus;
  /** The name of its state, when it is a state machine. */
  readonly state: string | null;
  /** Messages that wait. */
  readonly mailbox: number;
  readonly mailboxMax: number;
  /** Messages handled since it began. */
  readonly handled: number;
  /** Messages handled since the last look with detail (its whole life at the first). */
  readonly handledLately: number;
  readonly restarts: number;
  /** Its supervisor, or whoever spawned it; null for a root and for members of families. */
  readonly parent: Pid | null;
}

/** A supervisor and its children; a child's `pid` finds its ActorInspection, maybe on another thread. */
export interface SupervisorInspection {
  readonly pid: Pid;
  readonly strategy: string;
  readonly intensity: number;
  readonly periodMs: number;
  /** Restarts that count against the intensity now. */
  readonly restartsInPeriod: number;
  /** At most 200, in start order. */
  readonly children: readonly ChildInfo[];
  readonly childrenCount: number;
}

/** The members of one family on one thread. */
export interface FamilyInspection {
  readonly family: string;
  readonly behaviour: string;
  readonly members: number;
  /** Keys that failed lately; some of them rest. */
  readonly troubled: number;
}

/** A message that reached nobody: a sample, at most the last 20 of a thread. */
export interface DeadLetter {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly message: string;
  /** A name, `family`, or a pid's text; never a key. */
  readonly to: string;
  readonly why: 'noproc' | 'overloaded' | 'ended';
}

/** Who lives on one thread, bounded however many they are. */
export interface ThreadDetail {
  /** Everybody who belongs to no family (at most 500), then the top members of families. */
  readonly actors: readonly ActorInspection[];
  readonly supervisors: readonly SupervisorInspection[];
  readonly families: readonly FamilyInspection[];
  /** Oldest first. */
  readonly deadLetters: readonly DeadLetter[];
}

/** Why an actor ended that should not have; the node keeps the last 50, also those of threads that are gone. */
export interface CrashReport {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly thread: string;
  readonly pid: Pid;
  readonly behaviour: string;
  readonly name: string | null;
  /** The first six characters. */
  readonly key: string | null;
  /** The error's name and its words, which may quote what somebody wrote: for those who own the node. */
  readonly reason: string;
  /** The error's name alone: `RangeError`. */
  readonly error: string;
  /** Function, file and line where it was thrown: names of code, never a value. Null when that is not known. */
  readonly where: string | null;
  /** Its kind and name, never its content: `call add`. */
  readonly lastMessage: string;
  readonly handled: number;
  readonly mailbox: number;
  readonly restarts: number;
}

/** How long a trace runs. */
export interface TraceOptions {
  /** The trace ends with so many messages, or after so long. Defaults 100 and 5,000; at most 10,000 and 60,000. */
  readonly messagesMax?: number;
  readonly ms?: number;
}

/** One message that a traced actor handled. */
export interface TracedMessage {
  /** Milliseconds since the trace began. */
  readonly atMs: number;
  readonly kind: EnvelopeKind;
  readonly name: string;
  /** Of its payload, as it would cross threads; null when it could not. */
  readonly bytes: number | null;
  /** Until the handler returned, or, for an async one, settled. */
  readonly durationMs: number;
  readonly how: 'sync' | 'async' | 'threw';
  /** What still waited when it began. */
  readonly mailbox: number;
}

/** What a traced actor did while it was watched. */
export interface Trace {
  readonly pid: Pid;
  readonly behaviour: string;
  readonly ms: number;
  /** Why it ended. */
  readonly over: 'messagesMax' | 'ms' | 'ended';
  readonly messages: readonly TracedMessage[];
}
