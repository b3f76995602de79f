// Owns the copy that a room leaves in the cache: when it is written, and under which stamp.
// It is disposable: losing it costs one longer read.

import type { Context } from '../runtime/mod.ts';
import { cache, type RoomCopy } from './cache-port.ts';
import { fenceOf } from './lease.ts';
import { roomCopyTtlMs, roomCopyWriteMs } from './limits.ts';
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
  state.dirty = false;
  // By the clock, so that a life that could not read its last copy still writes a later one.
  state.copyVersion = Math.max(state.copyVersion + 1, context.now());
  state.fence = Math.max(state.fence, fenceOf(state.holding));
  const { fence, copyVersion: version, visitorRead, operatorRead } = state;
  const members = [...state.followers.keys()];
  const copy: RoomCopy = { fence, version, past: pastOf(state.timeline), visitorRead, operatorRead, members };
  context.cast(cache, 'writeRoom', { room: state.room, copy, ttlMs: roomCopyTtlMs });
}
