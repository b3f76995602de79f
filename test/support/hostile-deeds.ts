// Owns the cells of the fault matrix in which people are the trouble: strings that are commands, conversations that are
// larger than a value may be, and a rush while a server is absent.
// Each is over with its beginning; while it lasts everybody else must be served as ever.

import assert from 'node:assert/strict';
import { sleep } from '../../bench/mod.ts';
import type { MoreFaults } from './fault-matrix.ts';
import type { BackendName } from './fault-stage.ts';
import { plantedIn, saysHostileThings } from './hostile-strings.ts';
import { LargeConversation } from './large-conversation.ts';
import { Rush } from './many-requests.ts';

/** A room's copy is written within a second of what was said. */
const copiedMs = 1_500;
/** More than a node on a small machine has. */
const threads = 8;
const rushRequests = 50_000;
/** An append gives SQL two seconds, once, and the journal one. */
const rushMsMax = 3_500;

export const hostileStrings: MoreFaults = {
  name: 'line ends, NUL, 251 bytes for keys',
  ms: 0,
  begin: (stage) => saysHostileThings(stage),
  end: () => undefined,
  async afterwards(stage) {
    assert.deepEqual(await plantedIn(stage), []);
  },
};

/** `tier`: who has to have refused it. */
export function largeValues(tier: 'memcached' | 'redis'): MoreFaults {
  let conversation: LargeConversation | null = null;
  const itsOwn = () => conversation ?? assert.fail('nobody has said anything');
  return {
    name: 'values of more than a megabyte',
    ms: 0,
    async begin(stage) {
      conversation = new LargeConversation(stage.target.url);
      const outcomes = await stage.grows('parla_cache_writes', ['tier', 'outcome'], async () => {
        await itsOwn().say();
        await sleep(copiedMs);
      });
      assert.ok((outcomes.get(`${tier} tooLarge`) ?? 0) > 0, JSON.stringify([...outcomes]));
      await itsOwn().isWhole();
    },
    end: () => undefined,
    /** Nobody has it in memory any more. */
    async afterwards(stage) {
      await stage.endThreads(threads);
      await itsOwn().isWhole();
      itsOwn().leave();
    },
  };
}

export function rush(backend: BackendName): MoreFaults {
  return {
    name: '50,000 requests while it is absent',
    ms: 0,
    async begin(stage) {
      const people = new Rush(stage.target.url);
      await people.open();
      await stage[backend].proxy.set({ type: 'absent' });
      const { answered, refused, sent, worstMs } = await people.run(rushRequests);
      people.close();
      assert.deepEqual([answered, sent, [...refused]], [rushRequests, rushRequests / 20, []]);
      assert.ok(worstMs < rushMsMax, `the worst took ${worstMs} ms`);
      assert.equal(await stage.waitingFor(backend), 0, 'nobody waits for it');
    },
    end: (stage) => stage[backend].proxy.set({ type: 'none' }),
  };
}
