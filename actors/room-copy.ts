// Owns the copy that a room leaves in the cache: when it is written, and under which stamp.
// It is disposable: losing it costs one longer read.

import type { Context } from '../runtime/mod.ts';
import { cache, type RoomCopy } from './cache-port.ts';
import { fenceOf } from './lease.ts';
import { cacheDeadlineMs, roomCopyTtlMs, roomCopyWriteMs } from './limits.ts';
import type { RoomState } from './room-state.ts';
import { pastOf } from './timeline.ts';

/** Something worth keeping has changed: the copy is written within a second, once for all of it. */
export function copySoon(state: RoomState, context: Context): void {
  if (state.loaded !== 'yes') return;
  if (!state.dirty) context.startTimer('copy', roomCopyWriteMs);
  state.dirty = true;
}

/** So that coming back costs one small read. */
export function writeCopy(state: RoomState, context: Context): void {
  if (!state.dirty || state.loaded !== 'yes') return;
  context.cast(cache, 'writeRoom', { room: state.room, copy: copyOf(state, context), ttlMs: roomCopyTtlMs });
}

/** What is not in SQL yet is in the copy before anybody relies on it: `then` runs when it is, or when that takes too long. */
export function keepCopy(state: RoomState, context: Context, then: () => void): void {
  const request = { room: state.room, copy: copyOf(state, context), ttlMs: roomCopyTtlMs };
  context.ask(cache, 'keepRoom', request, { deadlineMs: cacheDeadlineMs }, then);
}

function copyOf(state: RoomState, context: Context): RoomCopy {
  state.dirty = false;
  // By the clock, so that a life that could not read its last copy still writes a later one.
  state.copyVersion = Math.max(state.copyVersion + 1, context.now());
  state.fence = Math.max(state.fence, fenceOf(state.holding));
  const { fence, copyVersion: version, visitorRead, operatorRead } = state;
  const members = [...state.followers.keys()];
  return { fence, version, past: pastOf(state.timeline), visitorRead, operatorRead, members };
}
