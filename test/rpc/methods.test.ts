// Owns what each method of a visitor asks of the chat, and how refusals come back, over real HTTP with a fake chat.
// Polling and opening have their own stories.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SignJWT } from 'jose';
import { startEdge, type TestEdge } from '../support/rpc-edge.ts';

async function visitorOf(edge: TestEdge): Promise<{ readonly visitor: string; readonly session: string }> {
  return edge.result('session.open', { site: 'demo' });
}

describe('message.send', () => {
  it('answers with id, seq and time once the chat has the message', async (test) => {
    const edge = await startEdge(test);
    const { visitor } = await visitorOf(edge);
    const said = await edge.result('message.send', { visitor, cmid: 'c1', text: '  hi \n' });
    assert.deepEqual(said, { id: 'm000000001', seq: 1, at: '2026-11-21T12:00:01.000Z' });
    assert.deepEqual(edge.chat.calls('send')[0]?.message, { site: 'demo', cmid: 'c1', text: 'hi' });
  });

  it('gives a repeat the first answer', async (test) => {
    const edge = await startEdge(test);
    const { visitor } = await visitorOf(edge);
    const send = () => edge.result('message.send', { visitor, cmid: 'c1', text: 'hi' });
    assert.deepEqual(await send(), await send());
  });

  it('tells the session of its visitor before the message', async (test) => {
    const edge = await startEdge(test);
    const { visitor } = await visitorOf(edge);
    await edge.result('message.send', { visitor, cmid: 'c1', text: 'hi' });
    const heard = edge.chat.heard.filter(({ key }) => key.startsWith('session:'));
    assert.deepEqual(
      heard.map(({ name, message }) => [name, message.fresh]),
      [
        ['present', true],
        ['send', undefined],
      ],
    );
  });

  it('takes 1 and 10,000 characters, and replaces what XML cannot carry', async (test) => {
    const edge = await startEdge(test);
    const { visitor } = await visitorOf(edge);
    await edge.result('message.send', { visitor, cmid: 'a', text: 'x' });
    await edge.result('message.send', { visitor, cmid: 'b', text: 'x'.repeat(10_000) });
    await edge.result('message.send', { visitor, cmid: 'c', text: 'a\u0000b\ud800c' });
    assert.deepEqual(
      edge.chat.calls('send').map(({ message }) => String(message.text).slice(0, 6)),
      ['x', 'xxxxxx', 'a\ufffdb\ufffdc'],
    );
  });

  const refusals = [
    ['unavailable', {}, -32_005, 200],
    ['timeout', {}, -32_005, 200],
    ['blocked', {}, -32_006, 200],
    ['throttled', { retryAfterMs: 250 }, -32_003, 429],
    ['invalid', { field: 'cmid' }, -32_602, 200],
  ] as const;
  for (const [code, data, expected, status] of refusals) {
    it(`says what stood in its way: ${code}`, async (test) => {
      const edge = await startEdge(test);
      const { visitor } = await visitorOf(edge);
      edge.chat.fail('session.send', { code, message: 'inner', retryable: false, data });
      const answer = await edge.rpc('message.send', { visitor, cmid: 'c1', text: 'hi' });
      assert.equal(answer.status, status);
      assert.equal(answer.body.error?.code, expected);
      if (code === 'invalid') assert.equal(answer.body.error?.data.field, 'cmid');
      if (code === 'throttled') assert.equal(answer.headers.get('retry-after'), '1');
    });
  }

  it('says internalError when the edge itself is broken, logs where, and goes on', async (test) => {
    const edge = await startEdge(test);
    const { visitor } = await visitorOf(edge);
    edge.chat.fail('session.send', new Error('my private words'));
    const { body } = await edge.rpc('message.send', { visitor, cmid: 'c1', text: 'hi' });
    assert.equal(body.error?.code, -32_603);
    assert.equal(edge.logged.length, 1);
    assert.ok(!JSON.stringify(edge.logged).includes('private'), 'a log holds no words of anybody');
    edge.chat.fail('session.send', null);
    await edge.result('message.send', { visitor, cmid: 'c1', text: 'hi' });
  });
});

