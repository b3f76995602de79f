// Owns how limits look from outside: status, Retry-After, data, in a batch, for newcomers and for those known.
// How buckets count stands in limits.test.ts.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startEdge, type TestEdge } from '../support/rpc-edge.ts';

const openFrom = (edge: TestEdge, forwarded: string, params: object = {}) =>
  edge.post(
    { jsonrpc: '2.0', id: 1, method: 'session.open', params: { site: 'demo', ...params } },
    { headers: { 'content-type': 'application/json', 'x-forwarded-for': forwarded } },
  );

describe('a visitor who sends too much', () => {
  it('gets 429 with Retry-After, and the chat hears nothing of it', async (test) => {
    const edge = await startEdge(test);
    const { visitor } = await edge.result('session.open', { site: 'demo' });
    for (let count = 0; count < 20; count += 1)
      await edge.result('message.send', { visitor, cmid: `c${count}`, text: 'hi' });
    const { status, headers, body } = await edge.rpc('message.send', { visitor, cmid: 'c20', text: 'hi' });
    assert.equal(status, 429);
    assert.equal(headers.get('retry-after'), '1');
    const data = { code: 'throttled', retryAfterMs: 1_000 };
    assert.deepEqual(body.error, { code: -32_003, message: 'too many requests', data });
    assert.equal(edge.chat.calls('send').length, 20);
    await edge.advance(1_000);
    await edge.result('message.send', { visitor, cmid: 'c20', text: 'hi' });
  });

  it('gets 200 in a batch, with the error in its place', async (test) => {
    const edge = await startEdge(test, { limits: { messagesBurst: 2 } });
    const { visitor } = await edge.result('session.open', { site: 'demo' });
    const items = [1, 2, 3].map((id) => ({
      jsonrpc: '2.0',
      id,
      method: 'message.send',
      params: { visitor, cmid: `c${id}`, text: 'x' },
    }));
    const { status, headers, text } = await edge.post(items);
    assert.deepEqual([status, headers.get('retry-after')], [200, null]);
    const answers = JSON.parse(text) as { id: number; error?: { code: number } }[];
    assert.deepEqual(
      answers.map(({ id, error }) => [id, error?.code]),
      [
        [1, undefined],
        [2, undefined],
        [3, -32_003],
      ],
    );
  });

  it('may still poll while his messages wait, and the other way round', async (test) => {
    const edge = await startEdge(test, { limits: { messagesBurst: 1, rpcsBurst: 2 } });
    const { visitor, cursor } = await edge.result('session.open', { site: 'demo' });
    await edge.result('message.send', { visitor, cmid: 'a', text: 'x' });
    assert.equal((await edge.rpc('message.send', { visitor, cmid: 'b', text: 'x' })).status, 429);
    await edge.result('session.poll', { visitor, cursor, holdMs: 0 });
    await edge.result('session.poll', { visitor, cursor, holdMs: 0 });
    assert.equal((await edge.rpc('session.poll', { visitor, cursor, holdMs: 0 })).status, 429);
  });
});

describe('newcomers', () => {
  it('are limited by address, which only a trusted proxy can tell', async (test) => {
    const edge = await startEdge(test, { limits: { opensPerAddressBurst: 2 }, trustedProxies: ['127.0.0.1'] });
    const status = async (address: string) => (await openFrom(edge, address)).status;
    assert.deepEqual(
      [await status('192.0.2.1'), await status('192.0.2.1'), await status('192.0.2.1')],
      [200, 200, 429],
    );
    assert.equal(await status('192.0.2.2'), 200);
    assert.deepEqual(
      [await status('2001:db8::1'), await status('2001:db8::2'), await status('2001:db8::3')],
      [200, 200, 429],
    );
  });

  it('cannot choose their address where no proxy is trusted', async (test) => {
    const edge = await startEdge(test, { limits: { opensPerAddressBurst: 1 } });
    assert.equal((await openFrom(edge, '192.0.2.1')).status, 200);
    assert.equal((await openFrom(edge, '192.0.2.2')).status, 429);
  });

  it('cannot starve those who are known', async (test) => {
    const edge = await startEdge(test, { limits: { opensPerAddressBurst: 1 } });
    const { visitor } = await edge.result('session.open', { site: 'demo' });
    assert.equal((await openFrom(edge, '')).status, 429);
    assert.equal((await openFrom(edge, '', { visitor })).status, 200);
    assert.equal((await openFrom(edge, '', { visitor: `${visitor}x` })).status, 429, 'a made-up token is a newcomer');
  });
});

describe('a site whose settings change', () => {
  const origin = (edge: TestEdge, from: string) =>
    edge.post(
      { jsonrpc: '2.0', id: 1, method: 'session.open', params: { site: 'demo' } },
      { headers: { 'content-type': 'application/json', origin: from } },
    );

  it('is asked for again at once', async (test) => {
    const edge = await startEdge(test);
    assert.equal((await origin(edge, 'https://evil.example')).status, 200);
    edge.chat.putSite({ id: 'demo', origins: ['https://shop.example'] });
    edge.chat.changed('demo');
    assert.equal((await origin(edge, 'https://evil.example')).status, 403);
    assert.equal((await origin(edge, 'https://shop.example')).status, 200);
  });

  it('is unknown once it was removed, and known again once it was made', async (test) => {
    const edge = await startEdge(test);
    await edge.result('session.open', { site: 'demo' });
    edge.chat.sites.delete('demo');
    edge.chat.changed('demo');
    assert.equal((await edge.rpc('session.open', { site: 'demo' })).body.error?.code, -32_002);
    edge.chat.putSite({ id: 'demo' });
    edge.chat.changed('demo');
    await edge.result('session.open', { site: 'demo' });
  });
});

describe('made-up sites', () => {
  it('are asked for once in 10 s each', async (test) => {
    const edge = await startEdge(test);
    const code = async () => (await edge.rpc('session.open', { site: 'nowhere' })).body.error?.code;
    assert.deepEqual([await code(), await code(), await code()], [-32_002, -32_002, -32_002]);
    assert.equal(edge.chat.calls('describe').length, 1);
    await edge.advance(10_000);
    assert.equal(await code(), -32_002);
    assert.equal(edge.chat.calls('describe').length, 2);
  });

  it('cannot wake site actors without bound, and do not lock out sites that are known', async (test) => {
    const edge = await startEdge(test);
    await edge.result('session.open', { site: 'demo' });
    const codes = new Map<unknown, number>();
    for (let count = 0; count < 150; count += 1) {
      const code = (await edge.rpc('session.open', { site: `x${count}` })).body.error?.data.code;
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    assert.deepEqual(
      [...codes],
      [
        ['unknownSite', 99],
        ['throttled', 51],
      ],
    );
    await edge.result('session.open', { site: 'demo' });
  });

  it('become sites as soon as somebody makes them', async (test) => {
    const edge = await startEdge(test);
    assert.equal((await edge.rpc('session.open', { site: 'soon' })).body.error?.code, -32_002);
    edge.chat.level(edge.chat.putSite({ id: 'soon' }));
    assert.equal((await edge.result('session.open', { site: 'soon' })).site.id, 'soon');
  });
});
