// Owns the HTTP side of the edge: CORS, static routes, health, readiness, metrics, listening.
// What the methods do stands elsewhere.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { describe, it } from 'node:test';
import { createRpcEdge } from '../../rpc/mod.ts';
import { FakeChat } from '../support/fake-chat.ts';
import { adminToken, startEdge, type TestEdge, untilParked } from '../support/rpc-edge.ts';

const origin = 'https://shop.example';
const openCall = { jsonrpc: '2.0', id: 1, method: 'session.open', params: { site: 'demo' } };

describe('a page on another origin', () => {
  it('may read every answer, errors too, and never sends credentials', async (test) => {
    const edge = await startEdge(test);
    const answers = [
      await edge.post(openCall, { headers: { origin, 'content-type': 'text/plain;charset=UTF-8' } }),
      await edge.post('{', { headers: { origin, 'content-type': 'text/plain' } }),
      await edge.post(openCall, { headers: { origin, 'content-type': 'image/png' } }),
    ];
    for (const path of ['/rpc', '/nothing', '/healthz', '/metrics']) {
      const response = await fetch(edge.url + path, { headers: { origin } });
      answers.push({ status: response.status, headers: response.headers, text: await response.text(), body: {} });
    }
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 415, 405, 404, 200, 401],
    );
    for (const { headers } of answers) {
      assert.equal(headers.get('access-control-allow-origin'), origin);
      assert.equal(headers.get('access-control-expose-headers'), 'Retry-After');
      assert.equal(headers.get('access-control-allow-credentials'), null);
      assert.equal(headers.get('vary'), 'Origin');
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
    }
  });

  it('gets its preflight answered for JSON', async (test) => {
    const edge = await startEdge(test);
    const response = await fetch(`${edge.url}/rpc?s=x`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
    });
    assert.equal(response.status, 204);
    assert.equal(response.headers.get('access-control-allow-origin'), origin);
    assert.equal(response.headers.get('access-control-allow-methods'), 'POST, OPTIONS');
    assert.equal(response.headers.get('access-control-allow-headers'), 'Content-Type');
    assert.equal(response.headers.get('access-control-max-age'), '86400');
  });

  it('may open sessions only where its site lists it, and always where the list is empty', async (test) => {
    const edge = await startEdge(test);
    edge.chat.putSite({ id: 'listed', origins: ['https://shop.example', 'https://Other.Example:8443/'] });
    const open = async (site: string, from: string | null) => {
      const headers = new Headers({ 'content-type': 'application/json' });
      if (from !== null) headers.set('origin', from);
      const answer = await edge.post({ ...openCall, params: { site } }, { headers });
      return [answer.status, answer.body.error?.data.code ?? 'ok'];
    };
    assert.deepEqual(await open('demo', 'https://anything.example'), [200, 'ok']);
    assert.deepEqual(await open('listed', 'https://shop.example'), [200, 'ok']);
    assert.deepEqual(await open('listed', 'https://other.example:8443'), [200, 'ok']);
    assert.deepEqual(await open('listed', null), [200, 'ok']);
    for (const from of ['https://evil.example', 'http://shop.example', 'https://shop.example.evil.example', 'null']) {
      assert.deepEqual(await open('listed', from), [403, 'unauthorized'], from);
    }
  });

  it('may not open a known visitor either where its site does not list it', async (test) => {
    const edge = await startEdge(test);
    const { visitor } = await edge.result('session.open', { site: 'demo' });
    edge.chat.level(edge.chat.putSite({ id: 'demo', origins: ['https://shop.example'] }));
    const headers = { 'content-type': 'application/json', origin: 'https://evil.example' };
    const answer = await edge.post({ ...openCall, params: { site: 'demo', visitor } }, { headers });
    assert.equal(answer.status, 403);
    assert.equal(edge.chat.calls('view').length, 0);
  });
});

