// Owns the actor named `cache` where memcached or Redis is configured: both are asked at once, within one budget.
// It holds no copy itself, and a server's failure is a miss with a reason.
//
//   openSession --+--> redis       the lease, and which copy is the latest      together at most `tiersMsMax`
//                 +--> memcached   a copy, perhaps of before an outage
//
// Redis judges; what is to be believed of their answers is decided in tier-verdicts.ts.

import type { CacheProtocol, CopiesProtocol, GateStatus, Kept, RoomCopy, SessionCopy } from '../actors/mod.ts';
import {
  type Address,
  type Context,
  defineBehaviour,
  type Failure,
  type Request,
  type Result,
} from '../runtime/mod.ts';
import { gatherMs, LeaseRenewals, type Renewal } from './lease-renewals.ts';
import { memcached } from './memcached/mod.ts';
import { redis } from './redis/mod.ts';
import { isLost, openedRoom, openedSession, type Said } from './tier-verdicts.ts';

/** At least one of them is there. */
export interface TieredCacheArgs {
  readonly memcached: boolean;
  readonly redis: boolean;
}

/** Less than the 250 ms that a reader waits, so that what one tier had arrives when the other is silent. */
const tiersMsMax = 220;
const within = { deadlineMs: tiersMsMax };
const signatureBytes = 9;

type BlocksProtocol = {
  readonly calls: Pick<CopiesProtocol['calls'], 'readBlock'>;
  readonly casts: Pick<CopiesProtocol['casts'], 'writeBlock' | 'forgetBlock'>;
};

interface State extends TieredCacheArgs {
  readonly renewals: LeaseRenewals;
  /** Who vouches for what is written now: another one after each write that may be lost. */
  writer: string;
  /** Redis said lately that other nodes are about. */
  others: boolean;
}

export const tieredCache = defineBehaviour<CacheProtocol, TieredCacheArgs, State>({
  name: 'tieredCache',
  init: (args, context) => ({ ...args, renewals: new LeaseRenewals(), writer: signature(context), others: false }),

  calls: {
    openSession(state, { session }, context, from) {
      const tiers = gather<Judgement<SessionCopy>, Copy<SessionCopy>>(state, (judgement, copy) => {
        heard(state, judgement);
        const opened = openedSession({ redis: judgement, memcached: copy }, state);
        context.count('cache_reads', { kind: 'session', reason: opened.reason });
        context.reply(from, opened);
      });
      if (state.redis) context.ask(redis, 'openSession', { session }, within, tiers.redis);
      if (state.memcached) context.ask(memcached, 'readSession', { session }, within, tiers.memcached);
    },
    openRoom(state, { room }, context, from) {
      const tiers = gather<Judgement<RoomCopy>, Copy<RoomCopy>>(state, (judgement, copy) => {
        heard(state, judgement);
        const opened = openedRoom({ redis: judgement, memcached: copy }, state);
        context.count('cache_reads', { kind: 'room', reason: opened.reason });
        context.reply(from, opened);
      });
      if (state.redis) context.ask(redis, 'openRoom', { room }, within, tiers.redis);
      if (state.memcached) context.ask(memcached, 'readRoom', { room }, within, tiers.memcached);
    },
    keepSession(state, request, context, from) {
      keepSession(state, request, context, (kept) => context.reply(from, kept));
    },
    keepRoom(state, request, context, from) {
      keepRoom(state, request, context, (kept) => context.reply(from, kept));
    },
    renewLease(state, { session, fence }, context, from) {
      if (!state.redis) context.reply(from, { lease: { type: 'free', kept: false } });
      else if (state.renewals.add(session, fence, from)) context.startTimer('renew', gatherMs);
    },
    readBlock(state, block, context, from) {
      context.ask(blocksIn(state), 'readBlock', block, within, (result) => {
        const found = result.ok ? result.value : { messages: null, reason: result.error.code };
        context.count('cache_reads', { kind: 'block', reason: found.reason });
        context.reply(from, found);
      });
    },
    status(state, _, context, from) {
      const tiers = gather<Gates, Gates>(state, (...said) => {
        context.reply(from, { gates: said.flatMap((one) => (one?.ok === true ? one.value.gates : [])) });
      });
      if (state.redis) context.ask(redis, 'status', {}, within, tiers.redis);
      if (state.memcached) context.ask(memcached, 'status', {}, within, tiers.memcached);
    },
  },

  casts: {
    writeSession: (state, request, context) => keepSession(state, request, context, () => undefined),
    writeRoom: (state, request, context) => keepRoom(state, request, context, () => undefined),
    writeBlock: (state, block, context) => context.cast(blocksIn(state), 'writeBlock', block),
    forgetSession(state, request, context) {
      if (state.redis) context.cast(redis, 'forgetSession', request);
      if (state.memcached) context.cast(memcached, 'forgetSession', request);
    },
    forgetRoom(state, request, context) {
      if (state.redis) context.cast(redis, 'forgetRoom', request);
      if (state.memcached) context.cast(memcached, 'forgetRoom', request);
    },
    forgetBlock: (state, block, context) => context.cast(blocksIn(state), 'forgetBlock', block),
    releaseLease(state, hold, context) {
      if (state.redis) context.cast(redis, 'release', hold);
    },
  },

  timers: {
    renew(state, context) {
      for (const batch of state.renewals.take()) renew(state, batch, context);
    },
  },
});

