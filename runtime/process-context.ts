// Owns what one actor's handlers can do: the Context of context.ts, over the kernel of its thread.
// It never acts for an actor that has ended: whatever a handler does after its end is dropped, a call never returns.

import type { Address, Pid } from './address.ts';
import { Ask, type Heard } from './ask.ts';
import type { CompiledBehaviour } from './behaviour-table.ts';
import { HeardCall, type Settle } from './calls.ts';
import type { CallOptions, Context } from './context.ts';
import { answer, call, cast, enqueue, resolve } from './delivery.ts';
import { failed } from './failures.ts';
import { type Kernel, processAt } from './kernel.ts';
import type { OrLater } from './later.ts';
import { spawn, spawnNow } from './lifecycle.ts';
import type { LogLine } from './node-options.ts';
import type { ExitReason, From, HandlerOutcome } from './outcome.ts';
import { pressure } from './pressure.ts';
import { AwaitedStart, fromKey, Process, type SpawnOrder, tiesOf } from './process.ts';
import type { Answer, CallName, CastName, Protocol, Request } from './protocol.ts';
import { type Failure, failure, type Result, success } from './result.ts';
import { addLink, demonitor, link, monitor, sendExit, unlink } from './signals.ts';
import type { ChildSpec } from './spec.ts';
import type { Supervision } from './supervision.ts';
import { threadOfPlacement } from './topology.ts';

export const callDeadlineMsDefault = 5_000;
/** A child on another thread has its own deadline for init; this is for the thread that must first be replaced. */
const spawnMarginMs = 30_000;
const childShutdownMsDefault = 5_000;

/** An actor is its own context, as it is its own mailbox: that is 40 bytes less for each. Handlers see a Context alone. */
export class ProcessContext extends Process implements Context, Supervision {
  declare private readonly kernel: Kernel;

  constructor(kernel: Kernel, behaviour: CompiledBehaviour, order: SpawnOrder) {
    super(kernel.nextPid(), behaviour, order);
    this.kernel = kernel;
  }

  get context(): Context {
    return this;
  }

  get self(): Pid {
    return this.pid;
  }

  now(): number {
    return this.kernel.clock.now();
  }

  monotonic(): number {
    return this.kernel.clock.monotonic();
  }

  random(): number {
    return this.kernel.chance.random();
  }

  randomBytes(length: number): Uint8Array {
    return this.kernel.chance.randomBytes(length);
  }

  cast<P extends Protocol, N extends CastName<P>>(to: Address<P>, name: N, message: P['casts'][N]): void {
    if (!this.hasEnded()) cast(this.kernel, to, name, message);
  }

  pressure(to: Address): number {
    return pressure(this.kernel, to);
  }

  call<P extends Protocol, N extends CallName<P>>(
    to: Address<P>,
    name: N,
    request: Request<P, N>,
    options: CallOptions = {},
  ): Promise<Result<Answer<P, N>>> {
    return new Promise((settle) => {
      if (this.hasEnded()) return;
      const { calls } = this.kernel;
      const pending = new HeardCall(calls, this, this.callDeadline(options), settle as Settle);
      if (this.isSelf(to)) pending.settle(failed('callingSelf', 'an actor that calls itself would wait for itself'));
      else call(this.kernel, { to, name, request }, pending);
    });
  }

  ask<P extends Protocol, N extends CallName<P>>(
    to: Address<P>,
    name: N,
    request: Request<P, N>,
    options: CallOptions,
    then: (result: Result<Answer<P, N>>) => HandlerOutcome,
  ): void {
    if (this.hasEnded()) return;
    const asked = new Ask(this.kernel, this, { name, heard: then as Heard, due: this.callDeadline(options) });
    call(this.kernel, { to, name, request }, asked);
  }

  reply<A>(from: From<A>, value: A): void {
    this.answerTo(from, success(value));
  }

  refuse(from: From, error: Failure): void {
    this.answerTo(from, failure(error));
  }

