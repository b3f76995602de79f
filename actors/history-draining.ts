// Owns how the journal becomes empty again: its oldest groups to SQL, in order, in batches, one step after the other.
// What SQL has is removed; what it refuses for ever is set aside; what collides is renumbered. Nothing is dropped.
//
//   ping (only while SQL is unwell) -> oldest -> append at SQL -> set aside, remove -> renumber -> oldest ...
//
// A crash between any two steps is harmless: SQL knows a group that it has by its ids and says `stored`.

import type { Context } from '../runtime/mod.ts';
import { renumber } from './history-renumbering.ts';
import { type HistoryState, mayPass, wakeDrain } from './history-state.ts';
import { beginAgain, noteSql, pump } from './history-writing.ts';
import type { RoomId } from './ids.ts';
import { type JournalGroup, journal } from './journal-protocol.ts';
import {
  drainGroupsMax,
  drainMaxMs,
  drainMinMs,
  journalReadDeadlineMs,
  storeAppendDeadlineMs,
  storeProbeDeadlineMs,
} from './limits.ts';
import { type AppendOutcome, store } from './ports.ts';

/** Rooms that are asked about at once. */
const roomsAskedMax = 1_000;
const inJournal = { deadlineMs: journalReadDeadlineMs };

/** The timer `drain`. */
export function drain(state: HistoryState, context: Context): void {
  if (state.writer === null) {
    state.drain = 'idle';
    return;
  }
  state.drain = 'busy';
  if (state.sqlWell) {
    readOldest(state, context);
    return;
  }
  context.ask(store, 'ping', {}, { deadlineMs: storeProbeDeadlineMs }, (result) => {
    if (result.ok) readOldest(state, context);
    else rest(state, context);
  });
}

function readOldest(state: HistoryState, context: Context): void {
  context.ask(journal, 'oldest', { limit: drainGroupsMax }, inJournal, (result) => {
    if (!result.ok) return rest(state, context);
    const { groups, more } = result.value;
    if (groups.length === 0) {
      noteSql(state, true, context);
      return remove(state, [], state.rooms.some(roomsAskedMax), context);
    }
    // Nothing is put behind the last batch while it is under way: a room in which somebody always speaks gets out too.
    state.holding = state.sqlWell && !more;
    return offer(state, groups, context);
  });
}

function offer(state: HistoryState, groups: readonly JournalGroup[], context: Context): void {
  context.count('history_drains');
  const request = { groups: groups.map(({ entries }) => entries) };
  context.ask(store, 'append', request, { deadlineMs: storeAppendDeadlineMs }, (result) => {
    const outcomes = result.ok ? result.value.outcomes : [];
    noteSql(state, result.ok && !outcomes.every(mayPass), context);
    const verdict = verdictOf(groups, outcomes);
    if (verdict.progress) return settle(state, verdict, context);
    return rest(state, context);
  });
}

interface Verdict {
  readonly stored: readonly number[];
  readonly rooms: readonly RoomId[];
  readonly refused: readonly { readonly number: number; readonly reason: string }[];
  /** The first room whose groups do not follow what SQL has. */
  readonly collided: { readonly room: RoomId; readonly said: ReadonlySet<string> } | null;
  readonly progress: boolean;
}

function verdictOf(groups: readonly JournalGroup[], outcomes: readonly AppendOutcome[]): Verdict {
  const stored: number[] = [];
  const rooms = new Set<RoomId>();
  const refused: { readonly number: number; readonly reason: string }[] = [];
  let collided: Verdict['collided'] = null;
  for (const [index, { number, entries }] of groups.entries()) {
    const outcome = outcomes[index];
    const room = entries[0]?.room;
    if (outcome === undefined || room === undefined || mayPass(outcome)) continue;
    if (outcome.type === 'stored') stored.push(number);
    if (outcome.type === 'failed') refused.push({ number, reason: outcome.code });
    if (outcome.type === 'conflict') collided ??= { room, said: new Set() };
    if (outcome.type === 'repeat') collided ??= { room, said: saidBefore(entries, outcome.entry) };
    rooms.add(room);
  }
  const progress = stored.length > 0 || refused.length > 0 || collided !== null;
  return { stored, rooms: [...rooms], refused, collided, progress };
}

/** Those of the group that SQL knows under another id. */
function saidBefore(entries: JournalGroup['entries'], { author, cmid }: JournalGroup['entries'][number]) {
  const same = entries.filter((entry) => entry.cmid === cmid && entry.author.id === author.id);
  return new Set(same.map(({ id }) => id));
}

function settle(state: HistoryState, verdict: Verdict, context: Context): void {
  const { writer } = state;
  const [refused, ...more] = verdict.refused;
  if (writer === null) {
    rest(state, context);
    return;
  }
  if (refused === undefined) {
    remove(state, verdict.stored, verdict.rooms, context, verdict.collided);
    return;
  }
  context.count('history_set_aside', { reason: refused.reason });
  context.log('error', 'SQL refuses entries of the journal for ever: they are kept aside', { reason: refused.reason });
  context.ask(journal, 'setAside', { writer, ...refused }, inJournal, (result) => {
    if (result.ok) settle(state, { ...verdict, refused: more }, context);
    else rest(state, context);
  });
}

function remove(
  state: HistoryState,
  numbers: readonly number[],
  rooms: readonly RoomId[],
  context: Context,
  collided: Verdict['collided'] = null,
): void {
  if (state.writer === null) {
    rest(state, context);
    return;
  }
  const question = state.rooms.asked();
  context.ask(journal, 'remove', { writer: state.writer, numbers, rooms }, inJournal, (result) => {
    if (!result.ok) {
      if (result.error.code === 'staleWriter') beginAgain(state, context);
      return rest(state, context);
    }
    context.count('history_drained', {}, numbers.length);
    const left = new Set(state.rooms.answered(question, rooms, new Set(result.value.held)));
    for (const room of left) state.renumbered.delete(room);
    state.lanes.direct(left);
    if (collided !== null) return renumber(state, collided, context, () => goOn(state, context));
    // Those that were asked about and stay have something on its way there.
    if (numbers.length === 0 && left.size === 0) return rest(state, context);
    return goOn(state, context);
  });
}

function goOn(state: HistoryState, context: Context): void {
  state.drainMs = drainMinMs;
  if (state.rooms.size > 0) {
    readOldest(state, context);
    return;
  }
  state.holding = false;
  state.drain = 'idle';
  context.log('info', 'the journal is empty', {});
  pump(state, context);
}

function rest(state: HistoryState, context: Context): void {
  state.holding = false;
  state.drain = 'idle';
  if (state.rooms.size === 0 && state.sqlWell) state.drainMs = drainMinMs;
  wakeDrain(state, context);
  state.drainMs = Math.min(drainMaxMs, state.drainMs * 2);
  pump(state, context);
}
