// Owns how a session comes back from the cache and is put there: a miss only means that the room is asked.
// It never asks a store: whoever browses and never chats costs none.

import type { Context } from '../runtime/mod.ts';
import { cache, type SessionCopy } from './cache-port.ts';
import { refusal } from './errors.ts';
import { cacheDeadlineMs, deferredMax, sessionCopyTtlMs } from './limits.ts';
import type { Deferred, SessionState } from './session-state.ts';

/** Runs `go` now, or once the cache has answered or missed. */
export function whenKnown(state: SessionState, context: Context, { from, go }: Deferred): void {
  if (state.known === 'yes') {
    go(context);
    return;
  }
  if (state.deferred.length >= deferredMax) {
    if (from !== null) context.refuse(from, refusal('throttled', 'too many wait for this session'));
    return;
  }
  state.deferred.push({ from, go });
  if (state.known === 'no') load(state, context);
}

/** Nothing about this visitor can be stored anywhere, so nobody needs to be asked. */
export function beginFresh(state: SessionState): void {
  if (state.tried || state.chatted === true || state.known === 'loading') return;
  state.known = 'yes';
  state.fresh = true;
  state.chatted = false;
  state.told = '';
}

export function writeCopy(state: SessionState, context: Context): void {
  const { site, chatted, card, visitorRead, level, page } = state;
  if (!state.dirty || site === null || chatted === null) return;
  state.dirty = false;
  state.copiedAt = context.monotonic();
  state.copyVersion += 1;
  const version = state.copyVersion;
  const copy: SessionCopy = { fence: 0, version, site, chatted, card, visitorRead, level, page };
  context.cast(cache, 'writeSession', { session: state.session, copy, ttlMs: sessionCopyTtlMs });
}

function load(state: SessionState, context: Context): void {
  state.known = 'loading';
  const { session } = state;
  context.ask(cache, 'openSession', { session }, { deadlineMs: cacheDeadlineMs }, (result) => {
    const copy = result.ok ? result.value.copy : null;
    if (copy !== null) take(state, copy);
    state.known = 'yes';
    const { deferred } = state;
    state.deferred = [];
    for (const { go } of deferred) go(context);
  });
}

function take(state: SessionState, { version, site, chatted, card, visitorRead }: SessionCopy): void {
  state.copyVersion = version;
  state.site ??= site;
  state.chatted = chatted;
  state.card = card;
  state.visitorRead = visitorRead;
  if (chatted) return;
  state.told = '';
  state.cardWaits = card !== null;
}
