// Owns what a living operator holds: his account, his devices, his contacts, and how far each device was told.
// It is data and plain questions; operator-following and operator-commands act on it.

import type { Context } from '../runtime/mod.ts';
import type { Contact } from './chat.ts';
import { Delivery } from './delivery.ts';
import type { OperatorName, RoomId, SessionId, SiteId } from './ids.ts';
import { lostStreamsMax, lostStreamsRememberedMs } from './limits.ts';
import type { Show, StreamView } from './operator-protocol.ts';
import type { OperatorRecord } from './ports.ts';
import { type OperatorLevel, offline } from './presence.ts';

export interface Colleague {
  readonly name: string;
  readonly show: Show | null;
}

export interface Followed {
  readonly session: SessionId;
  /** A question to the room is under way. */
  asking: boolean;
  /** Something happened meanwhile: ask once more. */
  again: boolean;
  /** The room's last seq, as far as anybody said. */
  lastSeq: number;
}

/** Of the account only what the chat needs: no key. */
export type Account = Pick<OperatorRecord, 'name' | 'displayName' | 'sites'> & {
  /** False while the account could not be read. */
  readonly isRead: boolean;
};

export interface OperatorState {
  record: Account;
  /** Wall clock. */
  readonly madeAt: number;
  streams: readonly StreamView[];
  level: OperatorLevel;
  /** When (wall clock) streams were seen to be gone, newest last. */
  readonly lost: Map<string, number>;
  /** When (wall clock) each stream began to take messages: what was said before it comes with its time. */
  readonly came: Map<string, number>;
  /** Null: the site has not said its name yet, so its contacts are not shown. */
  readonly siteNames: Map<SiteId, string | null>;
  readonly contacts: Map<SessionId, Contact>;
  /** Sites whose contacts came at least once. */
  readonly sitesSeen: Set<SiteId>;
  readonly colleagues: Map<OperatorName, Colleague>;
  readonly delivery: Delivery;
  readonly followed: Map<RoomId, Followed>;
  marksAsked: boolean;
  touchedAt: number;
}

export function accountOf({ name, displayName, sites }: OperatorRecord): Account {
  return { name, displayName, sites, isRead: true };
}

export function newOperatorState(record: Account, context: Context): OperatorState {
  return {
    record,
    madeAt: context.now(),
    streams: [],
    level: offline,
    lost: new Map(),
    came: new Map(),
    siteNames: new Map(record.sites.map((site) => [site, null])),
    contacts: new Map(),
    sitesSeen: new Set(),
    colleagues: new Map(),
    delivery: new Delivery(record.name),
    followed: new Map(),
    marksAsked: false,
    touchedAt: context.monotonic(),
  };
}

/** Streams that are no longer there were lost now; the room needs to know for how long. */
export function noteLost(state: OperatorState, streams: readonly StreamView[], now: number): void {
  const there = new Set(streams.map(({ stream }) => stream));
  for (const { stream } of state.streams) if (!there.has(stream)) state.lost.set(stream, now);
  for (const [stream, at] of state.lost) {
    if (there.has(stream) || now - at > lostStreamsRememberedMs) state.lost.delete(stream);
  }
  const [oldest] = state.lost.keys();
  if (state.lost.size > lostStreamsMax && oldest !== undefined) state.lost.delete(oldest);
}

export function noteCame({ came }: OperatorState, receivers: readonly string[], now: number): void {
  for (const stream of came.keys()) if (!receivers.includes(stream)) came.delete(stream);
  for (const stream of receivers) if (!came.has(stream)) came.set(stream, now);
}

export function streamsKnown({ streams, lost }: OperatorState) {
  return { live: streams.map(({ stream }) => stream), lost: [...lost.keys()] };
}

/** His own conversations, and while he is available those that nobody has answered. */
export function wants(state: OperatorState, contact: Contact): boolean {
  const { operator, state: stands, lastSeq, room } = contact;
  if (operator !== null && operator.id !== state.record.name) return false;
  // What he has not confirmed is still due after the conversation was closed.
  if (stands === 'closed') return lastSeq > (state.delivery.confirmed(room) ?? 0);
  return operator !== null || state.level.available;
}
