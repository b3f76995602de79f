// Owns a room's way to the store: from a wish to entries, numbered and sent in order, to the answer after the commit.
// It never shows or acknowledges what is not committed, and never waits inside a handler.

import { type CastOutcome, type Context, type From, stop } from '../runtime/mod.ts';
import type { Group, Settled } from './append-pipeline.ts';
import { compose, type Wish } from './composition.ts';
import { refusal } from './errors.ts';
import { history } from './history-protocol.ts';
import { mayAct } from './lease.ts';
import { askForLease, type LeaseNews } from './lease-keeping.ts';
import {
  pendingEntriesMax,
  repeatMaxMs,
  repeatMinMs,
  roomAppendDeadlineMs,
  waiterPatienceMs,
  waitersPerMessageMax,
} from './limits.ts';
import { copySoon, keepCopy } from './room-copy.ts';
import type { Said } from './room-protocol.ts';
import { type Pending, projectedHead, type RoomState, remember, writerOf } from './room-state.ts';
import { tellEntry, tellSite } from './room-telling.ts';
import { advance, extended, messageOf } from './timeline.ts';

type PendingGroup = Group<Pending>;
type Stored = Extract<Settled<Pending>, { readonly type: 'stored' }>;
type Rejected = Extract<Settled<Pending>, { readonly type: 'rejected' }>;

interface Committed {
  readonly waiters: readonly From[];
  readonly answer: unknown;
  readonly inJournal: boolean;
}

/** Answers `from` after the commit, or with what stood in its way. Null: nobody waits. */
export function write(state: RoomState, wish: Wish, from: From | null, context: Context): void {
  const composition = compose(projectedHead(state), wish, writerOf(state, context));
  const waiters = from === null ? [] : [from];
  if ('refusal' in composition) {
    refuseAll(waiters, composition.refusal, context);
    return;
  }
  const waiting = state.pipeline.entries;
  if (waiting + composition.entries.length > pendingEntriesMax) {
    context.count('room_throttled');
    refuseAll(waiters, refusal('throttled', 'too much of this conversation awaits its commit'), context);
    return;
  }
  state.pipeline.add({ wish, since: context.monotonic(), waiters }, composition.entries);
  // Otherwise it waits behind what is being repeated.
  if (state.pipeline.step() === 'send') pump(state, context);
}

/** A repeat of what is under way waits with the first. */
export function join(group: PendingGroup, from: From, context: Context): void {
  const { wish: pending } = group;
  if (pending.waiters.length >= waitersPerMessageMax) {
    context.refuse(from, refusal('throttled', 'too many wait for this message'));
    return;
  }
  pending.waiters = [...pending.waiters, from];
}

/** After a pause: the same (id, seq, text) again, and nothing later before it. */
export function writeAgain(state: RoomState, context: Context): CastOutcome {
  state.pipeline.again();
  return pump(state, context);
}

/** Does whatever the outcomes known by now allow. */
function pump(state: RoomState, context: Context): CastOutcome {
  for (;;) {
    if (!settleAll(state, context)) return giveUp(state, context);
    switch (state.pipeline.step()) {
      case 'wait':
        return undefined;
      case 'backOff':
        backOff(state, context);
        return undefined;
      case 'compose':
        if (!composeAnew(state, context)) return giveUp(state, context);
        break;
      case 'send':
        if (!mayAct(state.holding, context.monotonic())) return waitForLease(state, context);
        send(state, context);
    }
  }
}

function send(state: RoomState, context: Context): void {
  for (const group of state.pipeline.take()) {
    const { entries } = group;
    context.ask(history, 'append', { entries }, { deadlineMs: roomAppendDeadlineMs }, (result) => {
      state.pipeline.answered(group, result.ok ? result.value : null);
      return pump(state, context);
    });
  }
}

/** False when another owner writes this room. */
function settleAll(state: RoomState, context: Context): boolean {
  const committed: Committed[] = [];
  const isSound = settleEach(state, committed, context);
  acknowledge(state, committed, context);
  return isSound;
}

function settleEach(state: RoomState, committed: Committed[], context: Context): boolean {
  for (let settled = state.pipeline.settle(); settled !== null; settled = state.pipeline.settle()) {
    if (settled.type === 'conflict') return false;
    state.repeatMs = 0;
    if (settled.type === 'stored') committed.push(commit(state, settled, context));
    else if (!reject(state, settled, context)) return false;
  }
  return true;
}

/** While SQL is away the next owner of this room, wherever it is, has only the copy to go on from. */
function acknowledge(state: RoomState, committed: readonly Committed[], context: Context): void {
  const reply = () => {
    for (const { waiters, answer } of committed) for (const from of waiters) context.reply(from, answer);
  };
  if (state.holding.type === 'held' && committed.some(({ inJournal }) => inJournal)) keepCopy(state, context, reply);
  else reply();
}

