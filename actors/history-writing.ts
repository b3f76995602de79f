// Owns the way of a group to durability: to SQL, or, where SQL does not take it, to the journal; answered from there.
// It never lets a later group of a room overtake an earlier one: append-lanes and journaled-rooms hold the rules.

import { type Context, type Result, refuse } from '../runtime/mod.ts';
import { refusal } from './errors.ts';
import type { HistoryProtocol } from './history-protocol.ts';
import {
  type AppendFrom,
  type AppendRequest,
  behind,
  type HistoryState,
  mayPass,
  unknown,
  wakeDrain,
} from './history-state.ts';
import type { RoomId } from './ids.ts';
import { journal } from './journal-protocol.ts';
import { flushGroupsMax, historyGroupsMax, journalPutDeadlineMs, storeAppendDeadlineMs } from './limits.ts';
import { type AppendOutcome, store } from './ports.ts';

const inJournal: AppendOutcome = { type: 'stored', inJournal: true };

type Answered = Result<{ readonly outcomes: readonly AppendOutcome[] }>;

export function append(state: HistoryState, { entries }: AppendRequest, context: Context, from: AppendFrom) {
  const [first] = entries;
  if (first === undefined) return refuse(refusal('invalid', 'a group has at least one entry'));
  if (state.lanes.waiting >= historyGroupsMax) return refuse(refusal('unavailable', 'too much awaits its commit'));
  const { room } = first;
  state.lanes.add({ entries, room, from }, state.rooms.has(room) ? 'diverted' : 'gathering');
  sendSoon(state, context);
  return undefined;
}

/**
 * Behind the appends that are in the mailbox already: sent with the first of them, the others would wait for a second
 * flush. It costs no time, because what an actor sends leaves its thread when its mailbox was gone through.
 */
function sendSoon(state: HistoryState, context: Context): void {
  if (state.sending) return;
  // Where there is enough for a flush nothing is waited for. A full mailbox would drop the cast, and nothing be sent any more.
  if (state.lanes.waiting >= flushGroupsMax || context.pressure(context.self) >= 1) {
    pump(state, context);
    return;
  }
  state.sending = true;
  context.cast<HistoryProtocol, 'send'>(context.self, 'send', {});
}

/** The cast `send`. */
export function send(state: HistoryState, _: unknown, context: Context): void {
  state.sending = false;
  pump(state, context);
}

/** Sends whatever may be sent by now. */
export function pump(state: HistoryState, context: Context): void {
  if (state.writer === null) return;
  if (!state.sqlWell) divert(state, state.lanes.notAtSql());
  flush(state, context);
  put(state, context, state.writer);
  wakeDrain(state, context);
}

/** What of these rooms waits cannot follow: its room composes it anew. */
export function answerAll(
  state: HistoryState,
  rooms: ReadonlySet<RoomId>,
  outcome: AppendOutcome,
  context: Context,
): void {
  for (const { from } of state.lanes.drop(rooms)) context.reply(from, outcome);
}

function divert(state: HistoryState, rooms: ReadonlySet<RoomId>): void {
  for (const room of rooms) state.rooms.enter(room);
  state.lanes.divert(rooms);
}

/** One flush at a time: what comes meanwhile is in the next. */
function flush(state: HistoryState, context: Context): void {
  if (!state.sqlWell || state.lanes.flushing.length > 0) return;
  const flushing = state.lanes.flush(flushGroupsMax);
  if (flushing.length === 0) return;
  context.count('history_flushes');
  const groups = flushing.map(({ entries }) => entries);
  context.ask(store, 'append', { groups }, { deadlineMs: storeAppendDeadlineMs }, (result) => {
    if (state.lanes.flushing !== flushing) throw new Error('two flushes were under way');
    flushed(state, result, context);
    pump(state, context);
  });
}

/** What SQL may have stored, or may store later, goes to the journal as it is, with all that follows it. */
function flushed(state: HistoryState, result: Answered, context: Context): void {
  const outcomes = result.ok ? result.value.outcomes : [];
  const diverted = new Set<RoomId>();
  const stopped = new Set<RoomId>();
  const flushing = state.lanes.flushed();
  for (const [index, one] of flushing.entries()) {
    const outcome = outcomes[index] ?? unknown;
    if (diverted.has(one.room) || mayPass(outcome)) {
      diverted.add(one.room);
      state.lanes.add(one, 'diverted');
      continue;
    }
    if (outcome.type === 'stored') state.tails.written(one.entries);
    else stopped.add(one.room);
    context.reply(one.from, outcome);
  }
  for (const room of stopped) state.tails.forget(room);
  divert(state, diverted);
  answerAll(state, stopped, behind, context);
  if (diverted.size > 0) context.count('history_diverted', {}, diverted.size);
  noteSql(state, flushing.length > 0 && !outcomes.every(mayPass), context);
}

/** One line for each change. */
export function noteSql(state: HistoryState, well: boolean, context: Context): void {
  if (well === state.sqlWell) return;
  state.sqlWell = well;
  context.count('history_sql_changes', { to: well ? 'well' : 'unwell' });
  if (well) context.log('info', 'SQL answers again', { journaledRooms: state.rooms.size });
  else context.log('warn', 'SQL does not answer: messages are kept in the journal', {});
}

function put(state: HistoryState, context: Context, writer: number): void {
  if (state.holding || state.lanes.journaling.length > 0) return;
  const journaling = state.lanes.journal(flushGroupsMax, state.renumbering);
  if (journaling.length === 0) return;
  state.rooms.sent(new Set(journaling.map(({ room }) => room)));
  context.count('history_journaled', {}, journaling.length);
  const groups = journaling.map(({ entries }) => entries);
  context.ask(journal, 'put', { writer, groups }, { deadlineMs: journalPutDeadlineMs }, (result) => {
    if (state.lanes.journaling !== journaling) throw new Error('two puts were under way');
    journaled(state, result, context);
    pump(state, context);
  });
}

function journaled(state: HistoryState, result: Answered, context: Context): void {
  if (!result.ok && result.error.code === 'staleWriter') {
    state.lanes.journalAgain();
    beginAgain(state, context);
    return;
  }
  const outcomes = result.ok ? result.value.outcomes : [];
  const stopped = new Set<RoomId>();
  for (const [index, { room, from, entries }] of state.lanes.journaled().entries()) {
    const outcome = outcomes[index] ?? unknown;
    if (outcome.type !== 'stored') stopped.add(room);
    else state.tails.written(entries);
    context.reply(from, outcome.type === 'stored' ? inJournal : outcome);
  }
  answerAll(state, stopped, behind, context);
  if (!result.ok) context.count('history_journal_failures', { code: result.error.code });
}

/** The journal knows another writer: a file that was set aside, and a new one in its place. */
export function beginAgain(state: HistoryState, context: Context): void {
  state.writer = null;
  context.startTimer('begin', 0);
}
