// Owns how a node goes away: nobody who is connected sees an error that a proxy cannot retry, and nobody waits for nothing.
// Time stands still unless a test moves it.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startEdge, type TestEdge, turns, untilParked } from '../support/rpc-edge.ts';

async function readyStatus(edge: TestEdge): Promise<number> {
  const response = await fetch(`${edge.url}/readyz`);
  await response.text();
  return response.status;
}

async function visitors(edge: TestEdge, count: number) {
  const opened = await Promise.all(Array.from({ length: count }, () => edge.result('session.open', { site: 'demo' })));
  const held = opened.map(({ visitor, cursor }) => edge.rpc('session.poll', { visitor, cursor }));
  await untilParked(edge, count);
  return { opened, held };
}

/** Moves on in steps, so that what was scheduled meanwhile runs too. */
async function pass(edge: TestEdge, ms: number): Promise<void> {
  for (let moved = 0; moved < ms; moved += 100) {
    await edge.advance(100);
    await turns(2);
  }
}

/** Moves on until it is done; a drain that never ends ends the test run's patience. */
async function passUntil(edge: TestEdge, done: Promise<void>): Promise<void> {
  let isDone = false;
  void done.then(() => {
    isDone = true;
  });
  while (!isDone) await pass(edge, 100);
}

describe('a draining node', () => {
  it('is done at once when nobody is connected', async (test) => {
    const edge = await startEdge(test);
    await edge.edge.drain();
    assert.equal(await readyStatus(edge), 503);
  });

  it('is not ready at once, serves as usual for 3 s, then sends newcomers elsewhere', async (test) => {
    const edge = await startEdge(test);
    const { opened, held } = await visitors(edge, 1);
    const done = edge.edge.drain();
    assert.equal(await readyStatus(edge), 503);
    const visitor = opened[0]?.visitor ?? '';
    await edge.result('message.send', { visitor, cmid: 'c1', text: 'in time' });
    assert.equal((await held[0])?.status, 200);
    await pass(edge, 3_000);
    const refused = await edge.rpc('message.send', { visitor, cmid: 'c2', text: 'too late' });
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get('x-parla-draining'), '1');
    assert.equal(refused.headers.get('connection'), 'close');
    assert.equal(refused.body.error?.data.code, 'unavailable');
    assert.equal(edge.chat.calls('send').length, 1);
    await passUntil(edge, done);
  });

  it('answers held polls empty, spread over 3 s, and ends their connections', async (test) => {
    const edge = await startEdge(test);
    const { held } = await visitors(edge, 60);
    let answered = 0;
    for (const poll of held) void poll.then(() => (answered += 1));
    const done = edge.edge.drain();
    await pass(edge, 3_000);
    const early = answered;
    await pass(edge, 1_500);
    await untilParked(edge, 30).catch(() => undefined);
    const half = answered;
    await passUntil(edge, done);
    assert.ok(early <= 4, `${early} right at the beginning`);
    assert.ok(half > 20 && half < 45, `${half} half way`);
    for (const { status, headers, body } of await Promise.all(held)) {
      assert.equal(status, 200);
      assert.equal(headers.get('connection'), 'close');
      assert.deepEqual((body.result as { events: unknown }).events, []);
    }
  });

  it('waits for a message that is under way, but not for ever', async (test) => {
    const edge = await startEdge(test);
    const { visitor } = await edge.result('session.open', { site: 'demo' });
    edge.chat.fail('session.send', 'never');
    const sent = edge.rpc('message.send', { visitor, cmid: 'c1', text: 'hi' }).catch(() => null);
    while (edge.chat.calls('send').length === 0) await turns(1);
    let isDone = false;
    const done = edge.edge.drain().then(() => {
      isDone = true;
    });
    await pass(edge, 4_500);
    assert.equal(isDone, false);
    await passUntil(edge, done);
    const closed = edge.edge.close();
    edge.clock.advance(1_000);
    await closed;
    await sent;
  });
});
