// Owns the durable append: groups of entries in, one transaction, one honest outcome for each group out.
// It never ignores a duplicate: what is "already there" was read back and is the same in every field.
//
//   groups --> one INSERT for all, where the engine takes that ------------------------------> stored
//                | fewer rows than asked for, or a constraint: somebody is guilty
//                v
//              BEGIN --> one INSERT for each group --> COMMIT (one fsync for all)
//                           | no row, or a constraint            | failed
//                           v                                    v
//                        read back: stored, repeat, conflict   ROLLBACK, read back: stored, repeat, else failed
//
// A group is one statement, and every engine undoes a statement that fails without touching the others of the
// transaction: so the guilty group fails alone, and no savepoint is needed.

import type { AppendOutcome, Entry, RoomId } from '../../actors/mod.ts';
import type { Dialect } from './dialect.ts';
import { entryColumns, entryOf, sameEntry } from './entry-row.ts';
import { groupBytes, groupBytesMax, misshapen } from './group-shape.ts';
import { type Query, row, rows, type Step, tally, transaction } from './query.ts';
import { isSqlError } from './sql-error.ts';

export type EntryGroup = readonly Entry[];

const stored: AppendOutcome = { type: 'stored' };
const conflict: AppendOutcome = { type: 'conflict' };
const behind: AppendOutcome = { type: 'behind' };

const columns = entryColumns.join(', ');

export function* append(dialect: Dialect, groups: readonly EntryGroup[]): Query<readonly AppendOutcome[]> {
  if (groups.length === 0) return [];
  try {
    const outcomes = yield* placeAll(dialect, groups);
    yield* tallyKinds(groups, outcomes);
    return outcomes;
  } catch (error) {
    // Of a lost connection nobody can say anything, and the caller asks again.
    if (!isSqlError(error, 'duplicate', 'guilty', 'refused')) throw error;
    yield* tally('sql_append_failures', { code: error.code });
    return yield* readBackAll(groups);
  }
}

function* placeAll(dialect: Dialect, groups: readonly EntryGroup[]): Query<readonly AppendOutcome[]> {
  const [only] = groups;
  if (groups.length === 1 && only !== undefined) return [yield* place(dialect, only)];
  if (yield* placedAtOnce(dialect, groups)) return groups.map(() => stored);
  return yield* transaction(() => placeEach(dialect, groups));
}

/** False: at least one of them needs a look of its own. */
function* placedAtOnce(dialect: Dialect, groups: readonly EntryGroup[]): Query<boolean> {
  if (groups.length > dialect.groupsPerInsertMax || groups.some((group) => misshapen(group) !== null)) return false;
  const chains = chained(groups);
  if (chains === null || groupBytes(chains.flat()) > groupBytesMax) return false;
  try {
    return (yield insertOf(dialect, chains)) === groups.flat().length;
  } catch (error) {
    if (isSqlError(error, 'duplicate', 'guilty')) return false;
    throw error;
  }
}

/** Groups of one room that follow one another become one. Null where they do not. */
function chained(groups: readonly EntryGroup[]): readonly EntryGroup[] | null {
  const byRoom = new Map<RoomId, Entry[]>();
  for (const group of groups) {
    const [first] = group;
    if (first === undefined) return null;
    const chain = byRoom.get(first.room);
    const last = chain?.at(-1);
    if (chain === undefined || last === undefined) byRoom.set(first.room, [...group]);
    else if (first.pos === last.pos + 1 && first.fence === last.fence) chain.push(...group);
    else return null;
  }
  return [...byRoom.values()];
}

function* placeEach(dialect: Dialect, groups: readonly EntryGroup[]): Query<readonly AppendOutcome[]> {
  const stopped = new Set<RoomId>();
  const outcomes: AppendOutcome[] = [];
  for (const group of groups) {
    const room = group[0]?.room;
    const outcome = room !== undefined && stopped.has(room) ? behind : yield* place(dialect, group);
    if (room !== undefined && outcome.type !== 'stored') stopped.add(room);
    outcomes.push(outcome);
  }
  return outcomes;
}

function* place(dialect: Dialect, group: EntryGroup): Query<AppendOutcome> {
  const wrong = misshapen(group);
  if (wrong !== null) return refused(wrong);
  try {
    return (yield insertOf(dialect, [group])) === group.length ? stored : ((yield* recorded(group)) ?? conflict);
  } catch (error) {
    if (isSqlError(error, 'duplicate')) return (yield* recorded(group)) ?? conflict;
    if (isSqlError(error, 'guilty')) return refused('invalid');
    throw error;
  }
}

/** The hottest statement there is, so it is yielded where it stands: each generator between costs every statement. */
function insertOf(dialect: Dialect, groups: readonly EntryGroup[]): Step {
  return { type: 'change', ...dialect.insertGroups(groups) };
}

/** What the room already holds of this group: all of it, or another entry under the same author and cmid. */
function* recorded(group: EntryGroup): Query<AppendOutcome | null> {
  const ids = group.map((entry) => entry.id);
  const places = ids.map(() => '?').join(', ');
  const found = yield* rows(`SELECT ${columns} FROM entries WHERE id IN (${places})`, ids);
  const byId = new Map(found.map((one) => [one.id, one]));
  const same = group.filter((entry) => {
    const one = byId.get(entry.id);
    return one !== undefined && sameEntry(entry, one);
  });
  if (same.length === group.length) return stored;
  // One of our ids under other content is nobody's repeat: the room must look again at what SQL holds.
  return found.length > 0 ? conflict : yield* repeated(group);
}

function* repeated(group: EntryGroup): Query<AppendOutcome | null> {
  const sql = `SELECT ${columns} FROM entries WHERE room = ? AND author_id = ? AND cmid = ?`;
  for (const { room, author, cmid } of group) {
    const one = cmid === null ? null : yield* row(sql, [room, author.id, cmid]);
    if (one !== null) return { type: 'repeat', entry: entryOf(one) };
  }
  return null;
}

/**
 * After a transaction that failed as a whole. A commit that reported an error may have been kept, and a repeat of
 * something old is answered even while the disk is full; whatever is not there may be tried again.
 */
function* readBackAll(groups: readonly EntryGroup[]): Query<readonly AppendOutcome[]> {
  const failed: AppendOutcome = { type: 'failed', code: 'unavailable', retryable: true };
  const outcomes: AppendOutcome[] = [];
  for (const group of groups) {
    const wrong = misshapen(group);
    const found = wrong === null ? yield* readBack(group) : refused(wrong);
    outcomes.push(found === null || found.type === 'conflict' ? failed : found);
  }
  return outcomes;
}

function* readBack(group: EntryGroup): Query<AppendOutcome | null> {
  try {
    return yield* recorded(group);
  } catch (error) {
    if (isSqlError(error, 'duplicate', 'guilty', 'refused')) return null;
    throw error;
  }
}

function refused(code: string): AppendOutcome {
  return { type: 'failed', code, retryable: false };
}

/** What the rows were, for who wants to know what a day of writes consists of. */
function* tallyKinds(groups: readonly EntryGroup[], outcomes: readonly AppendOutcome[]): Query<void> {
  const kinds = new Map<Entry['kind'], number>();
  for (const [index, group] of groups.entries()) {
    if (outcomes[index]?.type !== 'stored') continue;
    for (const { kind } of group) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  for (const [kind, by] of kinds) yield* tally('sql_entries', { kind }, by);
}
