// Owns the proof that a node starts from nothing, says what a person and a program need, and ends as it should.
// What it does meanwhile is for the stories.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type Env, freshDataDir, nodeEnv, parla, startNodeProcess } from '../support/parla-process.ts';

const atOnceMs = 3_000;
const drainMsMax = 10_000;
/** A signal within a second of the first is the same wish. */
const secondWishMs = 1_200;

function withoutSecrets(text: string): string {
  return text.replace(/Password +\S+/, 'Password …');
}

test('a first start makes the demo, prints its password once, and says that it is ready in one line of JSON', async (t) => {
  const env = nodeEnv(freshDataDir(t), { PARLA_NODE: 'first' });
  const node = await startNodeProcess(t, env);
  const { http, xmpp, xmpps, ...rest } = node.ready;
  assert.deepEqual(rest, { msg: 'ready', domain: 'localhost', node: 'first', pid: node.pid });
  assert(http > 0 && xmpp > 0 && xmpps > 0);
  assert.equal(
    node
      .stdout()
      .split('\n')
      .filter((line) => line.startsWith('{')).length,
    1,
  );
  assert.match(node.stdout(), new RegExp(`http://127\\.0\\.0\\.1:${http}/demo`));
  assert.match(node.stdout(), /operator@localhost/);
  assert.match(node.stdout(), /([a-z2-9]{4}-){4}[a-z2-9]{4}/);
  assert.match(node.stdout(), new RegExp(`port ${xmpp} .*${xmpps}[^]*self-signed`));
  assert.equal((await fetch(`http://127.0.0.1:${http}/demo`)).status, 200);
  assert.equal((await fetch(`http://127.0.0.1:${http}/w/parla.js`)).status, 200);
  assert.equal((await fetch(`http://127.0.0.1:${http}/readyz`)).status, 200);
  node.signal('SIGTERM');
  assert.equal((await node.finished).status, 0);
  const second = await startNodeProcess(t, env);
  assert.doesNotMatch(withoutSecrets(second.stdout()), /([a-z2-9]{4}-){4}[a-z2-9]{4}/);
  assert.match(second.stdout(), /operator list/);
});

test('the demo is not made again after somebody removed it', async (t) => {
  const env = nodeEnv(freshDataDir(t));
  const node = await startNodeProcess(t, env);
  assert.equal((await parla(['operator', 'remove', 'operator'], env)).status, 0);
  assert.equal((await parla(['site', 'remove', 'demo'], env)).status, 0);
  node.signal('SIGTERM');
  await node.finished;
  await startNodeProcess(t, env);
  assert.deepEqual(JSON.parse((await parla(['site', 'list', '--json'], env)).stdout), { sites: [] });
});

test('secrets, certificate and socket are readable by their owner only, and stay the same over a restart', async (t) => {
  const dataDir = freshDataDir(t);
  const names = ['secret', 'admin-token', 'tls-cert.pem', 'tls-key.pem'];
  const node = await startNodeProcess(t, nodeEnv(dataDir));
  for (const name of [...names, 'control.sock']) assert.equal(statSync(join(dataDir, name)).mode & 0o777, 0o600, name);
  const before = names.map((name) => readFileSync(join(dataDir, name), 'utf8'));
  node.signal('SIGKILL');
  await node.finished;
  await startNodeProcess(t, nodeEnv(dataDir));
  assert.deepEqual(
    names.map((name) => readFileSync(join(dataDir, name), 'utf8')),
    before,
  );
});

test('a second node on the same data directory says who holds it and ends', async (t) => {
  const env = nodeEnv(freshDataDir(t));
  const node = await startNodeProcess(t, env);
  const second = await parla(['start'], env);
  assert.equal(second.status, 1);
  assert.equal(second.stdout, '');
  assert.match(second.stderr, new RegExp(`is in use by process ${node.pid} \\(parla start, node `));
  assert.equal((await fetch(`http://127.0.0.1:${node.ready.http}/healthz`)).status, 200);
});

test('of several nodes started at once on one data directory exactly one gets it', async (t) => {
  const env = nodeEnv(freshDataDir(t));
  const starts = Array.from({ length: 3 }, () =>
    startNodeProcess(t, env).then(
      () => 'ready',
      () => 'refused',
    ),
  );
  assert.deepEqual((await Promise.all(starts)).sort(), ['ready', 'refused', 'refused']);
});

test('after kill -9 the next start takes the data directory over at once', async (t) => {
  const env = nodeEnv(freshDataDir(t));
  const node = await startNodeProcess(t, env);
  node.signal('SIGKILL');
  assert.equal((await node.finished).signal, 'SIGKILL');
  const next = await startNodeProcess(t, env);
  assert.notEqual(next.pid, node.pid);
});