type Judgement<C> = NonNullable<Said<C>['redis']>;
type Copy<C> = NonNullable<Said<C>['memcached']>;
type Gates = Result<{ readonly gates: readonly GateStatus[] }>;

/** Once each tier that is there has answered, or was given up. Null for one that is not there. */
function gather<R, M>(tiers: TieredCacheArgs, then: (redis: R | null, memcached: M | null) => void) {
  let fromRedis: R | null = null;
  let fromMemcached: M | null = null;
  let left = Number(tiers.redis) + Number(tiers.memcached);
  const one = () => {
    left -= 1;
    if (left === 0) then(fromRedis, fromMemcached);
  };
  return {
    redis(answer: R) {
      fromRedis = answer;
      one();
    },
    memcached(answer: M) {
      fromMemcached = answer;
      one();
    },
  };
}

function heard(state: State, judgement: Judgement<unknown> | null): void {
  if (judgement?.ok === true && judgement.value.others !== null) state.others = judgement.value.others;
}

type Writing<N extends 'keepSession' | 'keepRoom'> = Request<CacheProtocol, N>;

/** After a write that may be lost nobody vouches any more for what was written before. */
function keepSession(
  state: State,
  { copy, ...to }: Writing<'keepSession'>,
  context: Context,
  done: (kept: Kept) => void,
): void {
  const request = { ...to, copy: { ...copy, writer: state.writer } };
  const tiers = keeping(state, context, (kept) => {
    if (isLost(kept)) state.writer = signature(context);
    done(kept);
  });
  if (state.redis) context.ask(redis, 'keepSession', request, within, tiers.redis);
  if (state.memcached) context.ask(memcached, 'keepSession', request, within, tiers.memcached);
}

function keepRoom(
  state: State,
  { copy, ...to }: Writing<'keepRoom'>,
  context: Context,
  done: (kept: Kept) => void,
): void {
  const request = { ...to, copy: { ...copy, writer: state.writer } };
  const tiers = keeping(state, context, done);
  if (state.redis) context.ask(redis, 'keepRoom', request, within, tiers.redis);
  if (state.memcached) context.ask(memcached, 'keepRoom', request, within, tiers.memcached);
}

/** What Redis says of a write counts, and what memcached says where there is no Redis. */
function keeping(state: State, context: Context, done: (kept: Kept) => void) {
  return gather<Result<Kept>, Result<Kept>>(state, (...said) => {
    const [byRedis, byMemcached] = said.map((one) => (one === null || one.ok ? (one?.value ?? null) : lost(one.error)));
    for (const [tier, kept] of [['redis', byRedis] as const, ['memcached', byMemcached] as const]) {
      if (kept != null) context.count('cache_writes', { tier, outcome: kept.reason });
    }
    done(byRedis ?? byMemcached ?? lost({ code: 'noTier' }));
  });
}

function lost({ code }: Pick<Failure, 'code'>): Kept {
  return { kept: false, reason: code };
}

function renew(state: State, batch: readonly Renewal[], context: Context): void {
  const holds = batch.map(({ session, fence }) => ({ session, fence }));
  context.ask(redis, 'renew', { holds }, within, (result) => {
    if (result.ok && result.value.others !== null) state.others = result.value.others;
    for (const [index, { fence, waiting }] of batch.entries()) {
      const lease = result.ok ? (result.value.leases[index] ?? null) : null;
      for (const from of waiting) {
        if (lease !== null) context.reply(from, { lease });
        // Whoever counts its time goes on counting; a node alone has nobody to lose it to.
        else if (state.others) context.refuse(from, unanswered);
        else context.reply(from, { lease: { type: 'held', fence, ttlMs: null } });
      }
    }
  });
}

const unanswered: Failure = { code: 'unavailable', message: 'who keeps the leases does not answer', retryable: true };

/** memcached keeps blocks where it is there: the memory of Redis is for what must not be lost. */
function blocksIn({ memcached: near }: State): Address<BlocksProtocol> {
  return near ? memcached : redis;
}

function signature(context: Context): string {
  return Buffer.from(context.randomBytes(signatureBytes)).toString('base64url');
}
