// Owns the actor of one room: each message it understands, as a sentence. A visitor has one room for life at a site.
// It decides nothing of its own: composition, routing, repeats and the pipeline hold the rules.

import { type CastOutcome, type Context, defineBehaviour, type From, passivate } from '../runtime/mod.ts';
import { cache } from './cache-port.ts';
import { outbox } from './edge-protocol.ts';
import { refusal } from './errors.ts';
import { newMessageId, roomId, sessionOf } from './ids.ts';
import { askForLease, keepLease, releaseLease } from './lease-keeping.ts';
import { roomIdleMs, roomRepeatMs, roomTickMs } from './limits.ts';
import { blocksOf } from './past-blocks.ts';
import { copySoon, writeCopy } from './room-copy.ts';
import { beginEmpty, whenLoaded } from './room-loading.ts';
import type { RoomProtocol } from './room-protocol.ts';
import { follow, pastPage, view } from './room-reading.ts';
import { answer, say } from './room-saying.ts';
import { contactOf, newRoomState, type RoomState, siteRefusal } from './room-state.ts';
import { operatorTyping, tellSession, tellSite, tellVisitor, visitorTyping } from './room-telling.ts';
import { giveUp, onLease, write, writeAgain } from './room-writing.ts';
import { mayRead } from './routing.ts';
import { siteAt } from './site-protocol.ts';
import { isOpen } from './timeline.ts';

export const room = defineBehaviour<RoomProtocol, { readonly key: string }, RoomState>({
  name: 'room',

  init({ key }, context) {
    const id = roomId(key);
    if (id === null) throw new Error('a room was addressed by something that is no room id');
    context.startTimer('tick', roomTickMs, { lenient: true });
    return newRoomState(id, sessionOf(id), context.monotonic());
  },

  calls: {
    view: deferred((state, { site }, from, context) => view(state, site, from, context)),
    say(state, request, context, from) {
      if (request.fresh) beginEmpty(state, context);
      whenLoaded(state, context, { from, go: (later) => say(state, request, from, later) });
      return undefined;
    },
    answer: deferred(answer),
    follow: deferred(follow),
    describe: deferred((state, { sites }, from, context) => {
      const refused = siteRefusal(state, sites);
      const contact = contactOf(state, state.level === null);
      if (refused !== null || contact === null)
        context.refuse(from, refused ?? refusal('notFound', 'nobody wrote here'));
      else context.reply(from, { contact, card: state.timeline.head.card });
    }),
    history: deferred(pastPage),
    identify: deferred((state, { site, card }, from, context) => {
      if (state.timeline.head.site !== site) context.refuse(from, refusal('notFound', 'this visitor never wrote'));
      else write(state, { type: 'identify', card, ...dated(context) }, from, context);
    }),
    close: deferred((state, { by, sites }, from, context) => {
      const refused = sites === null ? null : siteRefusal(state, sites);
      if (refused !== null) context.refuse(from, refused);
      else if (state.timeline.head.site === null && state.pipeline.idle) context.reply(from, {});
      else write(state, { type: 'close', by, ...dated(context) }, from, context);
    }),
    rate: deferred((state, { score, comment }, from, context) => {
      write(state, { type: 'rate', score, comment, ...dated(context) }, from, context);
    }),
  },

  casts: {
    visitor(state, { level, page }, context) {
      afterwards(state, context, (later) => {
        const changed = level !== state.level || JSON.stringify(page) !== JSON.stringify(state.page);
        state.level = level;
        state.page = page;
        // The session repeats its level, and gets the conversation's in return.
        tellSession(state, later);
        if (changed) tellSite(state, later);
      });
    },
    visitorTyping(state, { on }, context) {
      if (on !== state.visitorTyping || on) visitorTyping(state, on, context);
    },
    visitorRead(state, { seq }, context) {
      afterwards(state, context, () => {
        const read = Math.min(seq, state.timeline.head.seq);
        if (read <= state.visitorRead) return;
        state.visitorRead = read;
        copySoon(state, context);
      });
    },
    operatorTyping(state, { operator, name, on }, context) {
      if (isOpen(state.timeline.head) && mayRead(state.timeline.head.conversation, operator)) {
        operatorTyping(state, on ? name : null, context);
      }
    },
    operatorRead(state, { operator, seq }, context) {
      afterwards(state, context, (later) => {
        const read = Math.min(seq, state.timeline.head.seq);
        if (read <= state.operatorRead || !mayRead(state.timeline.head.conversation, operator)) return;
        state.operatorRead = read;
        copySoon(state, context);
        tellVisitor(state, { type: 'read', seq: read }, later);
      });
    },
    unfollow(state, { operator }, context) {
      if (state.followers.delete(operator)) copySoon(state, context);
    },
    expire(state, _, context) {
      afterwards(state, context, (later) => {
        if (isOpen(state.timeline.head)) write(state, { type: 'expire', ...dated(later) }, null, later);
      });
    },
    renumbered,
    navigate(state, { operator, url }, context) {
      if (mayRead(state.timeline.head.conversation, operator)) tellVisitor(state, { type: 'navigate', url }, context);
    },
    command(state, { operator, name, body }, context) {
      if (mayRead(state.timeline.head.conversation, operator))
        tellVisitor(state, { type: 'command', name, body }, context);
    },
  },

  timers: {
    appendAgain: (state, context) => writeAgain(state, context),
    copy: writeCopy,
    lease: (state, context) => askForLease(state, 'room', context, (news) => onLease(state, news, context)),
    announce: (state, context) => tellSite(state, context),
    visitorTypingOff: (state, context) => visitorTyping(state, false, context),
    operatorTypingOff: (state, context) => operatorTyping(state, null, context),
    tick,
  },

  terminate(state, reason, context) {
    writeCopy(state, context);
    if (reason === 'shutdown') releaseLease(state, context);
  },
});

