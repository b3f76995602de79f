// Owns one thread's share of the node: puts the parts of the kernel together and hands each arriving wire to its part.
// The edge, the schedulers, the gates and a local node are all this; what differs comes in as options.

import type { Address, Pid } from './address.ts';
import type { AnyBehaviour } from './behaviour.ts';
import { type BehaviourTable, type CompiledBehaviour, compileBehaviours } from './behaviour-table.ts';
import { Calls, HeardCall } from './calls.ts';
import type { Chance, Clock } from './clock.ts';
import type { CallOptions } from './context.ts';
import { answer, call, cast, deliverCall, deliverCast, enqueue } from './delivery.ts';
import { failed, runtimeFailure } from './failures.ts';
import { Family } from './family.ts';
import { FullMailboxes } from './full-mailboxes.ts';
import type { CrashReport } from './inspection.ts';
import { type FamilyPort, type Kernel, localProcess, type Names, type Refusal } from './kernel.ts';
import { spawn } from './lifecycle.ts';
import type { LogLine } from './node-options.ts';
import type { Process, ProcessOwner, SpawnOrder } from './process.ts';
import { callDeadlineMsDefault, ProcessContext } from './process-context.ts';
import { ProcessTable } from './process-table.ts';
import { Registry } from './registry.ts';
import type { Result } from './result.ts';
import { RunQueue } from './run-queue.ts';
import {
  demonitorArrived,
  downArrived,
  exitArrived,
  linkArrived,
  monitorArrived,
  threadGone,
  unlinkArrived,
} from './signals.ts';
import type { ChildSpec, FamilySpec } from './spec.ts';
import { Stats } from './stats.ts';
import { supervisor } from './supervisor.ts';
import type { Shunned } from './thread-killers.ts';
import { TimerQueue, timerLeewayMs } from './timers.ts';
import { type Topology, threadName } from './topology.ts';
import { type Arrivals, Transport } from './transport.ts';
import { takeTurn } from './turns.ts';
import { DeadlineWheel } from './wheel.ts';
import type { ActorWire, Wire } from './wire.ts';

export interface ThreadOptions {
  readonly node: string;
  readonly thread: number;
  readonly incarnation: number;
  readonly topology: Topology;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly behaviours: readonly AnyBehaviour[];
  /** Empty where no member lives: the edge, and gates. */
  readonly families: readonly FamilySpec[];
  readonly log: (line: LogLine) => void;
  readonly crashed: (report: CrashReport) => void;
  readonly names: (thread: ActorThread) => Names;
  readonly atWork?: (hash: number) => void;
  /** Changes now and then while the edge is at work; cheaper than a clock. */
  readonly pulse?: () => number;
  readonly shunned?: readonly Shunned[];
  /** What only the edge, or only the other threads, understand. */
  readonly control: (thread: ActorThread, wire: Wire, from: number) => void;
}

const restsAfterStuck = runtimeFailure('exited', 'its thread got stuck at its work, and it rests');

export class ActorThread implements Kernel, Arrivals {
  readonly node: string;
  readonly thread: number;
  readonly incarnation: number;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly behaviours: BehaviourTable;
  readonly topology: Topology;
  readonly processes = new ProcessTable();
  readonly runQueue: RunQueue;
  readonly timers: TimerQueue;
  readonly lenientTimers: TimerQueue;
  readonly wheel: DeadlineWheel;
  readonly calls: Calls;
  readonly registry = new Registry();
  readonly names: Names;
  readonly families: ReadonlyMap<string, FamilyPort>;
  readonly stats = new Stats();
  readonly fullMailboxes = new FullMailboxes();
  readonly transport = new Transport();
  readonly #options: ThreadOptions;
  readonly #atWork: (hash: number) => void;
  readonly #shunned: Map<number, number>;
  #lastSerial = 0;

  constructor(options: ThreadOptions) {
    this.#options = options;
    this.node = options.node;
    this.thread = options.thread;
    this.incarnation = options.incarnation;
    this.clock = options.clock;
    this.chance = options.chance;
    this.topology = options.topology;
    this.behaviours = compileBehaviours([...options.behaviours, supervisor]);
    this.runQueue = new RunQueue(
      (process) => takeTurn(this, process),
      options.pulse ?? (() => 0),
      options.clock.monotonic,
    );
    this.timers = new TimerQueue(options.clock);
    this.lenientTimers = new TimerQueue(options.clock, timerLeewayMs);
    this.wheel = new DeadlineWheel(options.clock);
    this.calls = new Calls(this.wheel);
    this.families = new Map(options.families.map((spec) => [spec.family, new Family(this, spec)]));
    this.names = options.names(this);
    this.#atWork = options.atWork ?? (() => undefined);
    this.#shunned = new Map(options.shunned?.map(({ hash, until }) => [hash, until]));
    this.transport.open(this);
  }

  get name(): string {
    return threadName(this.topology, this.thread);
  }

