// Owns how the durable writer begins: by asking the journal what it holds. Before that nothing is written or read.
// It never guesses that the journal is empty: a room whose last entries are there would look shorter than it is.

import type { Context, From } from '../runtime/mod.ts';
import { refusal } from './errors.ts';
import type { HistoryState } from './history-state.ts';
import { pump } from './history-writing.ts';
import { journal } from './journal-protocol.ts';
import { historyWaitersMax, journalReadDeadlineMs, marksFlushMs } from './limits.ts';

const beginAgainMs = 200;

/** The timer `begin`. */
export function begin(state: HistoryState, context: Context): void {
  context.ask(journal, 'begin', {}, { deadlineMs: journalReadDeadlineMs }, (result) => {
    if (!result.ok) {
      context.count('history_begins_failed', { code: result.error.code });
      return context.startTimer('begin', beginAgainMs);
    }
    const { writer, rooms, marks } = result.value;
    state.writer = writer;
    for (const room of rooms) state.rooms.enter(room);
    for (const mark of marks) state.marks.add(mark);
    if (marks.length > 0) {
      state.marksJournaled = true;
      context.startTimer('marks', marksFlushMs);
    }
    const { begun } = state;
    state.begun = [];
    for (const go of begun) go();
    return pump(state, context);
  });
}

/** Runs `go` now, or as soon as it is known what the journal holds. */
export function whenBegun(state: HistoryState, from: From, context: Context, go: () => void): void {
  if (state.writer !== null) go();
  else if (state.begun.length < historyWaitersMax) state.begun.push(go);
  else context.refuse(from, refusal('unavailable', 'too many wait for the journal'));
}
