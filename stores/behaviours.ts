// Owns the table of the stores' behaviours, which every thread of a node registers.
// It starts none of them.

import type { AnyBehaviour } from '../runtime/mod.ts';
import { memcachedCache } from './memcached/mod.ts';
import { memoryCache } from './memory-cache.ts';
import { sqlStore } from './sqlite/store.ts';

export const storeBehaviours: readonly AnyBehaviour[] = [memcachedCache, memoryCache, sqlStore];
