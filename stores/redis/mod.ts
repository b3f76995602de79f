// Owns the face of Redis as a tier of the cache.
// It holds nothing of its own.

export type { Hold } from './copies.ts';
export type { Judged, RedisProtocol } from './protocol.ts';
export { redis } from './protocol.ts';
export type { RedisCacheArgs } from './redis-cache.ts';
export { redisCache } from './redis-cache.ts';
export type { RedisPlace } from './url.ts';
export { parseRedisUrl, RedisUrlError, redisUrlForms } from './url.ts';
