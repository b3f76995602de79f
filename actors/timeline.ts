// Owns how a room's log of entries becomes what people see: the conversation's state, its last messages, the card.
// It is pure: it gives no number, writes nothing and knows no clock.
//
//   pos   1       2     3     4         5     6       7       8
//         opened  said  said  assigned  said  closed  opened  said
//   seq           1     2               3                     4

import { cardFrom } from './card.ts';
import {
  type ChatMessage,
  type ConversationState,
  type ConversationView,
  type Entry,
  roomMessagesMax,
  type VisitorCard,
} from './chat.ts';
import { type ConversationId, type MessageId, type OperatorName, operatorName, type SiteId } from './ids.ts';
import type { RoomPast } from './ports.ts';

export interface Conversation {
  readonly id: ConversationId;
  readonly state: ConversationState;
  readonly operator: { readonly id: OperatorName; readonly name: string } | null;
  readonly openedAt: number;
  /** When something was said last. */
  readonly saidAt: number;
  readonly closedAt: number | null;
}

/** Where a log stands: everything that the next entry depends on. */
export interface Head {
  readonly site: SiteId | null;
  readonly pos: number;
  readonly seq: number;
  /** No entry is dated earlier than this. */
  readonly at: number;
  readonly conversation: Conversation | null;
  readonly card: VisitorCard | null;
}

export interface Timeline {
  readonly head: Head;
  /** The last 75, ascending. */
  readonly messages: readonly ChatMessage[];
  /** All entries but `said` of the latest conversation. */
  readonly turns: readonly Entry[];
}

export const emptyTimeline: Timeline = {
  head: { site: null, pos: 0, seq: 0, at: 0, conversation: null, card: null },
  messages: [],
  turns: [],
};

/** The head after one more entry. */
export function advance(head: Head, entry: Entry): Head {
  const { site, pos, at } = entry;
  const next = { ...head, site, pos, seq: entry.seq ?? head.seq, at };
  if (entry.kind === 'opened') return { ...next, conversation: openedBy(entry) };
  if (entry.kind === 'identified') return { ...next, card: cardFrom(entry.data) };
  if (head.conversation === null) return next;
  return { ...next, conversation: turned(head.conversation, entry) };
}

export function extended({ head, messages, turns }: Timeline, entry: Entry): Timeline {
  const said = messageOf(entry);
  return {
    head: advance(head, entry),
    messages: said === null ? messages : [...messages, said].slice(-roomMessagesMax),
    turns: said === null ? [...(entry.kind === 'opened' ? [] : turns), entry] : turns,
  };
}

export function timelineOf(past: RoomPast): Timeline {
  const turned = past.turns.reduce(advance, emptyTimeline.head);
  const said = past.messages.at(-1);
  const conversation = turned.conversation;
  const head: Head = {
    site: past.site,
    pos: past.pos,
    seq: past.seq,
    at: Math.max(turned.at, said?.at ?? 0),
    conversation:
      conversation !== null && said?.conversation === conversation.id
        ? { ...conversation, saidAt: said.at }
        : conversation,
    card: past.card,
  };
  return { head, messages: past.messages, turns: past.turns };
}

export function pastOf({ head, messages, turns }: Timeline): RoomPast {
  return { pos: head.pos, seq: head.seq, site: head.site, messages, turns, card: head.card };
}

export interface ReadMarks {
  readonly visitorRead: number;
  readonly operatorRead: number;
}

export function viewOf(timeline: Timeline, marks: ReadMarks): ConversationView | null {
  const { conversation, seq } = timeline.head;
  if (conversation === null) return null;
  const { id, state, operator, openedAt, saidAt, closedAt } = conversation;
  const { messages } = timeline;
  return { id, state, operator, openedAt, closedAt, lastSeq: seq, lastAt: saidAt, messages, ...marks };
}

/** A conversation is open until somebody or silence closed it. */
export function isOpen(head: Head): boolean {
  return head.conversation !== null && head.conversation.state !== 'closed';
}

export function messageOf(entry: Entry): ChatMessage | null {
  if (entry.kind !== 'said' || entry.seq === null) return null;
  const { seq, at, conversation, cmid, author, text } = entry;
  // A `said` entry's id was made by newMessageId.
  return { id: entry.id as MessageId, seq, at, conversation, cmid, from: author, text: text ?? '' };
}

function openedBy({ conversation, at }: Entry): Conversation {
  return { id: conversation, state: 'waiting', operator: null, openedAt: at, saidAt: at, closedAt: null };
}

function turned(conversation: Conversation, entry: Entry): Conversation {
  switch (entry.kind) {
    case 'said':
      return { ...conversation, saidAt: entry.at };
    case 'assigned':
      return { ...conversation, state: 'active', operator: assigneeOf(entry) };
    case 'closed':
      return { ...conversation, state: 'closed', closedAt: entry.at };
    default:
      return conversation;
  }
}

function assigneeOf({ data }: Entry): Conversation['operator'] {
  const { operator, name } = data ?? {};
  const id = typeof operator === 'string' ? operatorName(operator) : null;
  return id === null ? null : { id, name: typeof name === 'string' ? name : id };
}
