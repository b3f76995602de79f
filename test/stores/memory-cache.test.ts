// Owns the proof that the cache in memory is a cache.
// It holds no test of its own: the port's conformance does.

import { startLocal } from '../../runtime/mod.ts';
import { memoryCache } from '../../stores/mod.ts';
import { cacheConformance, testCacheBytesMax } from '../support/cache-conformance.ts';

cacheConformance('a cache in memory', () =>
  startLocal({
    behaviours: [memoryCache],
    tree: {
      strategy: 'oneForOne',
      children: [{ id: 'cache', name: 'cache', behaviour: 'memoryCache', args: { bytesMax: testCacheBytesMax } }],
    },
  }),
);
