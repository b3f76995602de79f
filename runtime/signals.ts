// Owns what ties actors to each other: links, monitors and exit signals, within a thread and across threads.
// It never ends an actor by itself: a deadly signal dooms it, and its next turn ends it (turns.ts).

import { type Address, type Key, type Pid, pidKey, samePid } from './address.ts';
import type { Info } from './behaviour.ts';
import { resolve, threadOf } from './delivery.ts';
import { isQuiet } from './failures.ts';
import { isLiveThread, type Kernel, localProcess, processAt } from './kernel.ts';
import type { Envelope } from './mailbox.ts';
import type { ExitReason } from './outcome.ts';
import { PidSet } from './pid-set.ts';
import { type Process, tiesOf } from './process.ts';
import type { Watch } from './ties.ts';

export function link(kernel: Kernel, process: Process, pid: Pid): void {
  if (samePid(process.pid, pid)) return;
  addLink(process, pid);
  if (pid.thread === kernel.thread) linkArrived(kernel, pid, process.pid);
  else if (isLiveThread(kernel, pid)) kernel.transmit(pid.thread, { kind: 'link', to: pid, from: process.pid });
  else exitArrived(kernel, { to: process.pid, from: pid, reason: 'noproc', link: true });
}

export function addLink(process: Process, pid: Pid): void {
  if (isParent(process, pid)) {
    process.linkedToParent = true;
    return;
  }
  const ties = tiesOf(process);
  ties.links ??= new PidSet(process.pid);
  ties.links.add(pid);
}

/** False when there was no link. */
export function dropLink(process: Process, pid: Pid): boolean {
  if (!isParent(process, pid)) return process.ties?.links?.delete(pid) === true;
  const was = process.linkedToParent;
  process.linkedToParent = false;
  return was;
}

function isParent({ parent }: Process, pid: Pid): boolean {
  return parent !== null && samePid(parent, pid);
}

export function linkArrived(kernel: Kernel, to: Pid, from: Pid): void {
  const process = localProcess(kernel, to);
  if (process?.alive) addLink(process, from);
  else sendExit(kernel, { to: from, from: to, reason: 'noproc', link: true });
}

/** Also takes back an exit that waits in the mailbox: where the link still stands, none can. */
export function unlink(kernel: Kernel, process: Process, pid: Pid): void {
  if (!dropLink(process, pid)) removeInfo(process, (info) => info.type === 'exit' && samePid(info.pid, pid));
  if (pid.thread === kernel.thread) unlinkArrived(kernel, pid, process.pid);
  else if (isLiveThread(kernel, pid)) kernel.transmit(pid.thread, { kind: 'unlink', to: pid, from: process.pid });
}

export function unlinkArrived(kernel: Kernel, to: Pid, from: Pid): void {
  const process = localProcess(kernel, to);
  if (process !== null) dropLink(process, from);
}

export interface MonitorOrder {
  readonly target: Address;
  readonly onDown: ((reason: ExitReason) => void) | null;
}

export function monitor(kernel: Kernel, process: Process, order: MonitorOrder): number {
  const ref = kernel.calls.nextRef();
  const target = resolve(kernel, order.target);
  const thread = target === null ? kernel.thread : threadOf(kernel, target);
  const incarnation = thread === kernel.thread ? kernel.incarnation : kernel.incarnationOf(thread);
  const pid = pidOf(target);
  const ties = tiesOf(process);
  ties.watches ??= new Map();
  ties.watches.set(ref, { thread, incarnation, target, onDown: order.onDown });
  if (target === null || (pid !== null && !isLiveThread(kernel, pid))) {
    downArrived(kernel, { to: process.pid, ref, pid, reason: 'noproc' });
  } else if (thread === kernel.thread) {
    monitorArrived(kernel, { to: target, from: process.pid, ref });
  } else {
    kernel.transmit(thread, { kind: 'monitor', to: target, from: process.pid, ref });
  }
  return ref;
}

export interface MonitorRequest {
  readonly to: Pid | Key;
  readonly from: Pid;
  readonly ref: number;
}

export function monitorArrived(kernel: Kernel, { to, from, ref }: MonitorRequest): void {
  const process = processAt(kernel, to);
  if (process?.alive) {
    const ties = tiesOf(process);
    ties.watchers ??= new Map();
    ties.watchers.set(`${pidKey(from)}.${ref}`, { pid: from, ref });
  } else {
    sendDown(kernel, { to: from, ref, pid: pidOf(to), reason: 'noproc' });
  }
}

/** Also takes back a down that waits in the mailbox: where the monitor still stands, none can. */
export function demonitor(kernel: Kernel, process: Process, ref: number): void {
  const watch = process.ties?.watches?.get(ref);
  if (watch === undefined) {
    removeInfo(process, (info) => info.type === 'down' && info.ref === ref);
    return;
  }
  process.ties?.watches?.delete(ref);
  dropWatch(kernel, process.pid, ref, watch);
}

/** Tells the one who is watched, or a key would remember everybody who ever watched it. */
function dropWatch(kernel: Kernel, from: Pid, ref: number, { thread, incarnation, target }: Watch): void {
  if (target === null) return;
  const request = { to: target, from, ref };
  if (thread === kernel.thread) demonitorArrived(kernel, request);
  else if (incarnation === kernel.incarnationOf(thread)) kernel.transmit(thread, { kind: 'demonitor', ...request });
}

export function demonitorArrived(kernel: Kernel, { to, from, ref }: MonitorRequest): void {
  processAt(kernel, to)?.ties?.watchers?.delete(`${pidKey(from)}.${ref}`);
}

