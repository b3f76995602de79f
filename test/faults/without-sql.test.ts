// Owns the start of a node whose SQL is not there: a real MariaDB that was stopped before, a stock Jabber client, a visitor.
// What is remembered lets people work; what nobody knows yet is refused in words that say so.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { RowDataPacket } from 'mysql2/promise';
import { until } from '../../bench/mod.ts';
import { type SqlServer, startSqlServer } from '../support/backends/mod.ts';
import { needs } from '../support/needs.ts';
import { contactOf, Stage } from '../support/story-stage.ts';
import { StoryVisitor } from '../support/story-visitor.ts';
import { RawClient, scramClient } from '../support/xmpp-client.ts';

const skip = needs('sql-server', 'slixmpp');
const page = { url: 'https://shop.example/', title: 'Shop' };
const soonMs = 20_000;

async function degraded({ node }: Stage): Promise<readonly string[]> {
  const answer = await fetch(`${node.url}/readyz`);
  assert.equal(answer.status, 200);
  const { degraded: names }: { readonly degraded: readonly string[] } = JSON.parse(await answer.text());
  return names;
}

async function textsIn(server: SqlServer): Promise<readonly string[]> {
  return server.asAdministrator(async (connection) => {
    const [rows] = await connection.query<RowDataPacket[]>('SELECT text FROM parla.messages ORDER BY seq');
    return rows.map(({ text }) => String(text));
  });
}

/** What a new visitor is told: `ok`, or the code of the refusal. */
async function opening({ node }: Stage): Promise<string> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'session.open', params: { site: 'demo', page } });
  const answer = await fetch(`${node.url}/rpc`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  assert.equal(answer.status, 200);
  const { error }: { readonly error?: { readonly data: { readonly code: string } } } = JSON.parse(await answer.text());
  return error?.data.code ?? 'ok';
}

/** The first site is made as soon as SQL takes it, which on a busy machine is a moment after the start. */
async function siteIsOpen(stage: Stage): Promise<void> {
  await until(async () => (await opening(stage)) === 'ok', { what: 'the first site', deadlineMs: soonMs });
}

async function raised(t: TestContext, server: SqlServer): Promise<Stage> {
  const stage = await Stage.raise({ PARLA_DATABASE_URL: server.url });
  t.after(() => stage.curtain());
  return stage;
}

test('a node that starts without SQL knows its operators: one logs in, receives and answers, and all of it is in SQL once when it is back', {
  skip,
}, async (t) => {
  const server = await startSqlServer();
  t.after(() => server.stop());
  const stage = await raised(t, server);
  await siteIsOpen(stage);
  const alice = await stage.hires('alice');
  await stage.nodeIsKilled();
  await server.kill();
  await stage.nodeComesBack();
  assert.deepEqual(await degraded(stage), ['sql']);

  await stage.logsIn(alice);
  const visitor = stage.enters(new StoryVisitor(() => stage.node.url));
  await visitor.comes(page);
  await visitor.says('is anybody there?');
  await alice.hears('is anybody there?');
  await alice.kept(alice.says(contactOf(stage.node, visitor.session), 'yes, without a database'));
  await visitor.hears('yes, without a database');
  await visitor.says('how nice');
  await alice.hears('how nice');

  await server.start();
  const said = ['is anybody there?', 'yes, without a database', 'how nice'];
  await until(async () => (await textsIn(server)).length >= said.length, { what: 'SQL', deadlineMs: soonMs });
  await until(async () => (await degraded(stage)).length === 0, { what: 'everything to be well', deadlineMs: soonMs });
  await visitor.says('still here');
  assert.deepEqual(await textsIn(server), [...said, 'still here']);
  assert.deepEqual(visitor.texts(), [...said, 'still here']);
});

test('a first start without SQL knows nobody: visitor and operator are told to try again, and are served when SQL is there', {
  skip,
}, async (t) => {
  const server = await startSqlServer();
  t.after(() => server.stop());
  await server.kill();
  const stage = await raised(t, server);
  assert.deepEqual(await degraded(stage), ['sql']);
  assert.match(stage.node.output(), /the first accounts cannot be made now/);

  assert.equal(await opening(stage), 'unavailable');

  const client = RawClient.open(stage.node.xmpp);
  t.after(() => client.destroy());
  await client.greet(stage.node.domain);
  client.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  await client.until("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  await client.startTls();
  await client.greet(stage.node.domain);
  const first = scramClient('sha256', 'operator', 'whatever').first();
  client.send(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'>${first}</auth>`);
  assert.match(await client.until('</failure>'), /<temporary-auth-failure\/>/);

  await server.start();
  await siteIsOpen(stage);
  const visitor = stage.enters(new StoryVisitor(() => stage.node.url));
  await visitor.comes(page);
  const alice = await stage.operator('alice');
  await visitor.says('hello');
  await alice.hears('hello');
  assert.deepEqual(await degraded(stage), []);
});
