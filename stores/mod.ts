// Owns the folder's face: the stores as named behaviours, and a direct handle for when no node runs.
// It holds nothing of its own.

export { storeBehaviours } from './behaviours.ts';
export type { BackendFinding } from './doctor/mod.ts';
export {
  examineJournal,
  examineMemcached,
  examineMysql,
  examineRedis,
  examineSqlite,
  isCurrentSchema,
} from './doctor/mod.ts';
export type { JournalArgs } from './journal/journal-actor.ts';
export { journal } from './journal/journal-actor.ts';
export type { MemcachedCacheArgs } from './memcached/mod.ts';
export { memcached, memcachedCache } from './memcached/mod.ts';
export type { MemoryCacheArgs } from './memory-cache.ts';
export { memoryCache } from './memory-cache.ts';
export type { MysqlStoreArgs } from './mysql/store.ts';
export { mysqlStore } from './mysql/store.ts';
export type { MysqlAddress } from './mysql/url.ts';
export { isMysqlUrl, parseMysqlUrl, targetOf } from './mysql/url.ts';
export type { OpenedStore } from './open-store.ts';
export { openStore } from './open-store.ts';
export type { RedisCacheArgs } from './redis/mod.ts';
export { parseRedisUrl, RedisUrlError, redisCache, redisUrlForms } from './redis/mod.ts';
export type { Migrated } from './sql/migrations.ts';
export type { StoreCall } from './sql/queries.ts';
export { StoreOpenError } from './sql/sql-error.ts';
export type { FileLock } from './sqlite/file-lock.ts';
export { lockFile } from './sqlite/file-lock.ts';
export type { SqlStoreArgs } from './sqlite/store.ts';
export { sqlStore } from './sqlite/store.ts';
export type { TieredCacheArgs } from './tiered-cache.ts';
export { tieredCache } from './tiered-cache.ts';