describe('a static route', () => {
  const script = `// ${'widget '.repeat(400)}`;
  const add = (edge: TestEdge) =>
    edge.edge.addRoute({
      path: '/w/parla.js',
      contentType: 'text/javascript; charset=utf-8',
      body: script,
      cacheControl: 'public, max-age=300',
      etag: '"abc"',
      headers: { 'Referrer-Policy': 'no-referrer' },
    });

  it('is served with what an embedding page needs', async (test) => {
    const edge = await startEdge(test);
    add(edge);
    const response = await fetch(`${edge.url}/w/parla.js?x=1`);
    assert.equal(await response.text(), script);
    const expected = {
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=300',
      'content-encoding': 'gzip',
      etag: '"abc-gzip"',
      'cross-origin-resource-policy': 'cross-origin',
      'timing-allow-origin': '*',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      vary: 'Origin, Accept-Encoding',
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(response.headers.get(name), value, name);
  });

  it('is not sent again to who has it', async (test) => {
    const edge = await startEdge(test);
    add(edge);
    const ask = async (tag: string, encoding = 'identity') => {
      const headers = { 'if-none-match': tag, 'accept-encoding': encoding };
      const response = await fetch(`${edge.url}/w/parla.js`, { headers });
      return [response.status, (await response.text()).length, response.headers.get('etag')];
    };
    assert.deepEqual(await ask('"abc"'), [304, 0, '"abc"']);
    assert.deepEqual(await ask('"x", W/"abc"'), [304, 0, '"abc"']);
    assert.deepEqual(await ask('"abc-gzip"', 'gzip'), [304, 0, '"abc-gzip"']);
    assert.deepEqual(await ask('*'), [304, 0, '"abc"']);
    assert.deepEqual(await ask('"old"'), [200, script.length, '"abc"']);
  });

  it('answers HEAD without a body, and other verbs with 405', async (test) => {
    const edge = await startEdge(test);
    add(edge);
    const head = await fetch(`${edge.url}/w/parla.js`, { method: 'HEAD', headers: { 'accept-encoding': 'identity' } });
    assert.deepEqual(
      [head.status, head.headers.get('content-length'), await head.text()],
      [200, `${script.length}`, ''],
    );
    const post = await fetch(`${edge.url}/w/parla.js`, { method: 'POST', body: 'x' });
    assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD, OPTIONS']);
  });
});

describe('what a node says of itself', () => {
  it('is alive as long as it answers', async (test) => {
    const edge = await startEdge(test, { readiness: () => ({ ready: false, draining: false, degraded: [] }) });
    const response = await fetch(`${edge.url}/healthz`);
    assert.deepEqual([response.status, await response.json()], [200, { alive: true }]);
  });

  it('is ready although a backend is lost, and says which', async (test) => {
    const edge = await startEdge(test, { readiness: () => ({ ready: true, draining: false, degraded: ['redis'] }) });
    const response = await fetch(`${edge.url}/readyz`);
    assert.deepEqual(
      [response.status, await response.json()],
      [200, { ready: true, draining: false, degraded: ['redis'] }],
    );
  });

  it('is not ready while it starts or drains', async (test) => {
    for (const state of [
      { ready: false, draining: false },
      { ready: true, draining: true },
    ]) {
      const edge = await startEdge(test, { readiness: () => ({ ...state, degraded: [] }) });
      assert.equal((await fetch(`${edge.url}/readyz`)).status, 503);
    }
  });

  it('shows its numbers to whoever has the admin token, as Bearer or as Basic password, and to nobody else', async (test) => {
    const edge = await startEdge(test);
    const status = async (authorization?: string) => {
      const init: RequestInit = authorization === undefined ? {} : { headers: { authorization } };
      const response = await fetch(`${edge.url}/metrics`, init);
      await response.text();
      return response.status;
    };
    const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
    assert.equal(await status(`Bearer ${adminToken}`), 200);
    assert.equal(await status(basic(`anybody:${adminToken}`)), 200);
    for (const no of [
      undefined,
      '',
      'Bearer',
      'Bearer x',
      basic(`${adminToken}:x`),
      basic(adminToken),
      `Digest ${adminToken}`,
    ]) {
      assert.equal(await status(no), 401, `${no}`);
    }
    const response = await fetch(`${edge.url}/metrics`);
    assert.match(response.headers.get('www-authenticate') ?? '', /^Basic realm=/);
    await response.text();
  });

  it('counts RPCs by method and outcome, polls, sessions by level, what the runtime counts, and what others add', async (test) => {
    const counters = [{ metric: 'roomSaid', labels: { kind: 'visitor' }, value: 7 }];
    const thread = {
      thread: 'scheduler 1',
      index: 1,
      incarnation: 0,
      actors: 3,
      messages: 10,
      mailboxLongest: 2,
      heapBytes: 1,
      bufferBytes: 1,
      cpuMs: 5,
      loopDelayMaxMs: 1,
      crashes: 0,
      deadLetters: 0,
      dropped: 0,
      behaviours: { session: 3 },
      counters,
      detail: null,
    };
    const chat = new FakeChat();
    const inspect = async () => ({
      node: 'n',
      threads: [thread, { ...thread, thread: 'scheduler 2' }],
      threadRestarts: 1,
      threadsLingering: 2,
      crashReports: [],
    });
    const edge = await startEdge(test, {
      node: () => ({ ...chat.node, inspect }),
      metricsExtra: async () => [
        { metric: 'xmppStreams', labels: { state: 'bound' }, value: 4 },
        { metric: 'xmpp_events_total', labels: { event: 'loginsDone' }, value: 5 },
      ],
    });
    await edge.post(openCall);
    await edge.post({ ...openCall, method: 'no.such' });
    const response = await fetch(`${edge.url}/metrics`, { headers: { authorization: `Bearer ${adminToken}` } });
    const lines = (await response.text()).split('\n');
    for (const line of [
      'parla_rpc_total{method="session.open",code="ok"} 1',
      'parla_rpc_total{method="unknown",code="methodNotFound"} 1',
      'parla_rpc_seconds_count{method="session.open"} 1',
      'parla_polls_parked 0',
      'parla_sessions{level="here"} 0',
      'parla_throttled_total{limit="messages"} 0',
      'parla_thread_restarts_total 1',
      'parla_threads_lingering 2',
      'parla_thread_messages_total{thread="scheduler 1"} 10',
      'parla_actors{thread="scheduler 2",behaviour="session"} 3',
      'parla_room_said{kind="visitor",thread="scheduler 2"} 7',
      '# TYPE parla_xmpp_streams gauge',
      'parla_xmpp_streams{state="bound"} 4',
      '# TYPE parla_xmpp_events_total counter',
      'parla_xmpp_events_total{event="loginsDone"} 5',
    ]) {
      assert.ok(lines.includes(line), line);
    }
    assert.ok(lines.some((line) => line.startsWith('parla_nodejs_eventloop_lag_p99_seconds ')));
  });
});

describe('listening', () => {
  it('rejects with the error of the system when the port is taken', async (test) => {
    const edge = await startEdge(test);
    const chat = new FakeChat();
    const second = createRpcEdge({
      host: '127.0.0.1',
      port: edge.port,
      secret: 's',
      adminToken,
      trustedProxies: [],
      node: () => chat.node,
      log: () => undefined,
      readiness: () => ({ ready: true, draining: false, degraded: [] }),
    });
    await assert.rejects(second.listen(), { code: 'EADDRINUSE', port: edge.port });
  });

  it('answers a request whose target is a whole address, as a proxy sends it', async (test) => {
    const edge = await startEdge(test);
    const status = await new Promise((resolve) => {
      const asked = request(
        { port: edge.port, host: '127.0.0.1', path: 'http://chat.example/healthz?x' },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      asked.end();
    });
    assert.equal(status, 200);
  });

  it('closes in the middle of held polls without an error', async (test) => {
    const edge = await startEdge(test);
    const opened = await edge.result('session.open', { site: 'demo' });
    const held = edge.rpc('session.poll', { visitor: opened.visitor, cursor: opened.cursor });
    await untilParked(edge, 1);
    const closed = edge.edge.close();
    edge.clock.advance(1_000);
    await closed;
    assert.ok((await held.catch(() => ({ status: 0 }))).status !== 500);
  });
});
