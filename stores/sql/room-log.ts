// Owns reading a room's log: its tail, its past, its pages, and which rooms of a site have an open conversation.
// It never writes, and reads by index only: a room of a million messages costs what a small one costs.

import {
  type ChatMessage,
  type ConversationId,
  type Entry,
  type RoomId,
  type RoomPast,
  type RoomTail,
  roomMessagesMax,
  type SiteId,
  type VisitorCard,
} from '../../actors/mod.ts';
import { dataOf, entryColumns, entryOf, messageOf } from './entry-row.ts';
import { type Query, row, rows } from './query.ts';

/** More than any caller asks for; a page is never unbounded. */
export const pageMessagesMax = 1_000;

export interface PageRequest {
  readonly room: RoomId;
  readonly before: number | null;
  readonly after: number | null;
  readonly limit: number;
}

const columns = entryColumns.join(', ');
const empty: RoomPast = { pos: 0, seq: 0, site: null, messages: [], turns: [], card: null };

/** The last entry, which is the end of an index, and the last seq, which is the end of another. */
export function* tail(room: RoomId): Query<RoomTail> {
  const lastSeq = '(SELECT max(seq) FROM entries WHERE room = ?)';
  const sql = `SELECT pos, fence, ${lastSeq} AS seq FROM entries WHERE room = ? ORDER BY pos DESC LIMIT 1`;
  const last = yield* row(sql, [room, room]);
  return { pos: Number(last?.pos ?? 0), seq: Number(last?.seq ?? 0), fence: Number(last?.fence ?? 0) };
}

export function* load(room: RoomId): Query<RoomPast> {
  const sql = 'SELECT pos, site, conversation FROM entries WHERE room = ? ORDER BY pos DESC LIMIT 1';
  const last = yield* row(sql, [room]);
  if (last === null) return empty;
  const { messages } = yield* page({ room, before: null, after: null, limit: roomMessagesMax });
  return {
    pos: Number(last.pos),
    seq: messages.at(-1)?.seq ?? 0,
    site: last.site as SiteId,
    messages,
    turns: yield* turns(room, last.conversation as ConversationId),
    card: yield* card(room),
  };
}

/** With `after`: the next ones from there on. Else the last ones before `before`. */
export function* page({
  room,
  before,
  after,
  limit,
}: PageRequest): Query<{ readonly messages: readonly ChatMessage[]; readonly more: boolean }> {
  const wanted = Math.max(1, Math.min(limit, pageMessagesMax));
  const order = after === null ? 'DESC' : 'ASC';
  const sql = `SELECT ${columns} FROM entries WHERE room = ? AND seq > ? AND seq < ? ORDER BY seq ${order} LIMIT ?`;
  // One more than wanted says whether there is more.
  const found = yield* rows(sql, [room, after ?? 0, before ?? Number.MAX_SAFE_INTEGER, wanted + 1]);
  const messages = found.slice(0, wanted).map(messageOf);
  return { messages: after === null ? messages.reverse() : messages, more: found.length > wanted };
}

/**
 * A conversation closes after a day of silence, so an open one has an entry since `since`; of those rooms, the last
 * `opened` or `closed` says which it is.
 */
export function* conversations({
  site,
  since,
  closedAfter,
}: {
  readonly site: SiteId;
  readonly since: number;
  readonly closedAfter: number;
}): Query<readonly (RoomPast & { readonly room: RoomId })[]> {
  const turn = (column: string) =>
    `(SELECT ${column} FROM entries WHERE room = live.room AND seq IS NULL AND kind IN ('opened', 'closed') ORDER BY pos DESC LIMIT 1)`;
  const found = yield* rows(
    `SELECT room FROM (SELECT DISTINCT room FROM entries WHERE site = ? AND at >= ?) AS live
     WHERE ${turn('kind')} = 'opened' OR ${turn('at')} > ?`,
    [site, Math.min(since, closedAfter), closedAfter],
  );
  const pasts: (RoomPast & { readonly room: RoomId })[] = [];
  for (const { room } of found) pasts.push({ room: room as RoomId, ...(yield* load(room as RoomId)) });
  return pasts;
}

/** Only `said` has a seq, so the index of (room, seq) leads to everything else. */
function* turns(room: RoomId, conversation: ConversationId): Query<readonly Entry[]> {
  const sql = `SELECT ${columns} FROM entries WHERE room = ? AND seq IS NULL AND conversation = ? ORDER BY pos`;
  return (yield* rows(sql, [room, conversation])).map(entryOf);
}

function* card(room: RoomId): Query<VisitorCard | null> {
  const sql = `SELECT ${columns} FROM entries WHERE room = ? AND seq IS NULL AND kind = 'identified' ORDER BY pos DESC LIMIT 1`;
  const last = yield* row(sql, [room]);
  return last === null ? null : (dataOf(last) as VisitorCard | null);
}
