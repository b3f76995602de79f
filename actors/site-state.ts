// Owns what a living site holds, and the plain questions about it: who may be told, who is online, what looks how.
// It sends nothing.

import { visitorName } from './card.ts';
import type { Contact, SiteView } from './chat.ts';
import { type OperatorName, type RoomId, type SessionId, type SiteId, sessionOf } from './ids.ts';
import { contactAfterCloseMs } from './limits.ts';
import type { Show } from './operator-protocol.ts';
import type { RoomPast, SiteRecord } from './ports.ts';
import { timelineOf } from './timeline.ts';

export interface OnDuty {
  readonly name: string;
  readonly available: boolean;
  readonly show: Show | null;
  readonly status: string;
  /** Monotonic; a level that nobody repeats is no longer believed. */
  readonly until: number;
}

export interface SiteState {
  readonly id: SiteId;
  /** Null until it could be read. */
  record: SiteRecord | null;
  /** Monotonic. */
  readonly madeAt: number;
  readonly contacts: Map<SessionId, Contact>;
  loaded: boolean;
  /** Attached operators. */
  readonly operators: Map<OperatorName, OnDuty>;
  online: boolean;
}

export function newSiteState(id: SiteId, record: SiteRecord | null, madeAt: number): SiteState {
  return {
    id,
    record,
    madeAt,
    contacts: new Map(),
    loaded: false,
    operators: new Map(),
    online: false,
  };
}

/** At least one operator is neither away, xa nor dnd. */
export function isOnline({ operators }: SiteState): boolean {
  return [...operators.values()].some((operator) => operator.available);
}

export function siteView({ record, online }: SiteState): SiteView | null {
  if (record === null) return null;
  const { id, name, theme, locale, origins, keepQueryStrings, identitySecret } = record;
  return { id, name, online, theme, locale, origins, keepQueryStrings, identitySecret };
}

export function isOver(contact: Contact, now: number): boolean {
  return contact.closedAt !== null && now - contact.closedAt >= contactAfterCloseMs;
}

export function sameContact(a: Contact | undefined, b: Contact): boolean {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}

/** As the history knows it; where the visitor is only his session can say. */
export function contactOfPast(past: RoomPast & { readonly room: RoomId }): Contact | null {
  const { head } = timelineOf(past);
  const session = sessionOf(past.room);
  if (head.site === null || head.conversation === null) return null;
  const { id, state, operator, saidAt, closedAt } = head.conversation;
  return {
    site: head.site,
    session,
    room: past.room,
    conversation: id,
    name: visitorName(head.card, session),
    verified: head.card?.verified ?? false,
    state,
    operator,
    level: 'gone',
    levelUnknown: true,
    page: null,
    lastSeq: head.seq,
    lastAt: saidAt,
    closedAt,
  };
}
