// Owns how a room comes to life: from its copy in the cache as far as the store agrees, else from the store.
// A past that cannot be read is `unavailable`, never an empty one. It waits for nobody: who came early is deferred.

import type { Context, Result } from '../runtime/mod.ts';
import { cache, type RoomCopy } from './cache-port.ts';
import { refusal } from './errors.ts';
import { history } from './history-protocol.ts';
import { cacheDeadlineMs, deferredMax, roomCopyTtlMs, spokenRememberedMax, storeReadDeadlineMs } from './limits.ts';
import type { RoomPast, RoomTail } from './ports.ts';
import { type Deferred, type RoomState, remember } from './room-state.ts';
import { pastOf, timelineOf } from './timeline.ts';

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
export function beginEmpty(state: RoomState): void {
  if (state.loaded === 'no') state.loaded = 'yes';
}

/** A disposable copy, so that coming back costs one small read. */
export function writeCopy(state: RoomState, context: Context): void {
  if (!state.dirty || state.loaded !== 'yes') return;
  state.dirty = false;
  state.copiedAt = context.monotonic();
  state.copyVersion += 1;
  const { fence, copyVersion: version, visitorRead, operatorRead } = state;
  const members = [...state.followers.keys()];
  const copy: RoomCopy = { fence, version, past: pastOf(state.timeline), visitorRead, operatorRead, members };
  context.cast(cache, 'writeRoom', { room: state.room, copy, ttlMs: roomCopyTtlMs });
}

/** The copy and the store's last numbers are asked for together; the copy counts only when they agree. */
function load(state: RoomState, context: Context): void {
  state.loaded = 'loading';
  const { room } = state;
  let copy: RoomCopy | null | undefined;
  let tail: Result<RoomTail> | undefined;
  const decide = () => {
    if (copy === undefined || tail === undefined) return;
    if (!tail.ok) return failed(state, context);
    const { pos, seq, fence } = tail.value;
    state.fence = Math.max(state.fence, fence + 1);
    if (copy !== null) marksFrom(state, copy);
    if (copy !== null && copy.past.pos === pos && copy.past.seq === seq) return loaded(state, copy.past, context);
    if (pos === 0) return loaded(state, null, context);
    readWhole(state, context);
  };
  context.ask(cache, 'openRoom', { room }, { deadlineMs: cacheDeadlineMs }, (result) => {
    copy = result.ok ? result.value.copy : null;
    decide();
  });
  context.ask(history, 'tail', { room }, { deadlineMs: storeReadDeadlineMs }, (result) => {
    tail = result;
    decide();
  });
}

function readWhole(state: RoomState, context: Context): void {
  context.ask(history, 'load', { room: state.room }, { deadlineMs: storeReadDeadlineMs }, (result) => {
    if (result.ok) loaded(state, result.value, context);
    else failed(state, context);
  });
}

function marksFrom(state: RoomState, { version, visitorRead, operatorRead }: RoomCopy): void {
  state.copyVersion = version;
  state.visitorRead = visitorRead;
  state.operatorRead = operatorRead;
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
