// Owns the folder's face: the stores as named behaviours, and a direct handle for when no node runs.
// It holds nothing of its own.

export type { FileLock } from './file-lock.ts';
export { lockFile } from './file-lock.ts';
export type { MemoryCacheArgs } from './memory-cache.ts';
export { memoryCache } from './memory-cache.ts';
export type { Migrated } from './migrations.ts';
export type { OpenedStore } from './open-store.ts';
export { openStore } from './open-store.ts';
export type { SqlStoreArgs } from './sql-store.ts';
export { sqlStore } from './sql-store.ts';
export { StoreOpenError } from './sqlite.ts';
