// Owns the actor of one visitor of one site: where he is, who he says to be, and what of his room his pages know.
// It holds no message: those are the room's; it asks the room only for who has chatted, so that browsing costs no store.

import {
  type Answer,
  type CastOutcome,
  type Context,
  defineBehaviour,
  type From,
  passivate,
  type Request,
  stop,
} from '../runtime/mod.ts';
import { mergedCard, sameCard } from './card.ts';
import type { VisitorCard } from './chat.ts';
import { outbox } from './edge-protocol.ts';
import { refusal } from './errors.ts';
import { roomOf, type SiteId, sessionId } from './ids.ts';
import { askForLease, keepLease, type LeaseNews, releaseLease } from './lease-keeping.ts';
import { copyWriteMs, sessionIdleMs, sessionTickMs, sessionUnheardMs } from './limits.ts';
import { passOn } from './pass-on.ts';
import { roomAt, roomIfAlive } from './room-protocol.ts';
import { beginFresh, whenKnown, writeCopy, writeCopyFirst } from './session-loading.ts';
import type { SessionProtocol } from './session-protocol.ts';
import { onConversation, onPresent, viewRoom } from './session-room.ts';
import { newSessionState, type SessionState } from './session-state.ts';

export const session = defineBehaviour<SessionProtocol, { readonly key: string }, SessionState>({
  name: 'session',

  init({ key }, context) {
    const id = sessionId(key);
    if (id === null) throw new Error('a session was addressed by something that is no session id');
    context.startTimer('tick', sessionTickMs, { lenient: true });
    return newSessionState(id, roomOf(id), context.monotonic());
  },

  calls: {
    view: known((state, { page }, from, context) => {
      if (page !== undefined) state.page = page;
      if (state.chatted === false) return context.reply(from, { conversation: null });
      viewRoom(state, context, (result) => {
        if (result.ok) context.reply(from, { conversation: result.value.conversation });
        else context.refuse(from, result.error);
      });
    }),

    send: known((state, { site, cmid, text }, from, context) => {
      // Once only: whatever becomes of it, afterwards the stores may know this visitor.
      const fresh = state.fresh && state.chatted === false;
      nowChats(state, site, context, (later) => {
        const { page, card: waiting } = state;
        const card = state.cardWaits ? waiting : null;
        const level = state.level ?? 'here';
        const answered = passOn(later, from);
        later.ask(roomAt(state.room), 'say', { site, cmid, text, card, level, page, fresh }, {}, (result) => {
          if (result.ok && state.card === card) state.cardWaits = false;
          answered(result);
        });
      });
    }),

    history: chatted<Request<SessionProtocol, 'history'>, Answer<SessionProtocol, 'history'>>(
      { messages: [], more: false },
      (state, { before, limit }, from, context) => {
        context.ask(roomAt(state.room), 'history', { before, limit }, {}, passOn(context, from));
      },
    ),

    identify: known((state, { site, card: news }, from, context) => {
      const card = mergedCard(state.card, news);
      if (card === null)
        return context.refuse(from, refusal('unauthorized', 'another verified identity is bound here'));
      if (state.chatted === false) {
        keepCard(state, card, true);
        return context.reply(from, { verified: card.verified });
      }
      context.ask(roomAt(state.room), 'identify', { site, card: news }, {}, (result) => {
        const neverChatted = !result.ok && result.error.code === 'notFound';
        if (result.ok || neverChatted) keepCard(state, card, neverChatted);
        if (neverChatted) context.reply(from, { verified: card.verified });
        else if (result.ok) context.reply(from, result.value);
        else context.refuse(from, result.error);
      });
    }),

    read: chatted({}, (state, { seq }, from, context) => {
      if (seq > state.visitorRead) {
        state.visitorRead = seq;
        state.dirty = true;
        context.cast(roomAt(state.room), 'visitorRead', { seq });
      }
      context.reply(from, {});
    }),

    close: chatted({}, (state, _, from, context) => {
      context.ask(roomAt(state.room), 'close', { by: null, sites: null }, {}, passOn(context, from));
    }),

    rate: known((state, { score, comment }, from, context) => {
      if (state.chatted === false) return context.refuse(from, refusal('notFound', 'there is nothing to rate'));
      context.ask(roomAt(state.room), 'rate', { score, comment }, {}, passOn(context, from));
    }),
  },

  casts: {
    present(state, message, context) {
      state.touchedAt = context.monotonic();
      if (message.fresh) beginFresh(state);
      whenKnown(state, context, { from: null, go: (later) => onPresent(state, message, later) });
    },
    typing(state, { on }, context) {
      if (state.chatted !== false) context.cast(roomIfAlive(state.room), 'visitorTyping', { on });
    },
    said(state, { message }, context) {
      state.edgeSeq = Math.max(state.edgeSeq, message.seq);
      context.cast(outbox, 'event', { session: state.session, event: { type: 'message', message } });
    },
    event(state, { event }, context) {
      context.cast(outbox, 'event', { session: state.session, event });
    },
    conversation: onConversation,
  },

  timers: {
    tick,
    lease: (state, context) => askForLease(state, 'session', context, onLease),
  },

  terminate(state, reason, context) {
    writeCopy(state, context);
    if (reason === 'shutdown') releaseLease(state, context);
  },
});

type Handler<Q, A> = (state: SessionState, request: Q, from: From<A>, context: Context) => void;

/** A call that needs to know whether this visitor ever chatted, as far as the cache can say. */
function known<Q extends { readonly site: SiteId }, A>(handler: Handler<Q, A>) {
  return (state: SessionState, request: Q, context: Context, from: From<A>): undefined => {
    state.touchedAt = context.monotonic();
    state.site = request.site;
    whenKnown(state, context, { from, go: (later) => handler(state, request, from, later) });
  };
}

/** A call that has a plain answer for who never chatted. */
function chatted<Q extends { readonly site: SiteId }, A>(otherwise: A, handler: Handler<Q, A>) {
  return known<Q, A>((state, request, from, context) => {
    if (state.chatted === false) context.reply(from, otherwise);
    else handler(state, request, from, context);
  });
}

/** Before the first message the copy says so. */
function nowChats(state: SessionState, site: SiteId, context: Context, then: (later: Context) => void): void {
  if (state.chatted === true) {
    then(context);
    return;
  }
  state.fresh = false;
  state.tried = true;
  state.chatted = true;
  state.site = site;
  state.dirty = true;
  writeCopyFirst(state, context, then);
}

function onLease(news: LeaseNews): CastOutcome {
  return news === 'lost' ? stop('normal') : undefined;
}

/** `waits`: it becomes durable with the first message. */
function keepCard(state: SessionState, card: VisitorCard, waits: boolean): void {
  if (sameCard(state.card, card)) return;
  state.cardWaits = waits;
  state.card = card;
  state.dirty = true;
}

function tick(state: SessionState, context: Context): CastOutcome {
  const now = context.monotonic();
  context.startTimer('tick', sessionTickMs, { lenient: true });
  if (now - state.copiedAt >= copyWriteMs) writeCopy(state, context);
  keepLease(state, 'session', context, onLease);
  const idleMs = now - state.touchedAt;
  const unheard = idleMs >= sessionUnheardMs;
  return unheard || (state.level !== 'here' && state.level !== 'away' && idleMs >= sessionIdleMs)
    ? passivate
    : undefined;
}