  isAwaited(from: From): boolean {
    const { ties, current, currentAnswered } = this;
    const taken = ties?.owed?.get(fromKey(from));
    if (taken !== undefined) return taken.deadline > this.kernel.clock.monotonic();
    return current?.from != null && fromKey(current.from) === fromKey(from) && !currentAnswered;
  }

  async spawn(spec: ChildSpec): Promise<Result<Pid>> {
    return this.spawnChild(spec, 0);
  }

  spawnLink(spec: ChildSpec): Pid {
    const kernel = this.kernel;
    if (threadOfPlacement(kernel.topology, spec.placement, kernel.thread) !== kernel.thread) {
      throw new Error(`child ${spec.id} has its place on another thread: spawn it, and wait for its pid`);
    }
    if (this.hasEnded()) return kernel.nextPid();
    const child = spawn(kernel, { spec, parent: this.self, key: null, restarts: 0, owner: null, ack: null });
    if (child === null) throw new Error(`child ${spec.id}: no behaviour ${spec.behaviour} here`);
    addLink(this, child.pid);
    return child.pid;
  }

  spawnChild(spec: ChildSpec, restarts: number): OrLater<Result<Pid>> {
    const kernel = this.kernel;
    const thread = threadOfPlacement(kernel.topology, spec.placement, kernel.thread);
    if (thread === null) return failed('noproc', `no thread for the placement of child ${spec.id}`);
    const start = new AwaitedStart(spec, this.pid, restarts);
    if (this.hasEnded()) return this.untilStarted(start);
    if (thread !== kernel.thread) this.spawnAway(thread, start);
    else spawnNow(kernel, start);
    const { result } = start;
    if (result === null) return this.untilStarted(start);
    this.adopt(result);
    return result;
  }

  reachable(spec: ChildSpec): boolean {
    const thread = threadOfPlacement(this.kernel.topology, spec.placement, this.kernel.thread);
    return thread === null || this.kernel.isConnected(thread);
  }

  endChild(pid: Pid, shutdown: ChildSpec['shutdown'] = childShutdownMsDefault): Promise<void> {
    const kernel = this.kernel;
    const from = this.pid;
    return new Promise((resolve) => {
      const kill = () => sendExit(kernel, { to: pid, from, reason: 'kill', link: false });
      const ms = typeof shutdown === 'number' ? shutdown : null;
      const timer = ms === null ? null : kernel.timers.start('endChild', ms, kill);
      const onDown = () => {
        if (timer !== null) kernel.timers.cancel(timer);
        resolve();
      };
      // The monitor stands before the link goes, so that an end in between is not missed.
      monitor(kernel, this, { target: pid, onDown });
      unlink(kernel, this, pid);
      if (shutdown === 'brutalKill') kill();
      else sendExit(kernel, { to: pid, from, reason: 'shutdown', link: false });
    });
  }

  atEnd(letGo: () => void): void {
    tiesOf(this).atEnd = letGo;
  }

  link(pid: Pid): void {
    if (!this.hasEnded()) link(this.kernel, this, pid);
  }

  unlink(pid: Pid): void {
    unlink(this.kernel, this, pid);
  }

  monitor(target: Address): number {
    if (this.hasEnded()) return 0;
    return monitor(this.kernel, this, { target, onDown: null });
  }

  demonitor(ref: number): void {
    demonitor(this.kernel, this, ref);
  }

  trapExit(): void {
    this.trapsExit = true;
  }

  exit(pid: Pid, reason: ExitReason): void {
    if (!this.hasEnded()) sendExit(this.kernel, { to: pid, from: this.pid, reason, link: false });
  }

  async register(name: string): Promise<boolean> {
    if (this.hasEnded()) return false;
    const claimed = await this.kernel.names.claim(name, this.pid);
    if (claimed && this.hasEnded()) this.kernel.names.release(name, this.pid);
    else if (claimed) {
      const ties = tiesOf(this);
      ties.names ??= [];
      ties.names.push(name);
    }
    return claimed;
  }

  unregister(name: string): void {
    const { ties, pid } = this;
    const place = ties?.names?.indexOf(name) ?? -1;
    if (place === -1) return;
    ties?.names?.splice(place, 1);
    this.kernel.names.release(name, pid);
  }

