// Owns the order of what is shown: messages keyed by id and ordered by seq, then what waits to be acknowledged.
// It never shows a message twice: an own line is replaced by the message that bears its cmid.

import type { Message } from '../../../rpc/contract.ts';
import type { Entry } from './outbox.ts';

export type Line =
  | { readonly kind: 'message'; readonly key: string; readonly message: Message }
  | { readonly kind: 'pending'; readonly key: string; readonly entry: Entry }
  | { readonly kind: 'day'; readonly key: string; readonly at: string };

/** Later news of an id wins: a message may be announced again with another seq. */
export function merged(held: readonly Message[], news: readonly Message[]): readonly Message[] {
  if (news.length === 0) return held;
  const byId = new Map(held.map((message) => [message.id, message]));
  for (const message of news) byId.set(message.id, message);
  return [...byId.values()].sort((a, b) => a.seq - b.seq);
}

/** `dayOf` names the local day of a moment, so that days are the reader's own. */
export function linesOf(
  messages: readonly Message[],
  entries: readonly Entry[],
  dayOf: (at: string) => string,
): readonly Line[] {
  const lines: Line[] = [];
  let day = '';
  for (const message of messages) {
    const today = dayOf(message.at);
    if (today !== day) lines.push({ kind: 'day', key: `day ${today}`, at: message.at });
    day = today;
    // An own line keeps its key from pending to acknowledged, so that it stays where it stands.
    lines.push({ kind: 'message', key: message.cmid ?? message.id, message });
  }
  return [...lines, ...pendingLines(messages, entries)];
}

function pendingLines(messages: readonly Message[], entries: readonly Entry[]): readonly Line[] {
  const said = new Set(messages.map(({ cmid }) => cmid));
  return entries.filter(({ cmid }) => !said.has(cmid)).map((entry) => ({ kind: 'pending', key: entry.cmid, entry }));
}

export function isOther(message: Message): boolean {
  return message.from.kind !== 'visitor';
}

export function lastSeqOf(messages: readonly Message[]): number {
  return messages.at(-1)?.seq ?? 0;
}
