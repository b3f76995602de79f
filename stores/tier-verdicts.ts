// Owns what is to be believed of what the tiers of the cache said: which copy is the later, and whether it may be sure.
// It is pure.
//
//   A copy is the later by its stamp, wherever it was. Redis judges: without its word nothing of a room is verified, and
//   where memcached has a later copy, Redis has missed a write and vouches for nothing.
//
//   That a visitor never chatted hides a conversation if it is wrong, so it needs more: the copy must bear the signature
//   of this life of this cache, which changes with every write that may be lost. Then nobody else wrote since, and
//   nothing that was written is missing. Otherwise the room is asked, which costs one look at the store.

import type { Found, Kept, Lease, Opened, RoomCopy, SessionCopy, Signed } from '../actors/mod.ts';
import type { Result } from '../runtime/mod.ts';
import type { Judged } from './redis/mod.ts';
import { isOlder } from './stamp.ts';

/** Null: there is no such tier. */
export interface Said<Copy> {
  readonly redis: Result<Judged<Copy>> | null;
  readonly memcached: Result<Found<Signed<Copy>>> | null;
}

/** What this cache knows by itself. */
export interface Standing {
  readonly writer: string;
  readonly others: boolean;
}

export function openedSession(said: Said<SessionCopy>, { writer, others }: Standing): Opened<SessionCopy> {
  const { copy, judged, reason } = latest(said);
  const verified = copy?.writer === writer && (judged || said.redis === null);
  return { copy: copy === null ? null : unsigned(copy), verified, reason, lease: leaseOf(said, others) };
}

export function openedRoom(said: Said<RoomCopy>, { others }: Standing): Opened<RoomCopy> {
  const { copy, judged, reason } = latest(said);
  const lease = leaseOf(said, others);
  const verified = copy !== null && judged && lease.type === 'held';
  return { copy: copy === null ? null : unsigned(copy), verified, reason, lease };
}

/** A write that came too late, or from who is no owner any more, took nothing from anybody. */
export function isLost({ kept, reason }: Kept): boolean {
  return !kept && reason !== 'older' && reason !== 'fenced';
}

interface Latest<Copy> {
  readonly copy: Signed<Copy> | null;
  /** Redis said that this is the latest. */
  readonly judged: boolean;
  readonly reason: string;
}

function latest<Copy extends SessionCopy | RoomCopy>({ redis, memcached }: Said<Copy>): Latest<Copy> {
  const judge = redis?.ok === true ? redis.value : null;
  const near = memcached?.ok === true ? memcached.value.copy : null;
  const far = judge?.copy ?? null;
  if (near !== null && (far === null || isOlder(far, near))) return { copy: near, judged: false, reason: 'hit' };
  if (far !== null) return { copy: far, judged: judge?.knows === true, reason: 'hit' };
  return { copy: null, judged: false, reason: missReason(redis) ?? missReason(memcached) ?? 'absent' };
}

function missReason(said: Result<{ readonly reason: string }> | null): string | null {
  if (said === null) return null;
  return said.ok ? said.value.reason : said.error.code;
}

/** Where Redis says nothing, a node that knew of others must not act for their visitors. */
function leaseOf({ redis }: Said<unknown>, others: boolean): Lease {
  if (redis === null) return { type: 'free', kept: false };
  const lease = redis.ok ? redis.value.lease : null;
  return lease ?? (others ? { type: 'elsewhere' } : { type: 'free', kept: true });
}

function unsigned<Copy extends object>({ writer: _, ...copy }: Signed<Copy>): Copy {
  return copy as unknown as Copy;
}
