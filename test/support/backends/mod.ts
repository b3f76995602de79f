// Owns the face of the real servers that tests and benchmarks start for themselves.
// It contains nothing.

export { type MemcachedOptions, startMemcached } from './memcached.ts';
export { type RedisBackend, type RedisOptions, startRedis } from './redis.ts';
export { type RedisCluster, type RedisClusterOptions, type Shard, startRedisCluster } from './redis-cluster.ts';
export { startSentinel, startWatchedRedis, type WatchedRedis } from './redis-sentinels.ts';
export { type Backend, freePort, startBackend } from './server-process.ts';
export {
  type SqlServer,
  type SqlServerOptions,
  sqlFlavour,
  sqlServerName,
  sqlUrl,
  startSqlServer,
} from './sql-server.ts';