  nextPid(): Pid {
    this.#lastSerial++;
    return { node: this.node, thread: this.thread, incarnation: this.incarnation, serial: this.#lastSerial };
  }

  newProcess(behaviour: CompiledBehaviour, order: SpawnOrder): Process {
    return new ProcessContext(this, behaviour, order);
  }

  transmit(thread: number, wire: Wire): boolean {
    return this.transport.send(thread, wire);
  }

  fillTo(thread: number): number {
    return this.transport.fillTo(thread);
  }

  isConnected(thread: number): boolean {
    return thread === this.thread || this.transport.isConnected(thread);
  }

  incarnationOf(thread: number): number {
    return this.transport.incarnationOf(thread);
  }

  atWork(hash: number): void {
    this.#atWork(hash);
  }

  shunned(hash: number): Refusal {
    const until = this.#shunned.get(hash);
    if (until === undefined) return null;
    const retryAfterMs = Math.ceil(until - this.clock.monotonic());
    if (retryAfterMs > 0) return { ...restsAfterStuck, data: { retryAfterMs } };
    this.#shunned.delete(hash);
    return null;
  }

  crashed(report: CrashReport): void {
    this.#options.crashed(report);
  }

  log(level: LogLine['level'], message: string, fields?: LogLine['fields']): void {
    this.#options.log({ level, message, thread: this.name, ...(fields === undefined ? {} : { fields }) });
  }

  /** From outside of any actor. */
  callFromOutside(to: Address, name: string, request: unknown, options: CallOptions = {}): Promise<Result<unknown>> {
    const deadline = this.clock.monotonic() + (options.deadlineMs ?? callDeadlineMsDefault);
    return new Promise((heard) => call(this, { to, name, request }, new HeardCall(this.calls, null, deadline, heard)));
  }

  castFromOutside(to: Address, name: string, message: unknown): void {
    cast(this, to, name, message);
  }

  /** An actor without a parent: a root. `owner` hears of its end. */
  spawnRoot(spec: ChildSpec, owner: ProcessOwner): Promise<Result<Pid>> {
    return new Promise((heard) => {
      spawn(this, { spec, parent: null, key: null, restarts: 0, owner, ack: { give: heard } });
    });
  }

  /** As a parent would: after what it was told before. */
  shutDown(pid: Pid): void {
    const process = localProcess(this, pid);
    if (process === null) return;
    enqueue(this, process, { kind: 'stop', name: 'stop', body: 'shutdown', from: null, deadline: null });
  }

  /** Everything that lived there is gone: callers, links, monitors and names learn it in this one step. */
  threadLost(thread: number, incarnation: number): void {
    this.transport.disconnect(thread, incarnation);
    this.registry.dropThread(thread, incarnation);
    this.calls.failThread(thread, incarnation);
    threadGone(this, thread, incarnation);
  }

  arrived(wire: Wire, from: number): void {
    switch (wire.kind) {
      case 'cast':
        this.#deliverCast(wire, from);
        return;
      case 'full':
        this.fullMailboxes.heard(wire.to, this.clock.monotonic());
        return;
      case 'call':
        deliverCall(this, wire.to, wire);
        return;
      case 'answer':
        this.calls.settle(wire.ref, wire.result);
        return;
      case 'exit':
        exitArrived(this, wire);
        return;
      case 'link':
        linkArrived(this, wire.to, wire.from);
        return;
      case 'unlink':
        unlinkArrived(this, wire.to, wire.from);
        return;
      case 'monitor':
        monitorArrived(this, wire);
        return;
      case 'demonitor':
        demonitorArrived(this, wire);
        return;
      case 'down':
        downArrived(this, wire);
        return;
      case 'spawn':
        this.#spawnFor(wire, from);
        return;
      default:
        this.#options.control(this, wire, from);
    }
  }

  #deliverCast({ to, name, body }: Extract<ActorWire, { kind: 'cast' }>, from: number): void {
    const refusal = deliverCast(this, to, name, body);
    if (refusal?.code !== 'overloaded' || !this.fullMailboxes.mayTell(from, to, this.clock.monotonic())) return;
    this.transmit(from, { kind: 'full', to });
  }

  /** A payload that is not plain data is its maker's fault, but whoever waits must hear of it. */
  unsendable(wire: Wire, thread: number, thrown: unknown): void {
    const message = `not plain data: ${thrown instanceof Error ? thrown.name : 'unknown'}`;
    this.stats.dropped++;
    this.log('error', 'a message could not cross threads', { kind: wire.kind, reason: message });
    if (wire.kind === 'call') answer(this, wire.from, failed('undef', `the request is ${message}`));
    if (wire.kind === 'spawn') this.calls.settle(wire.ref, failed('undef', `the child spec is ${message}`));
    if (wire.kind === 'answer') {
      this.transmit(thread, { kind: 'answer', ref: wire.ref, result: failed('exited', `the answer is ${message}`) });
    }
  }

  halt(): void {
    this.runQueue.stop();
    this.timers.clear();
    this.lenientTimers.clear();
    this.wheel.clear();
    this.transport.flush();
    this.transport.close();
  }

  #spawnFor({ ref, spec, parent, restarts }: Extract<Wire, { kind: 'spawn' }>, from: number): void {
    const ack = { give: (result: Result<Pid>) => this.transmit(from, { kind: 'answer', ref, result }) };
    spawn(this, { spec, parent, key: null, restarts, owner: null, ack });
  }
}
