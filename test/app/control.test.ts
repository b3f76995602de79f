// Owns the proof that commands reach a running node and hold when they return.
// The same commands without a node are in cli.test.ts.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { freshDataDir, nodeEnv, parla, startNodeProcess } from '../support/parla-process.ts';

async function open(port: number, site: string, origin?: string) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'session.open', params: { site } });
  const headers = { 'content-type': 'application/json', ...(origin === undefined ? {} : { origin }) };
  const response = await fetch(`http://127.0.0.1:${port}/rpc`, { method: 'POST', body, headers });
  return (await response.json()) as { result?: unknown; error?: { data: { code: string } } };
}

test('a site that is added, changed or removed on a running node holds for the next visitor', async (t) => {
  const env = nodeEnv(freshDataDir(t));
  const { ready } = await startNodeProcess(t, env);
  assert.equal((await open(ready.http, 'shop')).error?.data.code, 'unknownSite');
  assert.equal((await parla(['site', 'add', 'news', '--origin', 'https://news.example'], env)).stderr, '');
  assert((await open(ready.http, 'news', 'https://news.example')).result);
  assert.equal((await open(ready.http, 'news', 'https://evil.example')).error?.data.code, 'unauthorized');
  assert.equal((await parla(['site', 'set', 'news', '--origin', 'https://paper.example'], env)).stderr, '');
  assert((await open(ready.http, 'news', 'https://paper.example')).result);
  assert.equal((await open(ready.http, 'news', 'https://news.example')).error?.data.code, 'unauthorized');
  assert.equal((await parla(['site', 'remove', 'news'], env)).stderr, '');
  assert.equal((await open(ready.http, 'news', 'https://paper.example')).error?.data.code, 'unknownSite');
});

test('a site that somebody asked for before it was there is found as soon as it is added', async (t) => {
  const env = nodeEnv(freshDataDir(t));
  const { ready } = await startNodeProcess(t, env);
  assert.equal((await open(ready.http, 'shop')).error?.data.code, 'unknownSite');
  assert.equal((await parla(['site', 'add', 'shop'], env)).stderr, '');
  assert((await open(ready.http, 'shop')).result);
});

test('operators are the same through the node as in the database', async (t) => {
  const env = nodeEnv(freshDataDir(t));
  const node = await startNodeProcess(t, env);
  assert.equal((await parla(['operator', 'add', 'anna', '--json'], env)).stderr, '');
  assert.match((await parla(['operator', 'add', 'anna'], env)).stderr, /^parla: operator anna: /);
  assert.match((await parla(['operator', 'add', 'ben', '--site', 'nowhere'], env)).stderr, /nowhere/);
  const names = async () =>
    JSON.parse((await parla(['operator', 'list', '--json'], env)).stdout).operators.map(
      (one: { name: string }) => one.name,
    );
  assert.deepEqual(await names(), ['anna', 'operator']);
  assert.equal((await parla(['operator', 'remove', 'anna'], env)).status, 0);
  node.signal('SIGTERM');
  await node.finished;
  assert.deepEqual(await names(), ['operator']);
});

test('doctor knows that the ports are its own node’s', async (t) => {
  const dataDir = freshDataDir(t);
  const { ready } = await startNodeProcess(t, nodeEnv(dataDir));
  const ports = {
    PARLA_HTTP_PORT: String(ready.http),
    PARLA_XMPP_PORT: String(ready.xmpp),
    PARLA_XMPPS_PORT: String(ready.xmpps),
  };
  const end = await parla(['doctor'], nodeEnv(dataDir, ports));
  assert.equal(end.status, 1, end.stdout);
  assert.match(end.stdout, /^PASS +PARLA_HTTP_PORT +\d+ is in use while a node runs here/m);
  assert.match(end.stdout, /^PASS +sqlite file/m);
  const elsewhere = await parla(['doctor'], nodeEnv(freshDataDir(t), ports));
  assert.equal(elsewhere.status, 2);
  assert.match(elsewhere.stdout, /^FAIL +PARLA_HTTP_PORT/m);
});

test('what is no command is answered on the socket and changes nothing', async (t) => {
  const dataDir = freshDataDir(t);
  const { ready } = await startNodeProcess(t, nodeEnv(dataDir));
  const lines = ['this is no JSON', '[]', '{}', '{"call":7}', '{"call":"constructor"}', '{"call":"fly","request":{}}'];
  for (const line of lines) {
    const socket = connect(join(dataDir, 'control.sock'));
    socket.write(`${line}\n`);
    const [answer] = await once(socket, 'data');
    assert.equal(JSON.parse(String(answer)).ok, false, line);
    socket.destroy();
  }
  const flood = connect(join(dataDir, 'control.sock'));
  flood.on('error', () => flood.destroy());
  const closed = new Promise((resolve) => flood.once('close', resolve));
  flood.write('x'.repeat(300_000));
  await closed;
  assert.equal((await fetch(`http://127.0.0.1:${ready.http}/healthz`)).status, 200);
});
