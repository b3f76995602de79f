// Owns the faults of memcached on a whole node: what a copy that is lost, late or false may cost.

import assert from 'node:assert/strict';
import { sleep } from '../../bench/mod.ts';
import { faultMatrix, type MoreFaults } from '../support/fault-matrix.ts';
import { FullMemcached } from '../support/full-memcached.ts';
import { hostileStrings, largeValues, rush } from '../support/hostile-deeds.ts';

/** Long enough for copies of what people say meanwhile. */
const fullMs = 2_000;

function full(): MoreFaults {
  let filling: FullMemcached | null = null;
  return {
    name: 'full, so that it refuses every write',
    ms: 0,
    async begin(stage) {
      filling = new FullMemcached(stage.memcached.backend.port);
      await filling.fill();
      const outcomes = await stage.grows('parla_memcached_writes', ['outcome'], () => sleep(fullMs));
      assert.ok((outcomes.get('outOfMemory') ?? 0) > 0, JSON.stringify([...outcomes]));
    },
    end: () => filling?.empty(),
    async afterwards(stage) {
      const outcomes = await stage.grows('parla_memcached_writes', ['outcome'], () => sleep(fullMs));
      assert.ok((outcomes.get('kept') ?? 0) > 0, JSON.stringify([...outcomes]));
      assert.equal(outcomes.get('outOfMemory') ?? 0, 0);
    },
  };
}

faultMatrix('memcached', [full(), hostileStrings, largeValues('memcached'), rush('memcached')], {
  memcached: { megabytes: 2, refusesWhenFull: true },
});