export interface Down {
  readonly to: Pid;
  readonly ref: number;
  readonly pid: Pid | null;
  readonly reason: ExitReason;
}

function sendDown(kernel: Kernel, down: Down): void {
  if (down.to.thread === kernel.thread) downArrived(kernel, down);
  else if (isLiveThread(kernel, down.to)) kernel.transmit(down.to.thread, { kind: 'down', ...down });
}

export function downArrived(kernel: Kernel, { to, ref, pid, reason }: Down): void {
  const process = localProcess(kernel, to);
  const watch = process?.ties?.watches?.get(ref);
  if (process == null || watch === undefined) return;
  process.ties?.watches?.delete(ref);
  if (watch.onDown !== null) watch.onDown(reason);
  else inform(kernel, process, { type: 'down', ref, pid, reason });
}

export interface ExitSignal {
  readonly to: Pid;
  readonly from: Pid;
  readonly reason: ExitReason;
  /** Sent because a linked actor ended, not by `exit`. */
  readonly link: boolean;
}

export function sendExit(kernel: Kernel, signal: ExitSignal): void {
  if (signal.to.thread === kernel.thread) exitArrived(kernel, signal);
  else if (isLiveThread(kernel, signal.to)) kernel.transmit(signal.to.thread, { kind: 'exit', ...signal });
}

export function exitArrived(kernel: Kernel, signal: ExitSignal): void {
  const { to, from, reason, link } = signal;
  const process = localProcess(kernel, to);
  if (process === null || process.status === 'ended') return;
  if (link && !dropLink(process, from)) return;
  if (reason === 'kill' && !link) doom(kernel, process, 'killed');
  else if (isParent(process, from)) parentExit(kernel, process, signal);
  else if (process.trapsExit) inform(kernel, process, { type: 'exit', pid: from, reason });
  else if (reason !== 'normal' || samePid(from, to)) doom(kernel, process, reason);
}

/**
 * A parent's wish to shut down waits its turn in the mailbox, so that what was said before is still handled; the
 * parent kills when its patience ends. Any other end of the parent ends an actor that does not trap exits at once.
 */
function parentExit(kernel: Kernel, process: Process, { reason, link }: ExitSignal): void {
  if (reason === 'normal') {
    // Nobody would look after it any more: an actor does not outlive its parent.
    if (link) put(kernel, process, envelopeOf('stop', 'shutdown'));
    return;
  }
  if (isQuiet(reason) || process.trapsExit) put(kernel, process, envelopeOf('stop', reason));
  else doom(kernel, process, reason);
}

export function doom(kernel: Kernel, process: Process, reason: ExitReason): void {
  if (process.status === 'ended' || (process.doom !== null && reason !== 'killed')) return;
  process.doom = reason;
  kernel.runQueue.add(process);
}

/** Tells everybody who is bound to an actor that it has ended. */
export function announceEnd(kernel: Kernel, process: Process, reason: ExitReason): void {
  const { parent, linkedToParent, ties } = process;
  process.linkedToParent = false;
  if (parent !== null && linkedToParent) sendExit(kernel, { to: parent, from: process.pid, reason, link: true });
  if (ties === null) return;
  const { links, watchers, watches } = ties;
  ties.links = null;
  ties.watchers = null;
  ties.watches = null;
  for (const pid of links?.empty() ?? []) sendExit(kernel, { to: pid, from: process.pid, reason, link: true });
  for (const { pid, ref } of watchers?.values() ?? []) sendDown(kernel, { to: pid, ref, pid: process.pid, reason });
  for (const [ref, watch] of watches ?? []) dropWatch(kernel, process.pid, ref, watch);
}

/** A life of a thread is over: what was bound to its actors learns it, with a reason that no restart budget counts. */
export function threadGone(kernel: Kernel, thread: number, incarnation: number): void {
  const gone = (pid: Pid) => pid.thread === thread && pid.incarnation <= incarnation;
  for (const process of [...kernel.processes.values()]) {
    const { parent, linkedToParent, ties } = process;
    const lost = (pid: Pid) => exitArrived(kernel, { to: process.pid, from: pid, reason: 'threadLost', link: true });
    if (parent !== null && linkedToParent && gone(parent)) lost(parent);
    if (ties === null) continue;
    for (const pid of ties.links?.values() ?? []) if (gone(pid)) lost(pid);
    for (const [ref, watch] of [...(ties.watches ?? [])]) {
      if (watch.thread !== thread || watch.incarnation > incarnation) continue;
      downArrived(kernel, { to: process.pid, ref, pid: pidOf(watch.target), reason: 'threadLost' });
    }
    for (const [key, watcher] of ties.watchers ?? []) {
      if (gone(watcher.pid)) ties.watchers?.delete(key);
    }
  }
}

function inform(kernel: Kernel, process: Process, info: Info): void {
  put(kernel, process, envelopeOf('info', info));
}

function put(kernel: Kernel, process: Process, envelope: Envelope): void {
  process.mailbox.push(envelope);
  if (process.status === 'ready') kernel.runQueue.add(process);
}

function envelopeOf(kind: 'info' | 'stop', body: Info | ExitReason): Envelope {
  return { kind, name: kind, body, from: null, deadline: null };
}

function pidOf(target: Pid | Key | null): Pid | null {
  return target !== null && 'serial' in target ? target : null;
}

function removeInfo(process: Process, unwanted: (info: Info) => boolean): void {
  process.mailbox.remove(({ kind, body }) => kind === 'info' && unwanted(body as Info));
}
