// Owns the state of the chat as one visitor sees it, and how each piece of news changes it; every tab runs the same rules.
// It never asks the server, the page or a clock: what happened comes in as an action.

import type { Conversation, ConversationState, Event, Message, Site } from '../../../rpc/contract.ts';
import type { Entry } from './outbox.ts';
import { isOther, lastSeqOf, merged } from './timeline.ts';

export type Connection = 'connecting' | 'online' | 'degraded' | 'offline';

export interface Talk {
  readonly id: string;
  readonly state: ConversationState;
  readonly operator?: { readonly name: string };
}

export interface Chat {
  readonly site: Site | null;
  readonly talk: Talk | null;
  readonly messages: readonly Message[];
  /** Older messages may be had from the server. */
  readonly more: boolean;
  readonly unread: number;
  /** Others have read up to this seq. */
  readonly readSeq: number;
  /** The operator who is typing. */
  readonly typing: string | null;
  readonly outbox: readonly Entry[];
  readonly connection: Connection;
  /** The server asked for patience. */
  readonly isThrottled: boolean;
}

export type Action =
  | { readonly type: 'opened'; readonly site: Site; readonly conversation: Conversation | null }
  | { readonly type: 'events'; readonly events: readonly Event[] }
  | { readonly type: 'acked'; readonly message: Message }
  | { readonly type: 'older'; readonly messages: readonly Message[]; readonly more: boolean }
  | { readonly type: 'seen'; readonly seq: number }
  | { readonly type: 'outbox'; readonly entries: readonly Entry[] }
  | { readonly type: 'typingOff' }
  | { readonly type: 'throttled'; readonly on: boolean }
  | { readonly type: 'connection'; readonly connection: Connection }
  | { readonly type: 'restored'; readonly chat: Partial<Chat> };

export const emptyChat: Chat = {
  site: null,
  talk: null,
  messages: [],
  more: false,
  unread: 0,
  readSeq: 0,
  typing: null,
  outbox: [],
  connection: 'connecting',
  isThrottled: false,
};

export function changed(chat: Chat, action: Action): Chat {
  switch (action.type) {
    case 'opened':
      return opened(chat, action.site, action.conversation);
    case 'events':
      return action.events.reduce(happened, chat);
    case 'acked':
      return { ...chat, messages: merged(chat.messages, [action.message]) };
    case 'older':
      return { ...chat, messages: merged(action.messages, chat.messages), more: action.more };
    case 'seen':
      return { ...chat, unread: chat.messages.filter((one) => isOther(one) && one.seq > action.seq).length };
    case 'outbox':
      return { ...chat, outbox: action.entries };
    case 'typingOff':
      return { ...chat, typing: null };
    case 'throttled':
      return { ...chat, isThrottled: action.on };
    case 'connection':
      return { ...chat, connection: action.connection };
    case 'restored':
      return { ...chat, ...action.chat };
  }
}

/** What the server says at the opening, or after a reset, replaces what was held. */
function opened(chat: Chat, site: Site, conversation: Conversation | null): Chat {
  if (conversation === null) return { ...emptyChat, site, outbox: chat.outbox, connection: chat.connection };
  const { id, state, operator, messages, unread } = conversation;
  const kept = chat.readSeq <= lastSeqOf(messages) ? chat.readSeq : 0;
  const talk = { id, state, ...(operator && { operator }) };
  return { ...chat, site, talk, messages, more: (messages[0]?.seq ?? 1) > 1, unread, readSeq: kept, typing: null };
}

function happened(chat: Chat, event: Event): Chat {
  switch (event.type) {
    case 'message':
      return said(chat, event.message);
    case 'typing':
      return { ...chat, typing: event.on ? event.name : null };
    case 'read':
      return { ...chat, readSeq: Math.max(chat.readSeq, event.seq) };
    case 'presence':
      return chat.site === null ? chat : { ...chat, site: { ...chat.site, online: event.online } };
    case 'conversation':
      return talked(chat, event);
    default:
      return chat;
  }
}

function talked(chat: Chat, { id, state, operator }: Extract<Event, { type: 'conversation' }>): Chat {
  const talk = { id, state, ...(operator && { operator }) };
  return { ...chat, talk, typing: state === 'closed' ? null : chat.typing };
}

function said(chat: Chat, message: Message): Chat {
  const isNew = isOther(message) && !chat.messages.some(({ id }) => id === message.id);
  const messages = merged(chat.messages, [message]);
  if (!isOther(message)) return { ...chat, messages };
  return { ...chat, messages, unread: chat.unread + (isNew ? 1 : 0), typing: null };
}

/** What others said between two states, other than what was only fetched from further back: that rings. */
export function newsBetween(before: Chat, after: Chat): readonly Message[] {
  if (before.site === null || before.messages === after.messages) return [];
  const last = lastSeqOf(before.messages);
  return after.messages.filter((message) => isOther(message) && message.seq > last);
}
