// Owns what a living site holds, and the plain questions about it: who may be told, who is online, what looks how.
// It sends nothing.

import { visitorName } from './card.ts';
import type { Contact, SiteView } from './chat.ts';
import { type OperatorName, type RoomId, type SessionId, sessionOf } from './ids.ts';
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
  record: SiteRecord;
  readonly contacts: Map<SessionId, Contact>;
  /** Contacts from the history whose room has not said yet where its visitor is. */
  readonly unheard: Set<SessionId>;
  /** Monotonic; until then nobody is told all contacts, so that a site made anew makes nobody seem gone. */
  graceUntil: number;
  loaded: boolean;
  /** Attached operators. */
  readonly operators: Map<OperatorName, OnDuty>;
  online: boolean;
}

export function newSiteState(record: SiteRecord): SiteState {
  return {
    record,
    contacts: new Map(),
    unheard: new Set(),
    graceUntil: 0,
    loaded: false,
    operators: new Map(),
    online: false,
  };
}

/** At least one operator is neither away, xa nor dnd. */
export function isOnline({ operators }: SiteState): boolean {
  return [...operators.values()].some((operator) => operator.available);
}

export function siteView({ record, online }: SiteState): SiteView {
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
    page: null,
    lastSeq: head.seq,
    lastAt: saidAt,
    closedAt,
  };
}
