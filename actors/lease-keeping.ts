// Owns how an actor keeps its visitor's lease: taken with the copy, renewed from its ticks, asked for again when unanswered.
// It ends nobody: an actor that learns that the visitor is another node's ends itself.

import type { CastOutcome, Context, Result } from '../runtime/mod.ts';
import { cache, type Lease } from './cache-port.ts';
import { roomOf, type SessionId } from './ids.ts';
import { type Holding, holdingOf, isDue } from './lease.ts';
import { cacheDeadlineMs, leaseRetryMs } from './limits.ts';

export interface LeaseHolder {
  readonly session: SessionId;
  holding: Holding;
  /** An answer about the lease is under way. */
  asking: boolean;
}

type Kind = 'session' | 'room';

/** `lost`: the visitor is another node's. `silent`: the timer `lease` asks again. */
export type LeaseNews = 'kept' | 'lost' | 'silent';

type Then = (news: LeaseNews) => CastOutcome;

/** From each tick; costs a message only when it is time. */
export function keepLease(holder: LeaseHolder, kind: Kind, context: Context, then: Then): void {
  if (isDue(holder.holding, context.monotonic())) askForLease(holder, kind, context, then);
}

/** Now, unless an answer is under way already. */
export function askForLease(holder: LeaseHolder, kind: Kind, context: Context, then: Then): void {
  if (holder.asking) return;
  holder.asking = true;
  const { session, holding } = holder;
  const asked = context.monotonic();
  const within = { deadlineMs: cacheDeadlineMs };
  const heard = (result: Result<{ readonly lease: Lease }>): CastOutcome => {
    holder.asking = false;
    if (!result.ok) {
      context.startTimer('lease', leaseRetryMs);
      return then('silent');
    }
    const next = holdingOf(result.value.lease, asked);
    if (next === null) {
      context.count('leases_lost', { kind });
      return then('lost');
    }
    holder.holding = next;
    return then('kept');
  };
  if (holding.type === 'held') context.ask(cache, 'renewLease', { session, fence: holding.fence }, within, heard);
  else if (kind === 'session') context.ask(cache, 'openSession', { session }, within, heard);
  else context.ask(cache, 'openRoom', { room: roomOf(session) }, within, heard);
}

/** The node is leaving: another one need not wait for the lease's end. */
export function releaseLease({ session, holding }: LeaseHolder, context: Context): void {
  if (holding.type === 'held') context.cast(cache, 'releaseLease', { session, fence: holding.fence });
}
