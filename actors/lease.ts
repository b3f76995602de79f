// Owns what an actor knows of its visitor's lease, and what that allows: to act, to renew, to ask again.
// It is pure: who asks is session-loading and room-loading, and the clock is theirs.
//
//   held  |----------- may act -----------|
//         asked      renew          asked + ttl     afterwards nothing is committed until it was renewed

import type { Lease } from './cache-port.ts';
import { leaseRenewMs } from './limits.ts';

export type Holding =
  /** `asked` null: nobody was asked yet. */
  | { readonly type: 'free'; readonly asked: number | null; readonly kept: boolean }
  | { readonly type: 'held'; readonly fence: number; readonly asked: number; readonly until: number | null };

export const unasked: Holding = { type: 'free', asked: null, kept: true };

/** Null: somebody else's. `asked` is from before the request, on this node's monotonic clock. */
export function holdingOf(lease: Lease, asked: number): Holding | null {
  switch (lease.type) {
    case 'free':
      return { type: 'free', asked, kept: lease.kept };
    case 'held':
      return { type: 'held', fence: lease.fence, asked, until: lease.ttlMs === null ? null : asked + lease.ttlMs };
    case 'elsewhere':
      return null;
  }
}

export function mayAct(holding: Holding, now: number): boolean {
  return holding.type === 'free' || holding.until === null || now < holding.until;
}

/** Half of a lease is left for an answer that does not come at once. Where nobody keeps leases nobody is asked again. */
export function isDue(holding: Holding, now: number): boolean {
  if (holding.type === 'free' && !holding.kept) return false;
  return holding.asked === null || now - holding.asked >= leaseRenewMs;
}

export function fenceOf(holding: Holding): number {
  return holding.type === 'held' ? holding.fence : 0;
}
