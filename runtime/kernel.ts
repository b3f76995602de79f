// Owns the picture of one thread as its parts see it: what they may ask of each other. thread.ts puts it together.
// It declares only; there is one kernel for each thread, and none of its parts reaches another but through it.
//
//   turns.ts      runs one actor's messages            delivery.ts   from an address to a mailbox or a thread
//   lifecycle.ts  spawn, init, end                     signals.ts    links, monitors, exit signals
//   family.ts     actors by key                        names.ts      registered names and groups
//   run-queue.ts  who runs next, for how long          transport.ts  the ports to other threads

import type { Key, Pid } from './address.ts';
import type { BehaviourTable, CompiledBehaviour } from './behaviour-table.ts';
import type { Calls } from './calls.ts';
import type { Chance, Clock } from './clock.ts';
import type { FullMailboxes } from './full-mailboxes.ts';
import type { CrashReport, FamilyInspection } from './inspection.ts';
import type { Envelope } from './mailbox.ts';
import type { LogLine } from './node-options.ts';
import type { Process, SpawnOrder } from './process.ts';
import type { ProcessTable } from './process-table.ts';
import type { Registry } from './registry.ts';
import type { Failure } from './result.ts';
import type { RunQueue } from './run-queue.ts';
import type { Stats } from './stats.ts';
import type { TimerQueue } from './timers.ts';
import type { Topology } from './topology.ts';
import type { DeadlineWheel } from './wheel.ts';
import type { Wire } from './wire.ts';

/** Null: it is in the mailbox. Otherwise why it is not; nothing was done. */
export type Refusal = Failure | null;

export interface FamilyPort {
  deliver(key: string, wake: boolean, envelope: Envelope): Refusal;
  member(key: string): Process | null;
  inspect(): FamilyInspection;
  /** Ends all members; from now on nobody is made. */
  stop(): Promise<void>;
}

export interface Names {
  claim(name: string, pid: Pid): Promise<boolean>;
  release(name: string, pid: Pid): void;
  join(group: string, pid: Pid): void;
  leave(group: string, pid: Pid): void;
}

export interface Kernel {
  readonly node: string;
  /** `edge`, `scheduler 1` … */
  readonly name: string;
  readonly thread: number;
  readonly incarnation: number;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly behaviours: BehaviourTable;
  readonly topology: Topology;
  readonly processes: ProcessTable;
  readonly runQueue: RunQueue;
  readonly timers: TimerQueue;
  /** Those that may be a little late. */
  readonly lenientTimers: TimerQueue;
  readonly wheel: DeadlineWheel;
  readonly calls: Calls;
  readonly registry: Registry;
  readonly names: Names;
  readonly families: ReadonlyMap<string, FamilyPort>;
  readonly stats: Stats;
  readonly fullMailboxes: FullMailboxes;
  nextPid(): Pid;
  newProcess(behaviour: CompiledBehaviour, order: SpawnOrder): Process;
  /** False when it was refused: the buffer to that thread is full, or there is no such thread. */
  transmit(thread: number, wire: Wire): boolean;
  /** How full the way to that thread is, 0 to 1. */
  fillTo(thread: number): number;
  isConnected(thread: number): boolean;
  /** The life of that thread to which something sent now would go. */
  incarnationOf(thread: number): number;
  /** For the watchdog: an actor with this key's hash is about to run; 0 for one without a key. */
  atWork(hash: number): void;
  /** Why the actor of this hash must not be made now: its thread got stuck at its work. Null when it may. */
  shunned(hash: number): Refusal;
  /** To the edge, which keeps the last ones whatever becomes of this thread. */
  crashed(report: CrashReport): void;
  log(level: LogLine['level'], message: string, fields?: LogLine['fields']): void;
}

/** Never another node's, never an old life's. */
export function localProcess(kernel: Kernel, pid: Pid): Process | null {
  const near = kernel.processes.near(pid);
  if (near !== null) return near;
  if (pid.thread !== kernel.thread || pid.incarnation !== kernel.incarnation || pid.node !== kernel.node) return null;
  return kernel.processes.get(pid.serial);
}

/** Of this thread; a key wakes nobody. */
export function processAt(kernel: Kernel, to: Pid | Key): Process | null {
  if ('serial' in to) return localProcess(kernel, to);
  return kernel.families.get(to.family)?.member(to.key) ?? null;
}

/** False for another node's pid and for one of an old life of a thread: whoever it was is dead. */
export function isLiveThread(kernel: Kernel, pid: Pid): boolean {
  if (pid.node !== kernel.node) return false;
  return pid.incarnation === (pid.thread === kernel.thread ? kernel.incarnation : kernel.incarnationOf(pid.thread));
}
