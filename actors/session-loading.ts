// Owns how a session comes back from the cache and is put there: a miss only means that the room is asked.
// It never asks a store: whoever browses and never chats costs none.

import type { Context } from '../runtime/mod.ts';
import { cache, type Opened, type SessionCopy } from './cache-port.ts';
import { refusal } from './errors.ts';
import { fenceOf, holdingOf } from './lease.ts';
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
  const copy = state.dirty ? nextCopy(state, context) : null;
  if (copy === null) return;
  state.dirty = false;
  context.cast(cache, 'writeSession', { session: state.session, copy, ttlMs: sessionCopyTtlMs });
}

/**
 * A copy that says `never chatted` must not outlive the first message: `then` runs when the new one is there, or nobody
 * answered in time. Who comes meanwhile waits, so that nothing overtakes it. A cache that lost this write knows that it
 * did, and vouches for nothing that it had before.
 */
export function writeCopyFirst(state: SessionState, context: Context, then: (later: Context) => void): void {
  const copy = state.copyVersion === 0 ? null : nextCopy(state, context);
  if (copy === null) {
    // There is none that could say so.
    writeCopy(state, context);
    then(context);
    return;
  }
  state.known = 'loading';
  const request = { session: state.session, copy, ttlMs: sessionCopyTtlMs };
  context.ask(cache, 'keepSession', request, { deadlineMs: cacheDeadlineMs }, (result) => {
    state.dirty = !(result.ok && result.value.kept);
    then(context);
    nowKnown(state, context);
  });
}

function nextCopy(state: SessionState, context: Context): SessionCopy | null {
  const { site, chatted, card, visitorRead, level, page } = state;
  if (site === null || chatted === null) return null;
  state.copiedAt = context.monotonic();
  // By the clock, so that a life that could not read its last copy still writes a later one.
  state.copyVersion = Math.max(state.copyVersion + 1, context.now());
  state.fence = Math.max(state.fence, fenceOf(state.holding));
  return { fence: state.fence, version: state.copyVersion, site, chatted, card, visitorRead, level, page };
}

function load(state: SessionState, context: Context): void {
  state.known = 'loading';
  const { session } = state;
  const asked = context.monotonic();
  context.ask(cache, 'openSession', { session }, { deadlineMs: cacheDeadlineMs }, (result) => {
    const holding = result.ok ? holdingOf(result.value.lease, asked) : state.holding;
    if (holding === null) return elsewhere(state, context);
    state.holding = holding;
    if (result.ok) take(state, result.value);
    nowKnown(state, context);
  });
}

function nowKnown(state: SessionState, context: Context): void {
  state.known = 'yes';
  const { deferred } = state;
  state.deferred = [];
  for (const one of deferred) whenKnown(state, context, one);
}

/** Another node has this visitor: it is asked again when somebody comes again. */
function elsewhere(state: SessionState, context: Context): undefined {
  context.count('sessions_elsewhere');
  state.known = 'no';
  const { deferred } = state;
  state.deferred = [];
  for (const { from } of deferred) {
    if (from !== null) context.refuse(from, refusal('unavailable', 'another node has this visitor'));
  }
}

/** What may be out of date hides nothing: that he never chatted is then a question for the room. */
function take(state: SessionState, { copy, verified }: Opened<SessionCopy>): void {
  if (copy === null) return;
  const { fence, version, site, chatted, card, visitorRead, level, page } = copy;
  state.fence = fence;
  state.copyVersion = version;
  state.site ??= site;
  state.level ??= level;
  state.page ??= page;
  state.card = card;
  state.visitorRead = visitorRead;
  state.cardWaits = !chatted && card !== null;
  if (chatted) state.chatted = true;
  if (chatted || !verified) return;
  state.chatted = false;
  state.told = '';
}
