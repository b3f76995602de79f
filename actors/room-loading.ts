// Owns how a room comes to life: from its copy in the cache as far as the store agrees, else from the store.
// A past that cannot be read is `unavailable`, never an empty one. It waits for nobody: who came early is deferred.
//
//   cache   lease, copy --+-- another node's: unavailable
//                         |
//   history tail ---------+-- the same pos and seq: the copy;  nothing there: empty;  else: the whole past is read
//                         +-- unanswered: the copy, where it is verified and the lease is ours, else unavailable

import type { Context, Result } from '../runtime/mod.ts';
import { cache, type Opened, type RoomCopy } from './cache-port.ts';
import { refusal } from './errors.ts';
import { history, type KnownTail } from './history-protocol.ts';
import { fenceOf, type Holding, holdingOf } from './lease.ts';
import { askForLease } from './lease-keeping.ts';
import { cacheDeadlineMs, deferredMax, followRepeatMs, spokenRememberedMax, storeReadDeadlineMs } from './limits.ts';
import type { RoomPast, RoomTail } from './ports.ts';
import { type Deferred, type RoomState, remember } from './room-state.ts';
import { onLease } from './room-writing.ts';
import { timelineOf } from './timeline.ts';

/** Runs `go` now, or when the room was read; refuses the caller when it cannot be. */
export function whenLoaded(state: RoomState, context: Context, { from, go }: Deferred): void {
  state.touchedAt = context.monotonic();
  if (state.loaded === 'yes') {
    go(context);
    return;
  }
  if (state.deferred.length >= deferredMax) {
    if (from !== null) context.refuse(from, refusal('throttled', 'too many wait for this room'));
    return;
  }
  state.deferred.push({ from, go });
  if (state.loaded === 'no') load(state, context);
}

/** Nothing of this room can be stored anywhere. If that is wrong, the first append ends in `conflict`. */
export function beginEmpty(state: RoomState, context: Context): void {
  if (state.loaded !== 'no') return;
  state.loaded = 'yes';
  // No other node can know this visitor yet, so nobody waits for it.
  askForLease(state, 'room', context, (news) => onLease(state, news, context));
}

const missed: Opened<RoomCopy> = { copy: null, reason: 'silent', verified: false, lease: { type: 'free', kept: true } };

/** The copy and the store's last numbers are asked for together. */
function load(state: RoomState, context: Context): void {
  state.loaded = 'loading';
  const { room } = state;
  const asked = context.monotonic();
  let opened: Opened<RoomCopy> | undefined;
  let holding: Holding | null = state.holding;
  let tail: Result<KnownTail> | undefined;
  const decide = () => {
    if (opened === undefined || tail === undefined) return;
    if (holding === null) {
      context.count('rooms_elsewhere');
      failed(state, context);
      return;
    }
    state.holding = holding;
    state.fence = Math.max(state.fence, fenceOf(holding));
    if (opened.copy !== null) marksFrom(state, opened.copy, context);
    if (tail.ok && tail.value.sure) agree(state, opened.copy, tail.value, context);
    else if (opened.copy !== null && isAllThereIs(opened, tail)) loadedWithoutStore(state, opened.copy, context);
    else failed(state, context);
  };
  context.ask(cache, 'openRoom', { room }, { deadlineMs: cacheDeadlineMs }, (result) => {
    opened = result.ok ? result.value : missed;
    holding = holdingOf(opened.lease, asked);
    decide();
  });
  context.ask(history, 'tail', { room }, { deadlineMs: storeReadDeadlineMs }, (result) => {
    tail = result;
    decide();
  });
}

function agree(state: RoomState, copy: RoomCopy | null, { pos, seq, fence }: RoomTail, context: Context): void {
  state.fence = Math.max(state.fence, fence + 1);
  if (copy !== null && copy.past.pos === pos && copy.past.seq === seq) loaded(state, copy.past, context);
  else if (pos === 0) loaded(state, null, context);
  else readWhole(state, copy, context);
}

/**
 * While the store cannot be asked: the copy ends where this node saw the log end, or nobody here knows and a lease says
 * that no other node can know more. A copy is up to a second old, so one that is merely the latest may lack lines.
 */
function isAllThereIs({ copy, verified, lease }: Opened<RoomCopy>, tail: Result<KnownTail>): boolean {
  if (copy === null || !verified) return false;
  return tail.ok ? copy.past.pos === tail.value.pos && copy.past.seq === tail.value.seq : lease.type === 'held';
}

/** The copy's fence is at least that of the last entry in it. */
function loadedWithoutStore(state: RoomState, { fence, past }: RoomCopy, context: Context): void {
  context.count('rooms_from_copy_alone');
  state.fence = Math.max(state.fence, fence + 1);
  loaded(state, past, context);
}

/** Where the store cannot be read, the copy may be what the journal continues. */
function readWhole(state: RoomState, copy: RoomCopy | null, context: Context): void {
  const request = copy === null ? { room: state.room } : { room: state.room, copy: copy.past };
  context.ask(history, 'load', request, { deadlineMs: storeReadDeadlineMs }, (result) => {
    if (result.ok) loaded(state, result.value, context);
    else failed(state, context);
  });
}

/** Who was here is told of news until he says again that he follows. */
function marksFrom(
  state: RoomState,
  { version, visitorRead, operatorRead, members }: RoomCopy,
  context: Context,
): void {
  state.copyVersion = version;
  state.visitorRead = visitorRead;
  state.operatorRead = operatorRead;
  const until = context.monotonic() + followRepeatMs;
  for (const member of members) if (!state.followers.has(member)) state.followers.set(member, until);
}

function loaded(state: RoomState, past: RoomPast | null, context: Context): void {
  if (past !== null) state.timeline = timelineOf(past);
  const { messages, head } = state.timeline;
  state.visitorRead = Math.min(state.visitorRead, head.seq);
  state.operatorRead = Math.min(state.operatorRead, head.seq);
  for (const { id, seq, at, from, cmid, text } of messages.slice(-spokenRememberedMax)) {
    remember(state, { id, seq, at, author: from.id, cmid, text });
  }
  state.loaded = 'yes';
  const { deferred } = state;
  state.deferred = [];
  for (const { go } of deferred) go(context);
}

function failed(state: RoomState, context: Context): void {
  context.count('room_loads_failed');
  state.loaded = 'no';
  const { deferred } = state;
  state.deferred = [];
  for (const { from } of deferred) {
    if (from !== null) context.refuse(from, refusal('unavailable', 'this room cannot be read now'));
  }
}
