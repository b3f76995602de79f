// Owns what the edge holds for one visitor: the log of events, who is parked on it, and what his pages said of themselves.
// It is data: polls.ts parks and wakes, levels.ts tells the session, outboxes.ts keeps and drops.

import type { Page, SessionId, SiteId, VisitorLevel } from '../actors/mod.ts';
import type { Cursor } from './cursor.ts';
import type { EventLog, Reading } from './event-log.ts';
import { newPresence, type Parked, type Presence } from './presence.ts';

/** Why a parked poll is answered: it reads, or what it waited on was dropped. */
export type PollEnd = Reading | { readonly type: 'dropped' };

export interface ParkedPoll {
  readonly cursor: Cursor;
  readonly hidden: boolean;
  /** Monotonic ms at which it is answered without news. */
  readonly deadline: number;
  answer(end: PollEnd): void;
}

export interface Outbox {
  readonly session: SessionId;
  readonly site: SiteId;
  readonly log: EventLog;
  readonly presence: Presence;
  /** Oldest first; at most `pollsParkedMax`. */
  readonly parked: ParkedPoll[];
  page: Page | null;
  /** The level that the session was told last, and when it is told again. */
  told: VisitorLevel | null;
  presentAt: number;
  /** When a missing message was asked for. */
  gapAskedAt: number;
  /** Who has none goes first when there are too many. */
  hasConversation: boolean;
}

export function newOutbox(
  of: { readonly session: SessionId; readonly site: SiteId; readonly log: EventLog },
  now: number,
): Outbox {
  return {
    ...of,
    presence: newPresence(now),
    parked: [],
    page: null,
    told: null,
    presentAt: now,
    gapAskedAt: Number.NEGATIVE_INFINITY,
    hasConversation: false,
  };
}

export function parkedOn(outbox: Outbox): Parked {
  if (outbox.parked.length === 0) return 'none';
  return outbox.parked.some((poll) => !poll.hidden) ? 'visible' : 'hidden';
}

export function readAt(outbox: Outbox, cursor: Cursor): Reading {
  return cursor.type === 'fresh' ? outbox.log.readFresh(cursor.online) : outbox.log.read(cursor);
}