  whereis(name: string): Pid | null {
    return this.kernel.registry.whereis(name);
  }

  joinGroup(group: string): void {
    if (this.hasEnded()) return;
    const ties = tiesOf(this);
    ties.groups ??= new Set();
    ties.groups.add(group);
    this.kernel.names.join(group, this.pid);
  }

  leaveGroup(group: string): void {
    if (this.ties?.groups?.delete(group)) this.kernel.names.leave(group, this.pid);
  }

  groupMembers(group: string): readonly Pid[] {
    return this.kernel.registry.members(group);
  }

  startTimer(name: string, ms: number, { lenient = false }: { readonly lenient?: boolean } = {}): void {
    if (this.hasEnded()) return;
    if (!this.behaviour.timers.has(name)) {
      const allowed = [...this.behaviour.timers.keys()].join(', ') || 'none';
      throw new Error(`${this.behaviour.name} has no timer ${name}; allowed: ${allowed}`);
    }
    if (Number.isNaN(ms)) throw new RangeError(`timer ${name}: its milliseconds are not a number`);
    const ties = tiesOf(this);
    ties.timers ??= new Map();
    const queue = lenient ? this.kernel.lenientTimers : this.kernel.timers;
    const running = ties.timers.get(name);
    if (running !== undefined && running.place !== -1) {
      if (running.queue === queue) {
        queue.restart(running, ms);
        return;
      }
      running.queue.cancel(running);
    }
    const timer = queue.start(name, ms, (due) => {
      enqueue(this.kernel, this, { kind: 'timer', name, body: due, from: null, deadline: null });
    });
    ties.timers.set(name, timer);
  }

  cancelTimer(name: string): void {
    const timer = this.ties?.timers?.get(name);
    if (timer === undefined) return;
    timer.queue.cancel(timer);
    this.ties?.timers?.delete(name);
  }

  count(metric: string, labels?: { readonly [label: string]: string }, by?: number): void {
    this.kernel.stats.count(metric, labels, by);
  }

  log(level: LogLine['level'], message: string, fields?: LogLine['fields']): void {
    this.kernel.log(level, message, fields);
  }

  private hasEnded(): boolean {
    return this.status === 'ended';
  }

  private isSelf(to: Address): boolean {
    const target = resolve(this.kernel, to);
    return target !== null && processAt(this.kernel, target) === this;
  }

  private callDeadline(options: CallOptions): number {
    const now = this.kernel.clock.monotonic();
    if (options.deadlineMs !== undefined) return now + options.deadlineMs;
    return this.deadline ?? now + callDeadlineMsDefault;
  }

  private answerTo(from: From, result: Result<unknown>): void {
    if (this.hasEnded()) return;
    if (this.ties?.owed?.delete(fromKey(from)) !== true && this.current?.from != null) {
      if (fromKey(this.current.from) === fromKey(from)) {
        if (this.currentAnswered) return;
        this.currentAnswered = true;
      }
    }
    answer(this.kernel, from, result);
  }

  private untilStarted(start: AwaitedStart): Promise<Result<Pid>> {
    return new Promise((resolve) => {
      start.heard = (result) => {
        this.adopt(result);
        resolve(result);
      };
    });
  }

  private spawnAway(thread: number, start: AwaitedStart): void {
    const kernel = this.kernel;
    const { spec, parent, restarts } = start;
    const ms = (spec.initDeadlineMs ?? Number.POSITIVE_INFINITY) + spawnMarginMs;
    const route = {
      thread,
      incarnation: kernel.incarnationOf(thread),
      deadline: kernel.clock.monotonic() + ms,
    };
    const ref = kernel.calls.ask(route, (result) => start.give(result as Result<Pid>));
    kernel.transmit(thread, { kind: 'spawn', ref, spec, parent, restarts });
  }

  /** A child that comes when its parent is gone must not live on without one. */
  private adopt(result: Result<Pid>): void {
    if (!result.ok) return;
    if (this.status === 'ended') {
      sendExit(this.kernel, { to: result.value, from: this.pid, reason: 'kill', link: false });
    } else {
      addLink(this, result.value);
    }
  }
}