function commit(state: RoomState, { group, inJournal }: Stored, context: Context): Committed {
  const { entries } = group;
  const { wish, waiters } = group.wish;
  for (const entry of entries) {
    state.timeline = extended(state.timeline, entry);
    const said = messageOf(entry);
    if (said !== null) {
      const { id, seq, at, from, cmid, text } = said;
      remember(state, { id, seq, at, author: from.id, cmid, text });
      if (from.kind === 'visitor') state.visitorRead = seq;
      else state.operatorRead = seq;
    }
    tellEntry(state, entry, context);
  }
  if (entries.length > 0) {
    copySoon(state, context);
    tellSite(state, context);
  }
  return { waiters, answer: answerTo(wish, state), inJournal };
}

function answerTo(wish: Wish, { timeline }: RoomState): unknown {
  switch (wish.type) {
    case 'say':
    case 'answer': {
      const said = timeline.messages.findLast((message) => message.id === wish.id);
      if (said === undefined) throw new Error('a message was committed and is not in the timeline');
      return { id: said.id, seq: said.seq, at: said.at } satisfies Said;
    }
    case 'identify':
      return { verified: timeline.head.card?.verified ?? false };
    default:
      return {};
  }
}

/** It was not stored and will not be. False when the store knows more of this room than its owner. */
function reject(state: RoomState, { group, outcome }: Rejected, context: Context): boolean {
  const { wish, waiters } = group.wish;
  if (outcome.type === 'failed') {
    refuseAll(waiters, refusal('invalid', 'the store cannot keep this', { field: 'text' }), context);
    return true;
  }
  const { id, seq, at, text, pos } = outcome.entry;
  const sameText = wish.type === 'answer' || (wish.type === 'say' && wish.text === text);
  if (sameText && seq !== null) for (const from of waiters) context.reply(from, { id, seq, at } satisfies Said);
  else refuseAll(waiters, otherText, context);
  return pos <= state.timeline.head.pos;
}

export const otherText = refusal('invalid', 'this cmid came before with another text', { field: 'cmid' });

/** What stood behind a rejected one gets the numbers that are free, and perhaps another meaning. */
function composeAnew(state: RoomState, context: Context): boolean {
  let { head } = state.timeline;
  const of = writerOf(state, context);
  return state.pipeline.composeAnew(({ wish: { wish, waiters } }) => {
    const composition = compose(head, wish, of);
    if ('refusal' in composition) {
      refuseAll(waiters, composition.refusal, context);
      return null;
    }
    head = composition.entries.reduce(advance, head);
    return composition.entries;
  });
}

/** The store does not answer: senders are told after a while, and the room goes on repeating by itself. */
function backOff(state: RoomState, context: Context): void {
  const now = context.monotonic();
  for (const { wish: pending } of state.pipeline.groups) {
    if (now - pending.since < waiterPatienceMs) continue;
    refuseAll(pending.waiters, refusal('unavailable', 'the store does not answer'), context);
    pending.waiters = [];
  }
  state.repeatMs = Math.min(repeatMaxMs, Math.max(repeatMinMs, state.repeatMs * 2));
  context.count('room_repeats');
  context.startTimer('appendAgain', state.repeatMs);
}

/** Its time is over and nobody renewed it: what waits goes out when it is ours again, and not at all when it is not. */
function waitForLease(state: RoomState, context: Context): CastOutcome {
  context.count('room_waits_for_lease');
  if (state.asking) backOff(state, context);
  askForLease(state, 'room', context, (news) => {
    if (news === 'silent') backOff(state, context);
    return news === 'kept' ? pump(state, context) : onLease(state, news, context);
  });
  return undefined;
}

/** Of a room that waits for nothing. */
export function onLease(state: RoomState, news: LeaseNews, context: Context): CastOutcome {
  return news === 'lost' ? giveUp(state, context) : undefined;
}

/** Somebody else writes this room: the next message makes it again from the store. */
export function giveUp(state: RoomState, context: Context): CastOutcome {
  const why = refusal('unavailable', 'this room is read anew from the store');
  context.count('room_conflicts');
  for (const { wish: pending } of state.pipeline.groups) refuseAll(pending.waiters, why, context);
  for (const { from } of state.deferred) if (from !== null) context.refuse(from, why);
  return stop('normal');
}

function refuseAll(waiters: readonly From[], why: ReturnType<typeof refusal>, context: Context): void {
  for (const from of waiters) context.refuse(from, why);
}
