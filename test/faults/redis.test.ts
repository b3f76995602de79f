// Owns the faults of Redis on a whole node: the network's, its client's, and what Redis itself refuses.

import { faultMatrix } from '../support/fault-matrix.ts';
import { hostileStrings, largeValues, rush } from '../support/hostile-deeds.ts';

faultMatrix('redis', [
  {
    name: 'full, so that it refuses every write',
    begin: (stage) => stage.tellRedis('CONFIG SET maxmemory 1'),
    end: (stage) => stage.tellRedis('CONFIG SET maxmemory 0'),
  },
  {
    name: 'a replica that refuses writes',
    begin: (stage) => stage.tellRedis('REPLICAOF 127.0.0.1 1'),
    end: (stage) => stage.tellRedis('REPLICAOF NO ONE'),
  },
  {
    name: 'another password than ours',
    begin: async (stage) => {
      await stage.tellRedis('CONFIG SET requirepass another');
      stage.redis.proxy.resetAll();
    },
    end: (stage) => stage.tellRedis('CONFIG SET requirepass ""', 'another'),
  },
  hostileStrings,
  largeValues('redis'),
  rush('redis'),
]);
