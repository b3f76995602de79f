// Owns the translation from the chat's nouns to the visitor's contract: what a page may know, in the contract's words.
// It leaves out what is not a visitor's to see: operators' ids, stanza ids, origins, secrets.

import type { ChatMessage, ConversationView, SessionEvent, SiteView } from '../actors/mod.ts';
import type { Conversation, Event, Message, Site } from './contract.ts';

export function messageOf(message: ChatMessage): Message {
  const { id, seq, at, cmid, from, text } = message;
  const mine = from.kind === 'visitor' && cmid !== null ? { cmid } : {};
  return { id, seq, at: isoTime(at), ...mine, from: { kind: from.kind, name: from.name }, text };
}

export function conversationOf(view: ConversationView): Conversation {
  const { id, state, operator, messages, lastSeq, visitorRead } = view;
  const unread = messages.filter((message) => message.from.kind !== 'visitor' && message.seq > visitorRead).length;
  return {
    id,
    state,
    ...(operator === null ? {} : { operator: { name: operator.name } }),
    messages: messages.map(messageOf),
    lastSeq,
    unread,
  };
}

export function siteOf(view: SiteView): Site {
  const { id, name, online, theme, locale } = view;
  return { id, name, online, theme: { color: theme.color, mode: theme.mode }, locale };
}

export function eventOf(event: SessionEvent): Event {
  if (event.type === 'message') return { type: 'message', message: messageOf(event.message) };
  if (event.type === 'conversation') return stateEventOf(event);
  return event;
}

export function stateEventOf(
  of: Pick<Conversation, 'id' | 'state'> & { readonly operator: { readonly name: string } | null },
): Event {
  const { id, state, operator } = of;
  return { type: 'conversation', id, state, ...(operator === null ? {} : { operator: { name: operator.name } }) };
}

export function isoTime(at: number): string {
  return new Date(at).toISOString();
}
