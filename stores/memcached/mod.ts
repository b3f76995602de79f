// Owns the face of memcached: the actor, and what it is configured with.
// It holds nothing of its own.

export type { MemcachedCacheArgs } from './memcached-cache.ts';
export { memcached, memcachedCache } from './memcached-cache.ts';
