// Owns a cache that a test holds in hand: real copies in memory behind leases that are given, refused, late or unanswered.
// It judges nothing: what it says of a lease or of a copy is what the test told it to say.

import type { CacheProtocol, ChatMessage, Lease, RoomCopy, SessionCopy } from '../../actors/mod.ts';
import { type Context, defineBehaviour, type From, reply } from '../../runtime/mod.ts';

export class FakeTiers {
  /** What each open and each renewal is answered with; `silent`: not at all. */
  lease: Lease | 'silent' = { type: 'free', kept: false };
  verified = true;
  /** How long an answer about a lease takes. */
  answerMs = 0;
  readonly sessions = new Map<string, SessionCopy>();
  readonly rooms = new Map<string, RoomCopy>();
  readonly blocks = new Map<string, readonly ChatMessage[]>();
  readonly released: number[] = [];
  renewals = 0;
  roomWrites = 0;

  opened<Copy>(copy: Copy | undefined) {
    if (this.lease === 'silent') return null;
    return { copy: copy ?? null, verified: copy !== undefined && this.verified, reason: 'test', lease: this.lease };
  }
}

interface Late {
  readonly at: number;
  readonly go: (context: Context) => void;
}

interface State {
  late: Late[];
}

export function fakeCache(tiers: FakeTiers) {
  const answer = <A>(state: State, from: From<A>, value: A | null, context: Context): undefined => {
    if (value === null) return;
    if (tiers.answerMs === 0) {
      context.reply(from, value);
      return;
    }
    state.late.push({ at: context.monotonic() + tiers.answerMs, go: (later) => later.reply(from, value) });
    context.startTimer('late', Math.max(0, Math.min(...state.late.map(({ at }) => at)) - context.monotonic()));
  };
  return defineBehaviour<CacheProtocol, unknown, State>({
    name: 'fakeCache',
    init: () => ({ late: [] }),
    calls: {
      openSession: (state, { session }, context, from) =>
        answer(state, from, tiers.opened(tiers.sessions.get(session)), context),
      openRoom: (state, { room }, context, from) => answer(state, from, tiers.opened(tiers.rooms.get(room)), context),
      keepSession(_, { session, copy }) {
        if (tiers.lease === 'silent') return undefined;
        tiers.sessions.set(session, copy);
        return reply({ kept: true, reason: 'kept' });
      },
      keepRoom(_, { room, copy }) {
        if (tiers.lease === 'silent') return undefined;
        tiers.rooms.set(room, copy);
        return reply({ kept: true, reason: 'kept' });
      },
      renewLease(state, _, context, from) {
        tiers.renewals += 1;
        return answer(state, from, tiers.lease === 'silent' ? null : { lease: tiers.lease }, context);
      },
      readBlock: (_, { room, block }) =>
        reply({ messages: tiers.blocks.get(`${room} ${block}`) ?? null, reason: 'test' }),
      status: () => reply({ gates: [] }),
    },
    casts: {
      writeSession(_, { session, copy }) {
        if (tiers.lease !== 'silent') tiers.sessions.set(session, copy);
      },
      writeRoom(_, { room, copy }) {
        tiers.roomWrites += 1;
        if (tiers.lease !== 'silent') tiers.rooms.set(room, copy);
      },
      writeBlock: (_, { room, block, messages }) => void tiers.blocks.set(`${room} ${block}`, messages),
      forgetSession: (_, { session }) => void tiers.sessions.delete(session),
      forgetRoom: (_, { room }) => void tiers.rooms.delete(room),
      forgetBlock: (_, { room, block }) => void tiers.blocks.delete(`${room} ${block}`),
      releaseLease: (_, { fence }) => void tiers.released.push(fence),
    },
    timers: {
      late(state, context) {
        const due = state.late.filter(({ at }) => at <= context.monotonic());
        state.late = state.late.filter((one) => !due.includes(one));
        for (const { go } of due) go(context);
        const [next] = state.late;
        if (next !== undefined) context.startTimer('late', next.at - context.monotonic());
      },
    },
  });
}
