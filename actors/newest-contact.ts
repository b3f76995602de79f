// Owns which of two reports of one conversation is the newer: they come on two ways, from the room and from the site.
// It is pure. A room's numbers only grow, and a conversation only goes from waiting to active to closed.

import type { Contact, ConversationState } from './chat.ts';

type Standing = Pick<Contact, 'conversation' | 'state' | 'operator' | 'lastSeq' | 'lastAt' | 'closedAt'>;

const order: { readonly [state in ConversationState]: number } = { waiting: 0, active: 1, closed: 2 };

/** The visitor as the news has him; the conversation as whoever knows more of it has it. */
export function newestContact(known: Contact | undefined, news: Contact): Contact {
  const located = withLevelOf(known, news);
  if (known === undefined || !isOlder(news, known)) return located;
  const { conversation, state, operator, lastSeq, lastAt, closedAt } = known;
  return { ...located, conversation, state, operator, lastSeq, lastAt, closedAt };
}

/** Where the visitor is, as long as the news does not know: so nobody seems gone because an actor was made anew. */
export function withLevelOf(known: Contact | undefined, news: Contact): Contact {
  if (known === undefined || news.levelUnknown === undefined) return news;
  const { levelUnknown: _, ...rest } = news;
  const { level, page, levelUnknown } = known;
  return { ...rest, level, page, ...(levelUnknown === undefined ? {} : { levelUnknown }) };
}

function isOlder(a: Standing, b: Standing): boolean {
  if (a.lastSeq !== b.lastSeq) return a.lastSeq < b.lastSeq;
  // Conversation ids begin with their time: of two where nothing was said in between, the later one counts.
  if (a.conversation !== b.conversation) return a.conversation < b.conversation;
  return order[a.state] < order[b.state];
}
