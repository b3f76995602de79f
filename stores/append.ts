// Owns the durable append: groups of entries in, one transaction, one honest outcome for each group out.
// It never ignores a duplicate: what is "already there" was read back and is the same in every field.
//
//   groups --> BEGIN --> one INSERT for each group --> COMMIT (one fsync for all)
//                           | no row, or a constraint            | failed
//                           v                                    v
//                        read back: stored, repeat, conflict   ROLLBACK, read back: stored, repeat, else failed
//
// A group is one statement, and SQLite undoes a statement that fails without touching the others of the transaction:
// so the guilty group fails alone, and no savepoint is needed.

import type { AppendOutcome, Entry, RoomId } from '../actors/mod.ts';
import type { Connection } from './connection.ts';
import { entryColumns, entryOf, entryValues, sameEntry } from './entry-row.ts';
import { isDuplicate, isGuiltyRow, isSqlError } from './sqlite.ts';

export type EntryGroup = readonly Entry[];

/** A room lets 32 entries await their commit; a group has all of them at most, with room to spare. */
export const groupEntriesMax = 100;
/** Text, names and data of one entry; a text of 10,000 units is at most 30,000 bytes of it. */
export const entryBytesMax = 256 * 1_024;

const stored: AppendOutcome = { type: 'stored' };
const conflict: AppendOutcome = { type: 'conflict' };
const behind: AppendOutcome = { type: 'behind' };

const columns = entryColumns.join(', ');
/** The last pos of a room if an owner with this fence may write behind it, else one that nothing follows. */
const openEnd =
  '(SELECT CASE WHEN fence <= ? THEN pos ELSE -1 END FROM entries WHERE room = ? ORDER BY pos DESC LIMIT 1)';
const rowPlaceholders = `(${entryColumns.map(() => '?').join(', ')})`;

export function append(connection: Connection, groups: readonly EntryGroup[]): readonly AppendOutcome[] {
  if (groups.length === 0) return [];
  try {
    const outcomes = connection.transaction(() => placeAll(connection, groups));
    tallyKinds(connection, groups, outcomes);
    return outcomes;
  } catch (error) {
    if (!isSqlError(error)) throw error;
    connection.tally('sql_append_failures', { code: String(error.errcode) }, 1);
    return readBackAll(connection, groups);
  }
}

function placeAll(connection: Connection, groups: readonly EntryGroup[]): readonly AppendOutcome[] {
  const stopped = new Set<RoomId>();
  return groups.map((group) => {
    const room = group[0]?.room;
    if (room !== undefined && stopped.has(room)) return behind;
    const outcome = place(connection, group);
    if (room !== undefined && outcome.type !== 'stored') stopped.add(room);
    return outcome;
  });
}

function place(connection: Connection, group: EntryGroup): AppendOutcome {
  const wrong = misshapen(group);
  if (wrong !== null) return refused(wrong);
  try {
    return insert(connection, group) > 0 ? stored : (recorded(connection, group) ?? conflict);
  } catch (error) {
    if (isDuplicate(error)) return recorded(connection, group) ?? conflict;
    if (isGuiltyRow(error)) return refused('invalid');
    throw error;
  }
}

/**
 * Inserts nothing where the group does not follow the room's last pos, or where that was written by a later owner:
 * asked and written in one statement.
 */
function insert(connection: Connection, group: EntryGroup): number {
  const [first] = group;
  if (first === undefined) return 0;
  const rows = group.map(() => rowPlaceholders).join(', ');
  const sql = `INSERT INTO entries (${columns}) SELECT * FROM (VALUES ${rows}) WHERE coalesce(${openEnd}, 0) = ?`;
  return connection.run(sql, [...group.flatMap(entryValues), first.fence, first.room, first.pos - 1]);
}

/** What the room already holds of this group: all of it, or another entry under the same author and cmid. */
function recorded(connection: Connection, group: EntryGroup): AppendOutcome | null {
  const ids = group.map((entry) => entry.id);
  const marks = ids.map(() => '?').join(', ');
  const rows = connection.all(`SELECT ${columns} FROM entries WHERE id IN (${marks})`, ids);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const same = group.filter((entry) => {
    const row = byId.get(entry.id);
    return row !== undefined && sameEntry(entry, row);
  });
  if (same.length === group.length) return stored;
  // One of our ids under other content is nobody's repeat: the room must look again at what SQL holds.
  return rows.length > 0 ? conflict : repeated(connection, group);
}

function repeated(connection: Connection, group: EntryGroup): AppendOutcome | null {
  const sql = `SELECT ${columns} FROM entries WHERE room = ? AND author_id = ? AND cmid = ?`;
  for (const { room, author, cmid } of group) {
    const row = cmid === null ? null : connection.one(sql, [room, author.id, cmid]);
    if (row !== null) return { type: 'repeat', entry: entryOf(row) };
  }
  return null;
}

/**
 * After a transaction that failed as a whole. A commit that reported an error may have been kept, and a repeat of
 * something old is answered even while the disk is full; whatever is not there may be tried again.
 */
function readBackAll(connection: Connection, groups: readonly EntryGroup[]): readonly AppendOutcome[] {
  const failed: AppendOutcome = { type: 'failed', code: 'unavailable', retryable: true };
  return groups.map((group) => {
    const wrong = misshapen(group);
    if (wrong !== null) return refused(wrong);
    const found = readBack(connection, group);
    return found?.type === 'stored' || found?.type === 'repeat' ? found : failed;
  });
}

function readBack(connection: Connection, group: EntryGroup): AppendOutcome | null {
  try {
    return recorded(connection, group);
  } catch (error) {
    if (isSqlError(error)) return null;
    throw error;
  }
}

/** What no repeat can cure: such a group must fail by itself, and not take the others of its batch along. */
function misshapen(group: EntryGroup): string | null {
  const [first] = group;
  if (first === undefined) return 'invalid';
  if (group.length > groupEntriesMax || group.some((entry) => bytes(entry) > entryBytesMax)) return 'tooLarge';
  const { room, pos, fence } = first;
  const follows = group.every(
    (entry, index) => entry.room === room && entry.pos === pos + index && entry.fence === fence,
  );
  return follows && Number.isSafeInteger(pos) && Number.isSafeInteger(fence) && fence >= 0 ? null : 'invalid';
}

function bytes({ text, author, data }: Entry): number {
  return Buffer.byteLength(text ?? '') + Buffer.byteLength(author.name) + Buffer.byteLength(JSON.stringify(data));
}

function refused(code: string): AppendOutcome {
  return { type: 'failed', code, retryable: false };
}

/** What the rows were, for who wants to know what a day of writes consists of. */
function tallyKinds(connection: Connection, groups: readonly EntryGroup[], outcomes: readonly AppendOutcome[]): void {
  groups.forEach((group, index) => {
    if (outcomes[index]?.type !== 'stored') return;
    for (const { kind } of group) connection.tally('sql_entries', { kind }, 1);
  });
}
