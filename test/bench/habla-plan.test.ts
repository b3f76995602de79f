// Owns the proof that the compressed day is the day it says to be, and that the old way costs what it cost.
// The day itself is run by `npm run bench -- habla-day`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fullDay, OldWay, planDay, scaledDay } from '../../bench/mod.ts';
import { countersBetween, sqlCounters, startCountingMariadb } from '../../bench/servers.ts';
import { needs } from '../support/needs.ts';

for (const share of [1, 0.1]) {
  test(`the plan for ${share} of the day has its visitors, RPCs, conversations and messages, half of them each side's`, () => {
    const shape = scaledDay(share);
    const plan = planDay(shape, 1);
    const turns = plan.flatMap((visit) => visit.chat?.turns ?? []);
    const sum = plan.reduce((rpcs, visit) => rpcs + visit.rpcs, 0);
    assert.equal(plan.length, fullDay.visitors * share);
    assert.equal(sum, fullDay.rpcs * share);
    assert.equal(plan.filter((visit) => visit.chat !== null).length, fullDay.conversations * share);
    assert.equal(turns.length, fullDay.messages * share);
    assert.equal(turns.filter((turn) => turn === 'V').length, (fullDay.messages * share) / 2);
    assert.ok(plan.every((visit, index) => visit.at >= (plan[index - 1]?.at ?? 0) && visit.at < 86_400));
  });
}

test('the same seed plans the same day, another seed another', () => {
  const shape = scaledDay(0.1);
  assert.deepEqual(planDay(shape, 7), planDay(shape, 7));
  assert.notDeepEqual(planDay(shape, 7), planDay(shape, 8));
});

/** Ten polls and a message of each side. */
async function chat(oldWay: OldWay): Promise<void> {
  for (let poll = 0; poll < 10; poll += 1) await oldWay.rpc('s1', 'session.poll', { holdMs: 1 });
  await oldWay.rpc('s1', 'message.send', { text: 'hello' });
  await oldWay.say('s1', 'hello yourself');
}

test('on MariaDB the server itself counts what the old way executes', { skip: needs('sql-server') }, async (t) => {
  const server = await startCountingMariadb();
  t.after(() => server.stop());
  const before = await sqlCounters(server);
  const oldWay = await OldWay.start(server.url);
  t.after(() => oldWay.end());
  await chat(oldWay);
  const { statements, rows } = countersBetween(before, await sqlCounters(server));
  assert.deepEqual([statements.get('select'), statements.get('replace'), statements.get('insert')], [11, 11, 2]);
  assert.equal(rows.get('messages')?.changed, 2);
});

test('the old way loads and saves the session in SQL for each RPC', async () => {
  const oldWay = await OldWay.start();
  try {
    await chat(oldWay);
    assert.deepEqual(Object.fromEntries(await oldWay.statements()), {
      'select sessions': 11,
      'replace sessions': 11,
      'insert messages': 2,
    });
  } finally {
    await oldWay.end();
  }
});
