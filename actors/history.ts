// Owns the durable writer: groups of entries of all rooms in one flush after another, each answered after its commit.
// It never answers an append whose outcome it does not know, and never waits inside a handler.
//
//   gathering   [r1: 7] [r2: 3,4] ...      what came while a flush is under way; the next flush takes it
//   flushing    [r3: 1,2] [r1: 6]          one `append` at the store; repeated as it is until the outcome is known
//
// A store that executes the same statement twice is harmless: an entry is known by its id.

import { type Answer, type Context, defineBehaviour, type From, type Request, refuse } from '../runtime/mod.ts';
import type { Entry } from './chat.ts';
import { refusal } from './errors.ts';
import type { HistoryProtocol } from './history-protocol.ts';
import type { RoomId } from './ids.ts';
import {
  flushGroupsMax,
  historyGroupsMax,
  historyPatienceMs,
  marksFlushMs,
  repeatMaxMs,
  repeatMinMs,
  storeAppendDeadlineMs,
  storeReadDeadlineMs,
} from './limits.ts';
import { Marks } from './marks.ts';
import { passOn } from './pass-on.ts';
import { type AppendOutcome, type StoreProtocol, store } from './ports.ts';

interface Append {
  readonly entries: readonly Entry[];
  readonly room: RoomId;
  readonly from: From<AppendOutcome>;
  /** Monotonic. */
  readonly cameAt: number;
}

export interface HistoryState {
  gathering: Append[];
  /** At the store, or to be repeated after the rest. */
  flushing: readonly Append[];
  /** Between a flush of which nobody knows and its repeat: no other begins, so that there is one answer to wait for. */
  resting: boolean;
  repeatMs: number;
  readonly marks: Marks;
}

/** The caller repeats the same group: it may have been stored. */
const unknown: AppendOutcome = { type: 'failed', code: 'unavailable', retryable: true };
const behind: AppendOutcome = { type: 'behind' };

export const historyWriter = defineBehaviour<HistoryProtocol, unknown, HistoryState>({
  name: 'history',

  init: () => ({ gathering: [], flushing: [], resting: false, repeatMs: 0, marks: new Marks() }),

  calls: {
    append(state, { entries }, context, from) {
      const [first] = entries;
      if (first === undefined) return refuse(refusal('invalid', 'a group has at least one entry'));
      if (state.gathering.length >= historyGroupsMax)
        return refuse(refusal('unavailable', 'too much awaits its commit'));
      state.gathering.push({ entries, room: first.room, from, cameAt: context.monotonic() });
      flush(state, context);
      return undefined;
    },
    tail: readOf('tail'),
    load: readOf('load'),
    page: readOf('page'),
    conversations: readOf('conversations'),
    marks(state, request, context, from) {
      const { operator } = request;
      context.ask(store, 'marks', request, read, (result) => {
        if (!result.ok) return context.refuse(from, unreadable);
        const stored = new Map(result.value.marks.map(({ room, seq }) => [room, seq]));
        // What is not written yet counts as well.
        const marks = request.rooms.map((room) => ({
          room,
          seq: Math.max(stored.get(room) ?? 0, state.marks.waiting(operator, room)),
        }));
        context.reply(from, { marks });
      });
      return undefined;
    },
  },

  casts: {
    mark(state, mark, context) {
      if (state.marks.add(mark)) context.startTimer('marks', marksFlushMs);
    },
  },

  timers: {
    flushAgain(state, context) {
      state.resting = false;
      if (state.flushing.length > 0) append(state, context);
      else flush(state, context);
    },
    marks: saveMarks,
  },

  async terminate(state, _, context) {
    const marks = state.marks.take();
    if (marks.length > 0) await context.call(store, 'saveMarks', { marks }, { deadlineMs: storeAppendDeadlineMs });
  },
});

const read = { deadlineMs: storeReadDeadlineMs };
const unreadable = refusal('unavailable', 'the store cannot be read now');

/** What the store answers is the answer. */
function readOf<N extends 'tail' | 'load' | 'page' | 'conversations'>(name: N) {
  return (
    _: unknown,
    request: Request<StoreProtocol, N>,
    context: Context,
    from: From<Answer<StoreProtocol, N>>,
  ): undefined => {
    context.ask(store, name, request, read, passOn(context, from, unreadable));
  };
}

/** One flush at a time: what comes meanwhile is in the next. */
function flush(state: HistoryState, context: Context): void {
  if (state.resting || state.flushing.length > 0 || state.gathering.length === 0) return;
  state.flushing = state.gathering.slice(0, flushGroupsMax);
  state.gathering = state.gathering.slice(flushGroupsMax);
  append(state, context);
}

function append(state: HistoryState, context: Context): void {
  const { flushing } = state;
  context.count('history_flushes');
  const groups = flushing.map(({ entries }) => entries);
  context.ask(store, 'append', { groups }, { deadlineMs: storeAppendDeadlineMs }, (result) => {
    if (state.flushing !== flushing) throw new Error('two flushes were under way');
    if (result.ok) settle(state, result.value.outcomes, context);
    else repeat(state, context);
  });
}

function settle(state: HistoryState, outcomes: readonly AppendOutcome[], context: Context): void {
  const { flushing } = state;
  state.flushing = [];
  state.repeatMs = 0;
  const notStored = new Set<RoomId>();
  for (const [index, { from, room }] of flushing.entries()) {
    const outcome = outcomes[index] ?? unknown;
    if (outcome.type !== 'stored') notStored.add(room);
    context.reply(from, outcome);
  }
  if (notStored.size > 0) leaveBehind(state, notStored, context);
  flush(state, context);
}

/** What follows a group that was not stored cannot be stored either: its room composes it anew. */
function leaveBehind(state: HistoryState, rooms: ReadonlySet<RoomId>, context: Context): void {
  for (const { from, room } of state.gathering) if (rooms.has(room)) context.reply(from, behind);
  state.gathering = state.gathering.filter(({ room }) => !rooms.has(room));
}

/** Nobody knows what became of the flush: the same again, except for those whose rooms waited long enough. */
function repeat(state: HistoryState, context: Context): void {
  context.count('history_repeats');
  const now = context.monotonic();
  const tired = new Set(
    state.flushing.filter(({ cameAt }) => now - cameAt >= historyPatienceMs).map(({ room }) => room),
  );
  // All of a room at once: nothing of it may overtake what its room is going to repeat.
  for (const { from, room } of state.flushing) if (tired.has(room)) context.reply(from, unknown);
  state.flushing = state.flushing.filter(({ room }) => !tired.has(room));
  leaveBehind(state, tired, context);
  state.repeatMs = Math.min(repeatMaxMs, Math.max(repeatMinMs, state.repeatMs * 2));
  state.resting = true;
  context.startTimer('flushAgain', state.repeatMs);
}

function saveMarks(state: HistoryState, context: Context): void {
  const marks = state.marks.take();
  if (marks.length === 0) return;
  context.ask(store, 'saveMarks', { marks }, { deadlineMs: storeAppendDeadlineMs }, (result) => {
    if (!result.ok) for (const mark of marks) state.marks.add(mark);
    if (state.marks.size > 0) context.startTimer('marks', marksFlushMs);
  });
}
