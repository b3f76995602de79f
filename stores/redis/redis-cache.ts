// Owns the actor named `redis` on its gate thread: sessions, presence and rooms as Redis keeps them, and this node's leases.
// It answers when Redis does or when its time is over, never later, and holds no copy itself.

import {
  type ChatMessage,
  type Kept,
  type Lease,
  type RoomCopy,
  type SessionCopy,
  type SessionId,
  type Signed,
  type Stamp,
  sessionOf,
} from '../../actors/mod.ts';
import { type Answer, type Context, defineBehaviour, type From, reply } from '../../runtime/mod.ts';
import { reportsTo } from '../gate/mod.ts';
import { RedisCopies, type Seen } from './copies.ts';
import { nodesKey } from './keys.ts';
import type { Judged, RedisProtocol } from './protocol.ts';
import { aliveScript, leaveScript } from './scripts.ts';
import { RedisServers, type RoleUrls } from './servers.ts';

export interface RedisCacheArgs {
  /** Equal ones share a client. */
  readonly urls: RoleUrls;
  /** This node in leases: the same after a restart, so that it need not wait for its own. */
  readonly owner: string;
  /** This process of it: another one begins with a higher fence. */
  readonly process: string;
  /** Default 30 s. */
  readonly leaseMs?: number;
}

const leaseMsDefault = 30_000;
/** A node says this often in the time of a lease that it lives. */
const aliveInLease = 6;
/** Who has not said so for this many leases holds none any more. */
const goneAfterLeases = 2;

interface State {
  readonly servers: RedisServers;
  readonly copies: RedisCopies;
  readonly owner: string;
  readonly leaseMs: number;
  /** Whether presence is kept apart from sessions. */
  readonly apart: boolean;
  /** Whether other nodes were seen lately; null while Redis never said. */
  others: boolean | null;
}

export const redisCache = defineBehaviour<RedisProtocol, RedisCacheArgs, State>({
  name: 'redisCache',

  init({ urls, owner, process, leaseMs = leaseMsDefault }, context) {
    const servers = new RedisServers(urls, reportsTo(context));
    const copies = new RedisCopies(servers, { owner, process }, leaseMs);
    const apart = !servers.together('sessions', 'presence');
    const state: State = { servers, copies, owner, leaseMs, apart, others: null };
    alive(state, context);
    return state;
  },

  calls: {
    openSession: answering(async (state, { session }) => {
      const { lease, ...found } = await state.copies.open('session', session);
      if (!state.apart || found.copy === null || lease?.type !== 'held') return judged(state, found, lease);
      const presence = await state.copies.claim('presence', session, lease.fence);
      const { level, page }: Presence = { ...nowhere, ...presence.copy };
      return judged(state, { ...found, copy: { ...found.copy, level, page } }, lease);
    }),
    openRoom: answering(async (state, { room }) => {
      const { lease, ...found } = await state.copies.open('room', sessionOf(room));
      return judged(state, found, lease);
    }),
    keepSession: answering((state, { session, copy, ttlMs }) => keepSession(state, session, { copy, ttlMs })),
    keepRoom: answering((state, { room, copy, ttlMs }) => state.copies.put('room', sessionOf(room), copy, ttlMs)),
    renew: answering(async (state, { holds }): Promise<Answer<RedisProtocol, 'renew'>> => {
      const leases = await state.copies.renew(holds);
      return { leases: leases.map((lease) => timed(state, lease)), others: state.others };
    }),
    readBlock: answering(async (state, { room, block }) => {
      const { copy, reason } = await state.copies.readBlock(sessionOf(room), block);
      return { messages: copy as readonly ChatMessage[] | null, reason };
    }),
    status: ({ servers }) => reply({ gates: servers.status() }),
  },

  casts: {
    writeBlock: ({ copies }, { room, block, messages, ttlMs }) =>
      void copies.writeBlock(sessionOf(room), block, messages, ttlMs),
    forgetSession({ copies, apart }, { session }) {
      void copies.forget('session', session);
      if (apart) void copies.forget('presence', session);
    },
    forgetRoom: ({ copies }, { room }) => void copies.forget('room', sessionOf(room)),
    forgetBlock: ({ copies }, { room, block }) => void copies.forgetBlock(sessionOf(room), block),
    release: ({ copies }, hold) => void copies.release(hold),
  },

  timers: { alive },

  async terminate({ servers, owner }) {
    await servers.script('sessions', leaveScript, { keys: [nodesKey], args: [owner] }, () => null);
    servers.close();
  },
});

type Presence = Pick<SessionCopy, 'level' | 'page'>;

const nowhere: Presence = { level: null, page: null };

/** Asked meanwhile, the actor takes others' calls: it never waits inside a handler. */
function answering<Q, A>(ask: (state: State, request: Q) => Promise<A>) {
  return (state: State, request: Q, context: Context, from: From<A>): undefined => {
    void ask(state, request).then((answer) => context.reply(from, answer));
  };
}

/** What is not apart goes as it is; otherwise where the visitor was is written beside it, under the same stamp. */
async function keepSession(
  { copies, apart }: State,
  session: SessionId,
  { copy, ttlMs }: { readonly copy: Signed<SessionCopy>; readonly ttlMs: number },
): Promise<Kept> {
  if (!apart) return copies.put('session', session, copy, ttlMs);
  const { fence, version, level, page } = copy;
  const presence: Stamp & Presence = { fence, version, level, page };
  const [kept] = await Promise.all([
    copies.put('session', session, { ...copy, ...nowhere }, ttlMs),
    copies.put('presence', session, presence, ttlMs),
  ]);
  return kept;
}

function judged<Copy extends SessionCopy | RoomCopy>(
  state: State,
  { copy, ...found }: Seen,
  lease: Lease | null,
): Judged<Copy> {
  return { ...found, copy: copy as Signed<Copy> | null, lease: timed(state, lease), others: state.others };
}

/** Where no other node is about, a lease does not end by time: a node alone goes on from memory when Redis is lost. */
function timed({ others, leaseMs }: State, lease: Lease | null): Lease | null {
  return lease?.type === 'held' ? { ...lease, ttlMs: others === false ? null : leaseMs } : lease;
}

function alive(state: State, context: Context): void {
  context.startTimer('alive', state.leaseMs / aliveInLease);
  const asked = { keys: [nodesKey], args: [state.owner, state.leaseMs * goneAfterLeases] };
  void state.servers
    .script('sessions', aliveScript, asked, ([others]) => Number(others))
    .then((answer) => {
      if (answer.ok) state.others = answer.value > 0;
    });
}
