// Owns how what SQL holds of a room and what the journal holds of it are read as one log. It is pure.
//
//   SQL       1 2 3 4 5 6              up to where it has come
//   journal           5 6 7 8          without gaps; what SQL has already is the same in both
//   read      1 2 3 4 5 6 7 8          or null, when they do not join: then the journal's part must be renumbered first

import type { ChatMessage, Entry } from './chat.ts';
import type { RoomPast } from './ports.ts';
import { emptyTimeline, extended, messageOf, pastOf, timelineOf } from './timeline.ts';

export interface PageWanted {
  readonly before: number | null;
  readonly after: number | null;
  readonly limit: number;
}

export interface PageRead {
  readonly messages: readonly ChatMessage[];
  readonly more: boolean;
}

export const emptyPast: RoomPast = pastOf(emptyTimeline);

/** What `past` lacks is added. */
export function mergedPast(past: RoomPast, entries: readonly Entry[]): RoomPast | null {
  const news = entries.filter(({ pos }) => pos > past.pos);
  const [first] = news;
  if (first !== undefined && first.pos !== past.pos + 1) return null;
  const known = new Map(past.messages.map(({ seq, id }) => [seq, id as string]));
  const differs = ({ seq, id, pos }: Entry) =>
    pos <= past.pos && seq !== null && known.has(seq) && known.get(seq) !== id;
  if (entries.some(differs)) return null;
  return pastOf(news.reduce(extended, timelineOf(past)));
}

/** Null when the journal's part answers it alone, else what SQL must be asked for. */
export function pageOfSql(wanted: PageWanted, entries: readonly Entry[]): PageWanted | null {
  const { before, after, limit } = wanted;
  const messages = entries.flatMap((entry) => messageOf(entry) ?? []);
  const first = messages[0]?.seq;
  if (first === undefined) return wanted;
  if (after !== null) return after + 1 >= first ? null : wanted;
  const own = messages.filter(({ seq }) => before === null || seq < before).length;
  if (own > limit || first === 1) return null;
  // At least one, so that SQL says whether there is more.
  return { before: Math.min(before ?? first, first), after, limit: Math.max(1, limit - own) };
}

/** `sql`: what SQL answered to `pageOfSql`, or null where it was not asked. */
export function mergedPage(
  { before, after, limit }: PageWanted,
  entries: readonly Entry[],
  sql: PageRead | null,
): PageRead {
  const own = entries.flatMap((entry) => messageOf(entry) ?? []);
  const first = own[0]?.seq ?? Number.MAX_SAFE_INTEGER;
  const older = (sql?.messages ?? []).filter(({ seq }) => seq < first);
  if (after !== null) {
    const all = [...older, ...own.filter(({ seq }) => seq > after)];
    return { messages: all.slice(0, limit), more: all.length > limit };
  }
  const all = [...older, ...own.filter(({ seq }) => before === null || seq < before)];
  return { messages: all.slice(-limit), more: all.length > limit || (sql?.more ?? false) };
}
