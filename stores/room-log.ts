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
} from '../actors/mod.ts';
import type { Connection } from './connection.ts';
import { dataOf, entryColumns, entryOf, messageOf } from './entry-row.ts';

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
export function tail(connection: Connection, room: RoomId): RoomTail {
  const lastSeq = '(SELECT max(seq) FROM entries WHERE room = ?)';
  const sql = `SELECT pos, fence, ${lastSeq} AS seq FROM entries WHERE room = ? ORDER BY pos DESC LIMIT 1`;
  const row = connection.one(sql, [room, room]);
  return { pos: Number(row?.pos ?? 0), seq: Number(row?.seq ?? 0), fence: Number(row?.fence ?? 0) };
}

export function load(connection: Connection, room: RoomId): RoomPast {
  const last = connection.one('SELECT pos, site, conversation FROM entries WHERE room = ? ORDER BY pos DESC LIMIT 1', [
    room,
  ]);
  if (last === null) return empty;
  const { messages } = page(connection, { room, before: null, after: null, limit: roomMessagesMax });
  return {
    pos: Number(last.pos),
    seq: messages.at(-1)?.seq ?? 0,
    site: last.site as SiteId,
    messages,
    turns: turns(connection, room, last.conversation as ConversationId),
    card: card(connection, room),
  };
}

/** With `after`: the next ones from there on. Else the last ones before `before`. */
export function page(
  connection: Connection,
  { room, before, after, limit }: PageRequest,
): { readonly messages: readonly ChatMessage[]; readonly more: boolean } {
  const wanted = Math.max(1, Math.min(limit, pageMessagesMax));
  const order = after === null ? 'DESC' : 'ASC';
  const sql = `SELECT ${columns} FROM entries WHERE room = ? AND seq > ? AND seq < ? ORDER BY seq ${order} LIMIT ?`;
  // One more than wanted says whether there is more.
  const rows = connection.all(sql, [room, after ?? 0, before ?? Number.MAX_SAFE_INTEGER, wanted + 1]);
  const messages = rows.slice(0, wanted).map(messageOf);
  return { messages: after === null ? messages.reverse() : messages, more: rows.length > wanted };
}

/**
 * A conversation closes after a day of silence, so an open one has an entry since `since`; of those rooms, the last
 * `opened` or `closed` says which it is.
 */
export function conversations(
  connection: Connection,
  { site, since, closedAfter }: { readonly site: SiteId; readonly since: number; readonly closedAfter: number },
): readonly (RoomPast & { readonly room: RoomId })[] {
  const turn = (column: string) =>
    `(SELECT ${column} FROM entries WHERE room = live.room AND seq IS NULL AND kind IN ('opened', 'closed') ORDER BY pos DESC LIMIT 1)`;
  const rows = connection.all(
    `SELECT room FROM (SELECT DISTINCT room FROM entries WHERE site = ? AND at >= ?) AS live
     WHERE ${turn('kind')} = 'opened' OR ${turn('at')} > ?`,
    [site, Math.min(since, closedAfter), closedAfter],
  );
  return rows.map((row) => ({ room: row.room as RoomId, ...load(connection, row.room as RoomId) }));
}

/** Only `said` has a seq, so the index of (room, seq) leads to everything else. */
function turns(connection: Connection, room: RoomId, conversation: ConversationId): readonly Entry[] {
  const sql = `SELECT ${columns} FROM entries WHERE room = ? AND seq IS NULL AND conversation = ? ORDER BY pos`;
  return connection.all(sql, [room, conversation]).map(entryOf);
}

function card(connection: Connection, room: RoomId): VisitorCard | null {
  const sql = `SELECT ${columns} FROM entries WHERE room = ? AND seq IS NULL AND kind = 'identified' ORDER BY pos DESC LIMIT 1`;
  const row = connection.one(sql, [room]);
  return row === null ? null : (dataOf(row) as VisitorCard | null);
}
