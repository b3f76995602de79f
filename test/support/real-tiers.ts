// Owns the real tiers of the cache as part of a test's node: behaviours and children before servers of the test's own.
// It starts nothing.

import type { AnyBehaviour, ChildSpec } from '../../runtime/mod.ts';
import { memcachedCache, redisCache, tieredCache } from '../../stores/mod.ts';

export interface Tiers {
  /** One URL for every role, or one for each. */
  readonly redis?: string | { readonly sessions: string; readonly history: string; readonly presence: string };
  readonly memcached?: readonly { readonly host: string; readonly port: number }[];
  /** Default `one`. */
  readonly owner?: string;
  /** Default `p1`. */
  readonly process?: string;
  readonly leaseMs?: number;
}

export const tierBehaviours: readonly AnyBehaviour[] = [redisCache, memcachedCache, tieredCache];

export function tierChildren(tiers: Tiers): readonly ChildSpec[] {
  const { redis, memcached, owner = 'one', process = 'p1', leaseMs = 30_000 } = tiers;
  const urls = typeof redis === 'string' ? { sessions: redis, history: redis, presence: redis } : redis;
  const args = { memcached: memcached !== undefined, redis: redis !== undefined };
  const children: ChildSpec[] = [{ id: 'cache', name: 'cache', behaviour: 'tieredCache', args }];
  if (memcached !== undefined) {
    const servers = memcached.map(({ host, port }) => ({ host, port }));
    children.unshift({ id: 'memcached', name: 'memcached', behaviour: 'memcachedCache', args: { servers } });
  }
  if (urls !== undefined) {
    children.unshift({ id: 'redis', name: 'redis', behaviour: 'redisCache', args: { urls, owner, process, leaseMs } });
  }
  return children;
}
