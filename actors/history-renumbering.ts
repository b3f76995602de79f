// Owns what is done when somebody else has written a room of which the journal holds entries: they get the next free
// numbers under the same ids, in one step, and everybody who has seen the old numbers is told to look again.
// It never gives up what was acknowledged: what collides again and again is set aside, where a person finds it.

import type { Context, Result } from '../runtime/mod.ts';
import { conflict, type HistoryState } from './history-state.ts';
import { answerAll } from './history-writing.ts';
import { newConversationId, newMessageId, type RoomId } from './ids.ts';
import { type JournalGroup, journal } from './journal-protocol.ts';
import { historyReadDeadlineMs, journalReadDeadlineMs, renumberingsMax } from './limits.ts';
import { type RoomPast, type RoomTail, store } from './ports.ts';
import { renumbered } from './renumbering.ts';
import { roomAt } from './room-protocol.ts';

export interface Collision {
  readonly room: RoomId;
  /** Ids of what was said before under another id. */
  readonly said: ReadonlySet<string>;
}

const inJournal = { deadlineMs: journalReadDeadlineMs };
const inSql = { deadlineMs: historyReadDeadlineMs };
const idBytes = 10;

export function renumber(state: HistoryState, collision: Collision, context: Context, then: () => void): void {
  const { room } = collision;
  state.renumbering = room;
  const times = (state.renumbered.get(room) ?? 0) + 1;
  state.renumbered.set(room, times);
  context.count('history_renumberings');
  const end = () => {
    state.renumbering = null;
    then();
  };
  context.ask(journal, 'room', { room }, inJournal, (result) => {
    if (!result.ok || result.value.groups.length === 0) return end();
    const { groups } = result.value;
    if (times > renumberingsMax) return setAll(state, groups, context, end);
    return readPast(room, context, (past) => {
      if (past === null) end();
      else replace(state, { ...collision, ...past, groups }, context, end);
    });
  });
}

interface Past {
  readonly past: RoomPast;
  readonly fence: number;
}

/** Null when SQL does not answer, or somebody writes there between the two questions. */
function readPast(room: RoomId, context: Context, then: (past: Past | null) => void): void {
  context.ask(store, 'load', { room }, inSql, (past: Result<RoomPast>) => {
    if (!past.ok) return then(null);
    return context.ask(store, 'tail', { room }, inSql, (tail: Result<RoomTail>) => {
      const same = tail.ok && tail.value.pos === past.value.pos;
      then(same ? { past: past.value, fence: tail.value.fence } : null);
    });
  });
}

function replace(
  state: HistoryState,
  { room, said, past, fence, groups: held }: Collision & Past & { readonly groups: readonly JournalGroup[] },
  context: Context,
  end: () => void,
): void {
  const { writer } = state;
  const upTo = held.at(-1)?.number;
  if (writer === null || upTo === undefined) {
    end();
    return;
  }
  const names = {
    message: () => newMessageId(context.now(), context.randomBytes(idBytes)),
    conversation: () => newConversationId(context.now(), context.randomBytes(idBytes)),
  };
  const groups = renumbered({ past, fence, groups: held.map(({ entries }) => entries), said, names });
  const seqs = [...held.flatMap(({ entries }) => entries), ...groups.flat()].flatMap(({ seq }) => seq ?? []);
  const after = Math.min(past.seq, ...seqs.map((seq) => seq - 1));
  context.ask(journal, 'replace', { writer, room, upTo, groups }, inJournal, (result) => {
    if (result.ok && result.value.replaced) {
      context.log('warn', 'another owner wrote a room of the journal: its messages got new numbers', {});
      state.tails.forget(room);
      answerAll(state, new Set([room]), conflict, context);
      const site = held[0]?.entries[0]?.site ?? null;
      context.cast(roomAt(room), 'renumbered', { site, after, last: Math.max(past.seq, ...seqs) });
    }
    end();
  });
}

/** One after the other, so that each is kept even when the journal fails in the middle. */
function setAll(state: HistoryState, groups: readonly JournalGroup[], context: Context, end: () => void): void {
  const [first, ...more] = groups;
  const { writer } = state;
  if (first === undefined || writer === null) {
    end();
    return;
  }
  context.count('history_set_aside', { reason: 'collides' });
  context.log('error', 'entries of the journal collide again and again: they are kept aside', {});
  context.ask(journal, 'setAside', { writer, number: first.number, reason: 'collides' }, inJournal, (result) => {
    if (result.ok) setAll(state, more, context, end);
    else end();
  });
}