for (const name of ['PARLA_HTTP_PORT', 'PARLA_XMPP_PORT', 'PARLA_XMPPS_PORT']) {
  test(`a busy ${name} is named, and nothing of the start is left`, async (t) => {
    const busy = createServer().listen(0, '127.0.0.1');
    t.after(() => busy.close());
    await new Promise((resolve) => busy.once('listening', resolve));
    const { port } = busy.address() as AddressInfo;
    const dataDir = freshDataDir(t);
    const end = await parla(['start'], nodeEnv(dataDir, { [name]: String(port) }));
    assert.equal(end.status, 1);
    assert.match(end.stderr, new RegExp(`^parla: ${name}=${port} is in use`, 'm'));
    assert.equal(end.stdout, '');
    const next = await startNodeProcess(t, nodeEnv(dataDir));
    assert.match(next.stdout(), /Password/, 'the password was not spent on the failed start');
  });
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends a node that nobody is connected to at once, with status 0`, async (t) => {
    const node = await startNodeProcess(t, nodeEnv(freshDataDir(t)));
    const before = performance.now();
    node.signal(signal);
    const end = await node.finished;
    assert.deepEqual([end.status, end.signal], [0, null], end.stderr);
    assert(performance.now() - before < atOnceMs, `took ${performance.now() - before} ms`);
  });
}

async function openSession(
  port: number,
): Promise<{ readonly visitor: string; readonly cursor: string; readonly session: string }> {
  const answer = await rpc(port, 'session.open', { site: 'demo' });
  return answer.result;
}

async function rpc(port: number, method: string, params: object) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const response = await fetch(`http://127.0.0.1:${port}/rpc`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  return { status: response.status, ...((await response.json()) as { result: never; error?: unknown }) };
}

test('with a visitor polling, SIGTERM turns readyz to 503 first, answers the poll, and ends within 10 s', async (t) => {
  const node = await startNodeProcess(t, nodeEnv(freshDataDir(t)));
  const { visitor, cursor } = await openSession(node.ready.http);
  const poll = rpc(node.ready.http, 'session.poll', { visitor, cursor });
  await rpc(node.ready.http, 'session.page', { visitor, page: { url: 'http://shop.example/' } });
  const before = performance.now();
  node.signal('SIGTERM');
  let readyz = 200;
  while (readyz === 200)
    readyz = await fetch(`http://127.0.0.1:${node.ready.http}/readyz`).then((response) => response.status);
  assert.equal(readyz, 503);
  assert.equal((await poll).status, 200);
  const end = await node.finished;
  assert.equal(end.status, 0, end.stderr);
  assert(performance.now() - before < drainMsMax, `took ${performance.now() - before} ms`);
});

test('a signal that arrives twice at once, as npm and a terminal send it, drains as one', async (t) => {
  const node = await startNodeProcess(t, nodeEnv(freshDataDir(t)));
  for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM'] as const) node.signal(signal);
  assert.equal((await node.finished).status, 0);
});

test('a second signal, a second later, ends a draining node at once', async (t) => {
  const node = await startNodeProcess(t, nodeEnv(freshDataDir(t)));
  const { visitor, cursor } = await openSession(node.ready.http);
  const poll = rpc(node.ready.http, 'session.poll', { visitor, cursor }).catch(() => null);
  await rpc(node.ready.http, 'session.page', { visitor, page: { url: 'http://shop.example/' } });
  node.signal('SIGTERM');
  await setTimeout(secondWishMs);
  const before = performance.now();
  node.signal('SIGTERM');
  assert.equal((await node.finished).status, 1);
  assert(performance.now() - before < 1_000);
  await poll;
});

test('"parla drain" returns when the node is gone', async (t) => {
  const env = nodeEnv(freshDataDir(t));
  const node = await startNodeProcess(t, env);
  const drained = await parla(['drain'], env);
  assert.deepEqual([drained.status, drained.stdout], [0, 'The node has ended.\n']);
  assert.equal((await node.finished).status, 0);
});

test('a configured certificate that does not fit its key ends the start', async (t) => {
  const [one, two] = [freshDataDir(t), freshDataDir(t)];
  for (const dataDir of [one, two]) {
    const node = await startNodeProcess(t, nodeEnv(dataDir));
    node.signal('SIGTERM');
    await node.finished;
  }
  const env: Env = { PARLA_TLS_CERT: join(one, 'tls-cert.pem'), PARLA_TLS_KEY: join(two, 'tls-key.pem') };
  const end = await parla(['start'], nodeEnv(one, env));
  assert.equal(end.status, 1);
  assert.match(end.stderr, /^parla: PARLA_TLS_CERT=.* cannot be used: the key belongs to another certificate$/m);
  const absent = await parla(['start'], nodeEnv(one, { ...env, PARLA_TLS_KEY: '/nowhere/key.pem' }));
  assert.match(absent.stderr, /PARLA_TLS_KEY=\/nowhere\/key.pem is not there/);
});

test('a database that is no database ends the start with its path', async (t) => {
  const dataDir = freshDataDir(t);
  await parla(['migrate'], nodeEnv(dataDir));
  writeFileSync(
    join(dataDir, 'parla.db'),
    'this is a letter, not a database, and it is longer than a header of SQLite has to be: '.repeat(20),
  );
  const end = await parla(['start'], nodeEnv(dataDir));
  assert.equal(end.status, 1);
  assert.match(
    end.stderr,
    /^parla: the database cannot be opened: .*parla\.db is damaged, or is not a SQLite database/m,
  );
  assert(existsSync(join(dataDir, 'parla.db')));
});

test('a path too long for a socket address still has its control socket', async (t) => {
  const env = nodeEnv(join(freshDataDir(t), 'd'.repeat(60), 'e'.repeat(60)));
  await startNodeProcess(t, env);
  assert.equal((await parla(['site', 'list'], env)).status, 0);
});
