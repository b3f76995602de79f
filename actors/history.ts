// Owns the durable writer: the one path of every durable entry, to SQL or, while SQL does not take it, to the journal.
// It never answers an append whose outcome it does not know, and never waits inside a handler.
//
//   room --append--> gathering --> SQL ------------------------------> committed, answered
//                        |          | no answer, full, locked
//                        v          v
//                     diverted --> journal (one sync for all) --------> kept, answered
//                                   |  SQL is back: oldest first, in batches
//                                   v
//                                  SQL --> removed from the journal;  collided: renumbered;  refused: set aside
//
// A store that executes the same statement twice is harmless: an entry is known by its id.

import { type Answer, type Context, defineBehaviour, type From, type Request } from '../runtime/mod.ts';
import { begin, whenBegun } from './history-beginning.ts';
import { drain } from './history-draining.ts';
import type { HistoryProtocol } from './history-protocol.ts';
import { conversations, load, marks, page, tail } from './history-reading.ts';
import { type HistoryState, newHistoryState } from './history-state.ts';
import { append, send } from './history-writing.ts';
import { journal } from './journal-protocol.ts';
import { journalPutDeadlineMs, marksFlushMs, storeAppendDeadlineMs } from './limits.ts';
import type { Mark } from './marks.ts';
import { store } from './ports.ts';

export const historyWriter = defineBehaviour<HistoryProtocol, unknown, HistoryState>({
  name: 'history',

  init(_, context) {
    const state = newHistoryState();
    begin(state, context);
    return state;
  },

  calls: {
    append,
    tail: reading<'tail'>(tail),
    load: reading<'load'>(load),
    page: reading<'page'>(page),
    conversations: reading<'conversations'>(conversations),
    marks: reading<'marks'>(marks),
  },

  casts: {
    mark(state, mark, context) {
      if (state.marks.add(mark)) context.startTimer('marks', marksFlushMs);
    },
    send,
  },

  timers: { begin, drain, marks: saveMarks },

  async terminate(state, _, context) {
    const left = state.marks.take();
    if (left.length === 0) return;
    const saved = await context.call(store, 'saveMarks', { marks: left }, { deadlineMs: storeAppendDeadlineMs });
    if (saved.ok) return;
    await context.call(journal, 'keepMarks', { marks: left }, { deadlineMs: journalPutDeadlineMs });
  },
});

type Reads = 'tail' | 'load' | 'page' | 'conversations' | 'marks';
type Asked<N extends Reads> = Request<HistoryProtocol, N>;
type Asker<N extends Reads> = From<Answer<HistoryProtocol, N>>;

/** A read that waits until it is known what the journal holds. */
function reading<N extends Reads>(
  read: (state: HistoryState, request: Asked<N>, context: Context, from: Asker<N>) => void,
) {
  return (state: HistoryState, request: Asked<N>, context: Context, from: Asker<N>): undefined => {
    whenBegun(state, from, context, () => read(state, request, context, from));
  };
}

function saveMarks(state: HistoryState, context: Context): void {
  const taken = state.marks.take();
  if (taken.length === 0) return;
  context.ask(store, 'saveMarks', { marks: taken }, { deadlineMs: storeAppendDeadlineMs }, (result) => {
    if (!result.ok) for (const mark of taken) state.marks.add(mark);
    if (!result.ok || state.marksJournaled) markInJournal(state, taken, result.ok ? 'dropMarks' : 'keepMarks', context);
    if (state.marks.size > 0) context.startTimer('marks', marksFlushMs);
  });
}

/** So that a crash while SQL is away does not tell operators again what they have confirmed. */
function markInJournal(
  state: HistoryState,
  taken: readonly Mark[],
  name: 'keepMarks' | 'dropMarks',
  context: Context,
): void {
  state.marksJournaled = name === 'keepMarks' || state.marks.size > 0;
  context.ask(journal, name, { marks: taken }, { deadlineMs: journalPutDeadlineMs }, (result) => {
    if (!result.ok) context.count('history_journal_failures', { code: result.error.code });
  });
}