type Deferrable<Q, A> = (state: RoomState, request: Q, from: From<A>, context: Context) => void;

/** A call that is answered once the room was read from the stores. */
function deferred<Q, A>(handler: Deferrable<Q, A>) {
  return (state: RoomState, request: Q, context: Context, from: From<A>): undefined => {
    whenLoaded(state, context, { from, go: (later) => handler(state, request, from, later) });
  };
}

/** A cast that waits until the room was read; when that fails it is as if it had been lost. */
function afterwards(state: RoomState, context: Context, go: (later: Context) => void): void {
  whenLoaded(state, context, { from: null, go });
}

function dated(context: Context) {
  return { id: newMessageId(context.now(), context.randomBytes(10)), at: context.now() };
}

/** Whoever saw the old numbers is told here, before the next life of this room shows the new ones. */
function renumbered(
  state: RoomState,
  { site, after, last }: RoomProtocol['casts']['renumbered'],
  context: Context,
): CastOutcome {
  state.dirty = false;
  context.cast(cache, 'forgetRoom', { room: state.room });
  for (const block of blocksOf({ first: after + 1, last })) {
    context.cast(cache, 'forgetBlock', { room: state.room, block });
  }
  context.cast(outbox, 'renumbered', { session: state.session });
  if (site !== null) context.cast(siteAt(site), 'renumbered', { room: state.room, after });
  return giveUp(state, context);
}

function tick(state: RoomState, context: Context): CastOutcome {
  const now = context.monotonic();
  context.startTimer('tick', roomTickMs, { lenient: true });
  for (const [operator, until] of state.followers) if (until <= now) state.followers.delete(operator);
  if (isOpen(state.timeline.head) && now - state.announcedAt >= roomRepeatMs) tellSite(state, context);
  keepLease(state, 'room', context, (news) => onLease(state, news, context));
  const needed = state.followers.size > 0 || !state.pipeline.idle || state.deferred.length > 0;
  return needed || now - state.touchedAt < roomIdleMs ? undefined : passivate;
}