describe('the other methods', () => {
  it('message.read, conversation.close and conversation.rate reach the session and answer {}', async (test) => {
    const edge = await startEdge(test);
    const { visitor } = await visitorOf(edge);
    assert.deepEqual(await edge.result('message.read', { visitor, seq: 3 }), {});
    assert.deepEqual(await edge.result('conversation.close', { visitor }), {});
    assert.deepEqual(await edge.result('conversation.rate', { visitor, score: 5, comment: ' ' }), {});
    assert.deepEqual(await edge.result('conversation.rate', { visitor, score: 1, comment: 'slow ' }), {});
    const heard = edge.chat.heard.filter(({ kind, key }) => kind === 'call' && key.startsWith('session:'));
    assert.deepEqual(
      heard.map(({ name, message }) => [name, message]),
      [
        ['read', { site: 'demo', seq: 3 }],
        ['close', { site: 'demo' }],
        ['rate', { site: 'demo', score: 5, comment: null }],
        ['rate', { site: 'demo', score: 1, comment: 'slow' }],
      ],
    );
  });

  it('message.history asks for 50 by default and up to 100', async (test) => {
    const edge = await startEdge(test);
    const { visitor } = await visitorOf(edge);
    assert.deepEqual(await edge.result('message.history', { visitor }), { messages: [], more: false });
    await edge.result('message.history', { visitor, before: 7, limit: 100 });
    assert.deepEqual(
      edge.chat.calls('history').map(({ message }) => message),
      [
        { site: 'demo', before: null, limit: 50 },
        { site: 'demo', before: 7, limit: 100 },
      ],
    );
  });

  it('session.typing is told and never waited for', async (test) => {
    const edge = await startEdge(test);
    const { visitor } = await visitorOf(edge);
    assert.deepEqual(await edge.result('session.typing', { visitor, on: true }), {});
    assert.deepEqual(edge.chat.casts('typing')[0]?.message, { site: 'demo', on: true });
  });

  it('session.page keeps query strings only where the site asks for them', async (test) => {
    const edge = await startEdge(test);
    edge.chat.putSite({ id: 'keeps', keepQueryStrings: true });
    const page = { url: 'https://shop.example/a?b=c#d' };
    for (const site of ['demo', 'keeps']) {
      const { visitor } = await edge.result('session.open', { site });
      await edge.result('session.page', { visitor, page });
    }
    const pages = edge.chat.casts('present').map(({ message }) => message.page);
    assert.deepEqual(
      pages.filter((told) => told !== null),
      [{ url: 'https://shop.example/a' }, page],
    );
  });

  it('session.leave of somebody who was never here says {} and tells nobody', async (test) => {
    const edge = await startEdge(test);
    const { visitor } = await visitorOf(edge);
    assert.deepEqual(await edge.result('session.leave', { visitor }), {});
    assert.equal(edge.chat.casts('present').length, 0);
  });
});

describe('session.identify', () => {
  it('passes on what the page says, cleaned and marked as unverified', async (test) => {
    const edge = await startEdge(test);
    const { visitor } = await visitorOf(edge);
    const said = {
      name: ' Ada\u202e ',
      email: 'ada@example.org',
      phone: '+1 23',
      attributes: { plan: 'pro', seats: 3, paid: true },
    };
    assert.deepEqual(await edge.result('session.identify', { visitor, ...said }), { verified: false });
    assert.deepEqual(edge.chat.calls('identify')[0]?.message, {
      site: 'demo',
      card: { ...said, name: 'Ada', verified: false },
    });
  });

  it("passes on what the site's token says, and not the page's words beside it", async (test) => {
    const edge = await startEdge(test);
    const secret = 'a site secret of some length, 32+';
    edge.chat.putSite({ id: 'demo', identitySecret: secret });
    const { visitor } = await visitorOf(edge);
    const token = await new SignJWT({ sub: 'u-1', aud: 'demo', exp: edge.clock.wall() / 1_000 + 60, name: 'Ada' })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(secret));
    assert.deepEqual(await edge.result('session.identify', { visitor, name: 'Root', token }), { verified: true });
    const card = { name: 'Ada', subject: 'u-1', verified: true };
    assert.deepEqual(edge.chat.calls('identify')[0]?.message, { site: 'demo', card });
    const forged = await edge.rpc('session.identify', { visitor, token: `${token}x` });
    assert.deepEqual([forged.body.error?.code, forged.body.error?.data.field], [-32_001, 'token']);
  });
});
