// Owns reading a room's log: its tail and its pages.
// It never writes, and reads by index only: a room of a million messages costs what a small one costs.

import type { ChatMessage, RoomId, RoomTail } from '../../actors/mod.ts';
import { entryColumns, messageOf } from './entry-row.ts';
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

/** The last entry, which is the end of an index, and the last seq, which is the end of another. */
export function* tail(room: RoomId): Query<RoomTail> {
  const lastSeq = '(SELECT max(seq) FROM entries WHERE room = ?)';
  const sql = `SELECT pos, fence, ${lastSeq} AS seq FROM entries WHERE room = ? ORDER BY pos DESC LIMIT 1`;
  const last = yield* row(sql, [room, room]);
  return { pos: Number(last?.pos ?? 0), seq: Number(last?.seq ?? 0), fence: Number(last?.fence ?? 0) };
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
