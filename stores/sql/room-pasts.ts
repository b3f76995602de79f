// Owns reading what a room begins with, of one room or of all rooms of a site that have an open conversation.
// It never writes, and reads by index only: a room of a million messages costs what a small one costs.
//
// A past is of three kinds of entries, each at the end of an index: the last messages, the turns of the conversation
// that the last entry belongs to, and the visitor's card. One statement collects their ids and reads each entry once,
// for many rooms: a round trip each, for each room of a busy site, is what a node that starts would wait for.

import {
  type ConversationId,
  type RoomId,
  type RoomPast,
  roomMessagesMax,
  type SiteId,
  type VisitorCard,
} from '../../actors/mod.ts';
import type { Dialect } from './dialect.ts';
import { dataOf, entryColumns, entryOf, messageOf } from './entry-row.ts';
import { type Query, type Row, rows } from './query.ts';

/** What the last entry of a room says, and whose it is. */
interface PastOf extends RoomPast {
  readonly room: RoomId;
}

const empty: RoomPast = { pos: 0, seq: 0, site: null, messages: [], turns: [], card: null };

const noRoom = '';

const lastConversation = '(SELECT conversation FROM entries WHERE room = ? ORDER BY pos DESC LIMIT 1)';
/**
 * Only `said` has a seq, so the index of (room, seq) leads to everything else. MySQL and MariaDB have to be told, in
 * words that are a comment to SQLite: by themselves they may go through every message of the room.
 */
const noMessages = 'entries /*! FORCE INDEX (entries_room_seq) */';
/** Ids only: what a server sorts out in a table of its own has to be small. */
const idsOfRoom = [
  `SELECT id FROM (SELECT id FROM entries WHERE room = ? AND seq > 0 ORDER BY seq DESC LIMIT ${roomMessagesMax}) AS heard`,
  `SELECT id FROM ${noMessages} WHERE room = ? AND seq IS NULL AND conversation = ${lastConversation}`,
  `SELECT id FROM (SELECT id FROM ${noMessages} WHERE room = ? AND seq IS NULL AND kind = 'identified' ORDER BY pos DESC LIMIT 1) AS card`,
];
const placesOfRoom = idsOfRoom.join('').split('?').length - 1;

export function* load(room: RoomId): Query<RoomPast> {
  return pastOf(yield* rows(pastsOf(1), Array(placesOfRoom).fill(room)));
}

/**
 * A conversation closes after a day of silence, so an open one has an entry since `since`; of those rooms, the last
 * `opened` or `closed` says which it is.
 */
export function* conversations(
  { roomsPerRead }: Dialect,
  { site, since, closedAfter }: { readonly site: SiteId; readonly since: number; readonly closedAfter: number },
): Query<readonly PastOf[]> {
  const turn = (column: string) =>
    `(SELECT ${column} FROM ${noMessages} WHERE room = live.room AND seq IS NULL AND kind IN ('opened', 'closed') ORDER BY pos DESC LIMIT 1)`;
  const found = yield* rows(
    `SELECT room FROM (SELECT DISTINCT room FROM entries WHERE site = ? AND at >= ?) AS live
     WHERE ${turn('kind')} = 'opened' OR ${turn('at')} > ?`,
    [site, Math.min(since, closedAfter), closedAfter],
  );
  const pasts: PastOf[] = [];
  for (let first = 0; first < found.length; first += roomsPerRead) {
    const rooms = found.slice(first, first + roomsPerRead).map(({ room }) => room as RoomId);
    const byRoom = yield* entriesOf(rooms, roomsPerRead);
    pasts.push(...rooms.map((room) => ({ room, ...pastOf(byRoom.get(room) ?? []) })));
  }
  return pasts;
}

/** Of one text, whatever the number of rooms, because the server keeps each text: what is left over is no room. */
function* entriesOf(rooms: readonly RoomId[], count: number): Query<ReadonlyMap<unknown, readonly Row[]>> {
  const asked = Array.from({ length: count }, (_, index) => rooms[index] ?? noRoom);
  const values = asked.flatMap((room) => Array<string>(placesOfRoom).fill(room));
  return Map.groupBy(yield* rows(pastsOf(count), values), ({ room }) => room);
}

/** Each entry once, also where it is there for two reasons. */
function pastsOf(roomsCount: number): string {
  const columns = entryColumns.map((column) => `entries.${column}`).join(', ');
  const ids = Array(roomsCount).fill(idsOfRoom).flat().join('\nUNION ');
  return `SELECT ${columns} FROM entries JOIN (${ids}) AS wanted ON entries.id = wanted.id`;
}

/** In whatever order the rows came. */
function pastOf(found: readonly Row[]): RoomPast {
  const log = [...found].sort((a, b) => Number(a.pos) - Number(b.pos));
  const last = log.at(-1);
  if (last === undefined) return empty;
  const messages = log.filter(({ seq }) => seq !== null).map(messageOf);
  const beside = log.filter(({ seq }) => seq === null);
  const card = beside.findLast(({ kind }) => kind === 'identified');
  return {
    pos: Number(last.pos),
    seq: messages.at(-1)?.seq ?? 0,
    site: last.site as SiteId,
    messages,
    turns: beside.filter(({ conversation }) => conversation === (last.conversation as ConversationId)).map(entryOf),
    card: card === undefined ? null : (dataOf(card) as VisitorCard | null),
  };
}
