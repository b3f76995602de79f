// Owns the table of the stores' behaviours, which every thread of a node registers.
// It starts none of them.

import type { AnyBehaviour } from '../runtime/mod.ts';
import { journal } from './journal/journal-actor.ts';
import { memcachedCache } from './memcached/mod.ts';
import { memoryCache } from './memory-cache.ts';
import { mysqlStore } from './mysql/store.ts';
import { redisCache } from './redis/mod.ts';
import { sqlStore } from './sqlite/store.ts';
import { tieredCache } from './tiered-cache.ts';

export const storeBehaviours: readonly AnyBehaviour[] = [
  journal,
  memcachedCache,
  memoryCache,
  mysqlStore,
  redisCache,
  sqlStore,
  tieredCache,
];
