// Owns the chat's own nouns as plain data: messages, conversations, visitors, contacts, entries of a room's log.
// It holds no rule and no process; every actor, store and edge speaks in these.

import type { ConversationId, MessageId, OperatorName, RoomId, SessionId, SiteId } from './ids.ts';

export type AuthorKind = 'visitor' | 'operator' | 'system' | 'bot';
export type ConversationState = 'waiting' | 'active' | 'closed';

export interface Author {
  readonly kind: AuthorKind;
  /** The session, the operator's name, or `system`. */
  readonly id: string;
  /** What people see. */
  readonly name: string;
}

export interface ChatMessage {
  readonly id: MessageId;
  readonly seq: number;
  /** Wall clock, ms since 1970, never below the message before. */
  readonly at: number;
  readonly conversation: ConversationId;
  /** The sender's own id; on a visitor's messages the widget's. */
  readonly cmid: string | null;
  readonly from: Author;
  readonly text: string;
}

/** One line of a room's durable log. Only `said` bears a seq; every entry bears the next `pos`. */
export interface Entry {
  /** Message id for `said`, else an id of the same shape. */
  readonly id: string;
  readonly room: RoomId;
  readonly site: SiteId;
  /** 1, 2, 3 … over all entries of the room, without gaps. */
  readonly pos: number;
  readonly seq: number | null;
  readonly kind: 'opened' | 'said' | 'assigned' | 'closed' | 'rated' | 'identified';
  readonly at: number;
  readonly conversation: ConversationId;
  readonly author: Author;
  /** Unique for room and author (compared by bytes) where it is not null. */
  readonly cmid: string | null;
  readonly text: string | null;
  /** What the kind needs: `assigned` { operator, name }, `closed` { by }, `rated` { score }, `identified` a card. */
  readonly data: { readonly [name: string]: unknown } | null;
  /** Who owned the room, as a number that grows with each owner: a later owner's log takes nothing from an earlier one. */
  readonly fence: number;
}

export interface Page {
  readonly url: string;
  readonly title?: string;
  readonly referrer?: string;
}

/** Here: polls. Away: polls from a hidden tab. Gone: no poll for 40 s, or 10 s after the page said goodbye. */
export type VisitorLevel = 'here' | 'away' | 'gone';

/** Who the visitor says to be; `verified` values come from a token that the site signed. */
export interface VisitorCard {
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly attributes?: { readonly [name: string]: string | number | boolean };
  /** The first verified `sub`; it binds the session. */
  readonly subject?: string;
  readonly verified: boolean;
}

export interface ConversationView {
  readonly id: ConversationId;
  readonly state: ConversationState;
  readonly operator: { readonly id: OperatorName; readonly name: string } | null;
  readonly openedAt: number;
  readonly closedAt: number | null;
  readonly lastSeq: number;
  readonly lastAt: number;
  /** The last 75 of the room, ascending by seq. */
  readonly messages: readonly ChatMessage[];
  /** How far the visitor has read, and the others. */
  readonly visitorRead: number;
  readonly operatorRead: number;
}

/** What an operator sees of a visitor with a conversation. */
export interface Contact {
  readonly site: SiteId;
  readonly session: SessionId;
  readonly room: RoomId;
  readonly conversation: ConversationId;
  /** The visitor's name, else `Visitor` and the last 4 characters of the session. */
  readonly name: string;
  readonly verified: boolean;
  readonly state: ConversationState;
  readonly operator: { readonly id: OperatorName; readonly name: string } | null;
  readonly level: VisitorLevel;
  readonly page: Page | null;
  /** Who says this was made a moment ago and has not heard where the visitor is: what was known of it before holds. */
  readonly levelUnknown?: true;
  readonly lastSeq: number;
  readonly lastAt: number;
  readonly closedAt: number | null;
}

export interface SiteView {
  readonly id: SiteId;
  readonly name: string;
  readonly online: boolean;
  readonly theme: { readonly color: string; readonly mode: 'auto' | 'light' | 'dark' };
  readonly locale: string;
  /** Empty: every origin may open sessions. */
  readonly origins: readonly string[];
  readonly keepQueryStrings: boolean;
  readonly identitySecret: string | null;
}

/** What a visitor's page is told. The edge numbers and keeps it. */
export type SessionEvent =
  | { readonly type: 'message'; readonly message: ChatMessage }
  | { readonly type: 'typing'; readonly on: boolean; readonly name: string }
  | { readonly type: 'read'; readonly seq: number }
  | {
      readonly type: 'conversation';
      readonly id: ConversationId;
      readonly state: ConversationState;
      readonly operator: { readonly name: string } | null;
    }
  | { readonly type: 'navigate'; readonly url: string }
  | { readonly type: 'command'; readonly name: string; readonly body: string };

export const roomMessagesMax = 75;
export const textUnitsMax = 10_000;
