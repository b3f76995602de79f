// Owns what a living session holds: the visitor's level and page, his card, and what the edge was told.
// It is data; session-loading fills it from the cache, session-room keeps it level with the room.

import type { Context, From } from '../runtime/mod.ts';
import type { Page, VisitorCard, VisitorLevel } from './chat.ts';
import type { RoomId, SessionId, SiteId } from './ids.ts';
import { unasked } from './lease.ts';
import type { LeaseHolder } from './lease-keeping.ts';

/** Somebody who came before the cache had answered. */
export interface Deferred {
  readonly from: From | null;
  readonly go: (context: Context) => void;
}

export interface SessionState extends LeaseHolder {
  readonly room: RoomId;
  site: SiteId | null;
  known: 'no' | 'loading' | 'yes';
  deferred: Deferred[];
  /** Null: only the room can say. */
  chatted: boolean | null;
  /** The edge made this visitor's token, and he did nothing durable since. */
  fresh: boolean;
  /** A message was sent in this life, whatever became of it. */
  tried: boolean;
  level: VisitorLevel | null;
  page: Page | null;
  card: VisitorCard | null;
  /** The card is not durable yet: it goes to the room with the next message. */
  cardWaits: boolean;
  visitorRead: number;
  /** The last message that the edge's log has, as far as this actor knows. */
  edgeSeq: number;
  /** The conversation's state that the edge was told; null when this life does not know. */
  told: string | null;
  open: boolean;
  syncing: boolean;
  /** Of the copy: above that of any earlier owner's. */
  fence: number;
  copyVersion: number;
  dirty: boolean;
  copiedAt: number;
  touchedAt: number;
}

export function newSessionState(session: SessionId, room: RoomId, now: number): SessionState {
  return {
    session,
    holding: unasked,
    asking: false,
    room,
    site: null,
    known: 'no',
    deferred: [],
    chatted: null,
    fresh: false,
    tried: false,
    level: null,
    page: null,
    card: null,
    cardWaits: false,
    visitorRead: 0,
    edgeSeq: 0,
    told: null,
    open: false,
    syncing: false,
    fence: 0,
    copyVersion: 0,
    dirty: false,
    copiedAt: now,
    touchedAt: now,
  };
}
