// Owns the guarantees of the tools that the fault tests stand on: real servers that stop and go on, and a proxy that harms.
// A matrix run with a proxy that harms nothing would be green for ever.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { startMemcached, startRedis, startSqlServer } from '../support/backends/mod.ts';
import { type FaultProxy, garbage, startFaultProxy } from '../support/fault-proxy.ts';
import { needs } from '../support/needs.ts';

async function say(socket: Socket, text: string): Promise<string> {
  const answer = once(socket, 'data');
  socket.write(text);
  return String((await answer)[0]);
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

test('memcached comes back on its port after a kill, and answers nothing while it is paused', {
  skip: needs('memcached'),
}, async (t) => {
  const server = await startMemcached();
  t.after(() => server.stop());
  const before = await connected(server.port);
  assert.match(await say(before, 'version\r\n'), /^VERSION 1\./);
  const closed = once(before, 'close');
  await server.kill();
  await closed;
  await server.start();
  const after = await connected(server.port);
  t.after(() => after.destroy());
  await server.pause();
  const answer = say(after, 'version\r\n');
  assert.equal(await Promise.race([answer, pause(200, 'silence')]), 'silence');
  server.resume();
  assert.match(await answer, /^VERSION 1\./);
});

test('Redis keeps what it was told over a kill where it is durable', { skip: needs('redis-server') }, async (t) => {
  const server = await startRedis({ durable: true });
  t.after(() => server.stop());
  const before = await connected(server.port);
  before.on('error', () => undefined);
  assert.equal(await say(before, 'SET a 1\r\n'), '+OK\r\n');
  await server.kill();
  await server.start();
  const after = await connected(server.port);
  t.after(() => after.destroy());
  assert.equal(await say(after, 'GET a\r\n'), '$1\r\n1\r\n');
});

test('MariaDB has the database and the account that its URL names, before and after a kill', {
  skip: needs('sql-server'),
}, async (t) => {
  const server = await startSqlServer();
  t.after(() => server.stop());
  const first = await createConnection(server.url);
  await first.query('CREATE TABLE kept (text VARCHAR(20))');
  await first.query("INSERT INTO kept VALUES ('still here')");
  first.on('error', () => undefined);
  await server.kill();
  first.destroy();
  await server.start();
  const second = await createConnection(server.url);
  t.after(() => second.destroy());
  const [rows] = await second.query('SELECT text FROM kept');
  assert.deepEqual(rows, [{ text: 'still here' }]);
});

/** Answers each line with `re:` and the line. */
async function echo(t: TestContext): Promise<{ readonly proxy: FaultProxy; readonly requests: string[] }> {
  const requests: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      requests.push(String(data));
      socket.write(`re:${data}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert(address !== null && typeof address !== 'string');
  const proxy = await startFaultProxy(address);
  t.after(async () => {
    await proxy.close();
    server.close();
  });
  return { proxy, requests };
}

const tickMs = 25;
/** Client, proxy and server are in this process: each tick all of them had their turn, however busy the machine is. */
const quietTicks = 10;

/** What the client hears until it is reset, ended, or nothing more comes. */
async function hears(
  proxy: FaultProxy,
  lines: readonly string[],
): Promise<{ readonly heard: string; readonly end: string }> {
  const socket = connect(proxy.port, '127.0.0.1');
  const seen = { heard: '', end: '' };
  socket.on('data', (data) => {
    seen.heard += String(data);
  });
  socket.on('end', () => {
    seen.end ||= 'end';
  });
  const opened = new Promise<void>((resolve) => {
    socket.on('connect', () => resolve());
    socket.on('error', (error) => {
      seen.end ||= 'code' in error ? String(error.code) : 'error';
      resolve();
    });
  });
  const now = () => `${seen.heard} ${seen.end} ${proxy.harmed}`;
  /** True when something came of what was before. */
  const goesOn = async () => {
    const before = now();
    for (let tick = 0; tick < quietTicks && now() === before; tick++) await pause(tickMs);
    return now() !== before;
  };
  await opened;
  for (const line of lines) {
    if (seen.end !== '') break;
    socket.write(line);
    // Two lines that arrive together would be one request.
    await goesOn();
  }
  while (seen.end === '' && (await goesOn()));
  socket.destroy();
  return { heard: seen.heard, end: seen.end === '' ? 'silence' : seen.end };
}

test('the proxy passes on what it is not told to harm', async (t) => {
  const { proxy } = await echo(t);
  assert.deepEqual(await hears(proxy, ['one', 'two']), { heard: 're:onere:two', end: 'silence' });
  assert.equal(proxy.harmed, 0);
});

test('a cut reply is cut at the byte that was named, in each of its three ways', async (t) => {
  const { proxy } = await echo(t);
  for (const [ending, end] of [
    ['reset', 'ECONNRESET'],
    ['end', 'end'],
    ['silence', 'silence'],
  ] as const) {
    for (const afterBytes of [0, 1, 5]) {
      await proxy.set({ type: 'cut', afterBytes, ending });
      assert.deepEqual(await hears(proxy, ['hello']), { heard: 're:hello'.slice(0, afterBytes), end });
    }
  }
});

test('each fault is what its name says, and ends when it is taken away', async (t) => {
  const { proxy, requests } = await echo(t);
  await proxy.set({ type: 'absent' });
  assert.deepEqual(await hears(proxy, ['x']), { heard: '', end: 'ECONNREFUSED' });
  await proxy.set({ type: 'silence' });
  assert.deepEqual(await hears(proxy, ['heard by the server']), { heard: '', end: 'silence' });
  assert.deepEqual(requests, ['heard by the server']);
  await proxy.set({ type: 'partition' });
  assert.deepEqual(await hears(proxy, ['lost']), { heard: '', end: 'silence' });
  assert.deepEqual(requests, ['heard by the server']);
  await proxy.set({ type: 'duplicate' });
  assert.deepEqual(await hears(proxy, ['a']), { heard: 're:are:a', end: 'silence' });
  await proxy.set({ type: 'swap' });
  assert.deepEqual(await hears(proxy, ['a', 'b']), { heard: 're:bre:a', end: 'silence' });
  await proxy.set({ type: 'rewrite', reply: (reply) => garbage(reply.length) });
  assert.equal((await hears(proxy, ['a'])).heard.includes('re:'), false);
  await proxy.set({ type: 'slow', ms: 100 });
  const began = performance.now();
  const slow = await connected(proxy.port);
  t.after(() => slow.destroy());
  assert.equal(await say(slow, 'a'), 're:a');
  assert(performance.now() - began >= 95);
  await proxy.set({ type: 'none' });
  assert.deepEqual(await hears(proxy, ['well']), { heard: 're:well', end: 'silence' });
});

test('a reset takes everybody who is connected, and the next connection is well', async (t) => {
  const { proxy } = await echo(t);
  const socket = await connected(proxy.port);
  const lost = once(socket, 'error');
  assert.equal(await say(socket, 'a'), 're:a');
  proxy.resetAll();
  assert.equal((await lost)[0].code, 'ECONNRESET');
  assert.deepEqual(proxy.connections, { made: 1, open: 0 });
  assert.deepEqual(await hears(proxy, ['b']), { heard: 're:b', end: 'silence' });
});
