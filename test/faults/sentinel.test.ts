// Owns the loss of a Redis master that Sentinels watch, while two nodes compete for its visitors: when the next one is
// in use, and that nobody is ever owned twice.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type RedisBackend, startWatchedRedis } from '../support/backends/mod.ts';
import { LeaseContest, rivalsAt } from '../support/lease-contest.ts';
import { needs } from '../support/needs.ts';
import { openSession } from '../support/redis-crowd.ts';
import { eventually, Stopwatch } from '../support/stopwatch.ts';

/** Longer than Sentinels need for a new master: who has a lease then, has it still. */
const leaseMs = 15_000;
const kept = ['skept1', 'skept2', 'skept3'];
const contested = ['sany1', 'sany2', 'sany3'];
/** From when most Sentinels name the next master. */
const backMsMax = 1_000;
const patienceMs = 30_000;

const skip = needs('redis-server');
const story = 'the next is in use within a second of being named, and no visitor has two owners';
test(`a master that Sentinels watch is killed: ${story}`, { skip }, (t) =>
  lost(t, {
    lose: (master) => master.kill(),
    comesBack: (master) => master.start(),
  }),
);
test(`a master that Sentinels watch falls silent, and comes back: ${story}`, { skip }, (t) =>
  lost(t, {
    lose: async (master) => master.pause(),
    comesBack: async (master) => master.resume(),
  }),
);

interface Loss {
  readonly lose: (master: RedisBackend) => Promise<void>;
  /** It still thinks that it is the master, until a Sentinel tells it otherwise. */
  readonly comesBack: (master: RedisBackend) => Promise<void>;
}

async function lost(t: TestContext, { lose, comesBack }: Loss): Promise<void> {
  const redis = await startWatchedRedis();
  t.after(() => redis.stop());
  const rivals = await rivalsAt(t, redis.url, leaseMs);
  const contest = new LeaseContest({ rivals, leaseMs, kept, contested });
  try {
    await contest.goesOn();
    await lose(redis.master);
    const clock = new Stopwatch();
    const named = eventually(patienceMs, async () => (await redis.masterPort()) !== redis.master.port);
    await eventually(patienceMs, async () => (await openSession(rivals[0].node, kept[0] ?? '')).lease.type === 'held');
    const backMs = clock.ms;
    const namedMs = await named;
    const took = `another master named after ${Math.round(namedMs)} ms, in use after ${Math.round(backMs)} ms`;
    t.diagnostic(took);
    assert.ok(backMs < namedMs + backMsMax, took);
    await contest.goesOn();
    await comesBack(redis.master);
    await contest.goesOn();
  } finally {
    await contest.end();
  }
  for (const session of kept) assert.equal(contest.fences(session), 1, 'its owner kept it through the fault');
}
