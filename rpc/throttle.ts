// Owns who has used up what: the buckets of visitors, of client addresses and of sites.
// It only says how long to wait; the answer to the client is made elsewhere.

import { LRUCache } from 'lru-cache';
import type { SessionId, SiteId } from '../actors/mod.ts';
import { type Bucket, fullBucket, type Rate, take } from './bucket.ts';
import type { Clock } from './clock.ts';
import { addressBucketsMax, type RpcLimits, sitesKnownMax, visitorBucketsMax } from './limits.ts';

export type LimitName = 'messages' | 'rpcs' | 'opensByAddress' | 'opensBySite';

export interface Throttle {
  /** 0, or milliseconds to wait. */
  visitor(session: SessionId, kind: 'messages' | 'rpcs'): number;
  /** A session opened without a token: by client address and by site. */
  open(address: string, site: SiteId): number;
  /** How often each limit refused. */
  readonly refused: { readonly [name in LimitName]: number };
}

export function createThrottle(limits: RpcLimits, clock: Clock): Throttle {
  const refused = { messages: 0, rpcs: 0, opensByAddress: 0, opensBySite: 0 };
  const limiter = (name: LimitName, rate: Rate, keysMax: number) => {
    const buckets = new LRUCache<string, Bucket>({ max: keysMax });
    return (key: string): number => {
      const now = clock.monotonic();
      let bucket = buckets.get(key);
      if (bucket === undefined) {
        bucket = fullBucket(rate, now);
        buckets.set(key, bucket);
      }
      const waitMs = take(bucket, rate, now);
      if (waitMs > 0) refused[name] += 1;
      return waitMs;
    };
  };
  const messages = limiter(
    'messages',
    { perSecond: limits.messagesPerMinute / 60, burst: limits.messagesBurst },
    visitorBucketsMax,
  );
  const rpcs = limiter('rpcs', { perSecond: limits.rpcsPerSecond, burst: limits.rpcsBurst }, visitorBucketsMax);
  const byAddress = limiter(
    'opensByAddress',
    { perSecond: limits.opensPerAddressPerSecond, burst: limits.opensPerAddressBurst },
    addressBucketsMax,
  );
  const bySite = limiter(
    'opensBySite',
    { perSecond: limits.opensPerSitePerSecond, burst: limits.opensPerSiteBurst },
    sitesKnownMax,
  );
  return {
    refused,
    visitor: (session, kind) => (kind === 'messages' ? messages(session) : rpcs(session)),
    open: (address, site) => byAddress(address) || bySite(site),
  };
}
