// Owns how one actor names another: by pid, by registered name, or by family and key.
// An address is plain data that crosses threads; it never proves that somebody lives there.

import type { Protocol } from './protocol.ts';

declare const speaks: unique symbol;

/** One incarnation of one actor. Meaningful on every thread; dead for ever once its actor has ended. */
export interface Pid {
  readonly node: string;
  /** The thread's index on its node: 0 is the edge. */
  readonly thread: number;
  /** Counts the lives of that thread, so that a pid of a lost thread is never reused. */
  readonly incarnation: number;
  readonly serial: number;
}

/** A unique name of this node, claimed by one actor at a time. */
export interface Name {
  readonly name: string;
}

/** One member of a family: at most one actor of this key lives on the node, and a message makes it. */
export interface Key {
  readonly family: string;
  readonly key: string;
  /** False: only for somebody who lives already; the message is dropped (a call: `noproc`) when nobody does. */
  readonly wake?: boolean;
}

/** Where to send. `P` is the protocol that is spoken there; it exists for the compiler only. */
export type Address<P extends Protocol = Protocol> = (Pid | Name | Key) & { readonly [speaks]?: P };

/** Whoever holds this name when the message arrives; a cast to a name without a holder is a dead letter. */
export function named<P extends Protocol>(name: string): Address<P> {
  return { name };
}

/** The member of `family` with this key, made by the message if nobody lives there. */
export function keyed<P extends Protocol>(family: string, key: string): Address<P> {
  return { family, key };
}

/** The member of `family` with this key, only if it lives. */
export function keyedIfAlive<P extends Protocol>(family: string, key: string): Address<P> {
  return { family, key, wake: false };
}

/** The same life of the same actor, not merely the same name or key. */
export function samePid(a: Pid, b: Pid): boolean {
  return a.serial === b.serial && a.thread === b.thread && a.incarnation === b.incarnation && a.node === b.node;
}

/** How much of a key people may see in logs and pages: enough to tell two apart, too little to use it. */
const keyCharactersShown = 6;

export function keyStart(key: string | null): string | null {
  if (key === null || key.length <= keyCharactersShown) return key;
  return `${key.slice(0, keyCharactersShown)}…`;
}

/** For logs: `<node.thread.incarnation.serial>`. */
export function pidText(pid: Pid): string {
  return `<${pid.node}.${pid.thread}.${pid.incarnation}.${pid.serial}>`;
}

/** For tables of one node. */
export function pidKey(pid: Pid): string {
  return `${pid.thread}.${pid.incarnation}.${pid.serial}`;
}
