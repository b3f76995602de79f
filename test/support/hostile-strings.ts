// Owns what somebody hostile says wherever a string of his may reach a key or a statement: as a visitor by RPC, and as an
// operator over Jabber. He is refused, or his words are kept as words; what became of it in the servers they say themselves.
// It harms nothing but through the doors that everybody uses.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { RowDataPacket } from 'mysql2/promise';
import { keepAliveAgent, RpcRefused, rpc, sleep } from '../../bench/mod.ts';
import { askMemcached, askRedis } from './ask-servers.ts';
import type { FaultStage } from './fault-stage.ts';
import { base64, RawClient } from './xmpp-client.ts';

/** What would be there if a line of it were ever obeyed. */
const planted = 'pwned';

const hostile: readonly string[] = [
  `a\r\nset ${planted} 0 0 5\r\nowned\r\n`,
  `a\r\n*3\r\n$3\r\nSET\r\n$5\r\n${planted}\r\n$5\r\nowned\r\n`,
  `a'); INSERT INTO sites (id) VALUES ('${planted}'); -- `,
  'k'.repeat(251),
  'é'.repeat(130),
  '',
  'a\0b',
];

const page = { url: 'https://shop.example/', title: 'Shop' };
const refusals = new Set(['unauthorized', 'unknownSite', 'invalidParams']);
const again = new Set(['throttled', 'unavailable']);

/** Each string in each place; fails where one is taken for a name, or where what was said comes back as something else. */
export async function saysHostileThings(stage: FaultStage): Promise<void> {
  await asVisitor(stage.target.url);
  await asOperator(stage);
}

/** Keys, rows and tables that are none of Parla's. */
export async function plantedIn(stage: FaultStage): Promise<readonly string[]> {
  const { memcached, redis, sql } = stage;
  const dump = await askMemcached(memcached.backend.port, 'lru_crawler metadump all', /(?:^|\r\n|\n)END\r\n$/);
  const inMemcached = [...dump.matchAll(/key=(\S+)/g)].map(([, key]) => decodeURIComponent(key ?? ''));
  const inRedis = [...(await askRedis(redis.backend.port, ['KEYS *'])).matchAll(/\$\d+\r\n(.*)\r\n/g)].map(
    ([, key]) => key,
  );
  const sites = await sql.backend.asAdministrator(async (connection) => {
    const [rows] = await connection.query<RowDataPacket[]>('SELECT id FROM parla.sites');
    return rows.map(({ id }) => String(id));
  });
  // An empty look would find nothing in whatever state the server is.
  assert.ok(inMemcached.length > 0 && inRedis.length > 0 && sites.length > 0, 'the servers hold something');
  return [
    ...inMemcached.filter((key) => !/^(parla:|#)[\x21-\x7e]*$/.test(key)).map((key) => `memcached: ${key}`),
    ...inRedis.filter((key) => !/^parla:[\x21-\x7e]*$/.test(key ?? '')).map((key) => `Redis: ${key}`),
    ...sites.filter((id) => id !== 'demo').map((id) => `SQL: the site ${id}`),
  ];
}

async function asVisitor(url: string): Promise<void> {
  const target = { url, agent: keepAliveAgent(), address: '10.253.0.1' };
  const opened = await patiently(() => rpc(target, 'session.open', { params: { site: 'demo', page } }));
  const { visitor, session } = opened;
  const cmid = () => randomBytes(12).toString('base64url');
  const [, ...signed] = visitor.split('.');
  const said: string[] = [];
  for (const text of hostile) {
    const named = JSON.stringify(text).slice(0, 30);
    const tries: readonly [string, () => Promise<unknown>][] = [
      ['a site', () => rpc(target, 'session.open', { params: { site: text, page } })],
      ['a token', () => rpc(target, 'session.open', { params: { site: 'demo', visitor: text, page } })],
      ["a token's site", () => rpc(target, 'session.page', { params: { visitor: [text, ...signed].join('.'), page } })],
      ["a visitor's token", () => rpc(target, 'session.page', { params: { visitor: text, page } })],
      ['a cmid', () => rpc(target, 'message.send', { params: { visitor, cmid: text, text: 'hello' } })],
    ];
    for (const [place, attempt] of tries) assert.ok(await isRefused(attempt), `${named} was taken as ${place}`);
    // Which session a request names only routes it.
    await patiently(() =>
      rpc(target, 'session.page', { params: { visitor, page }, session: encodeURIComponent(text) }),
    );
    if (text === '') continue;
    await patiently(() =>
      rpc(target, 'session.page', { params: { visitor, page: { ...page, title: text } }, session }),
    );
    const params = { visitor, cmid: cmid(), text };
    await patiently(() => rpc(target, 'message.send', { params, session }));
    said.push(text.replace('\0', '\uFFFD').trim());
  }
  const shown = await patiently(() =>
    rpc(target, 'session.open', { params: { site: 'demo', visitor, page }, session }),
  );
  const texts = (shown.conversation?.messages ?? [])
    .filter(({ from }) => from.kind === 'visitor')
    .map(({ text }) => text);
  assert.deepEqual(texts, said, 'what was said is shown as it was said');
  target.agent.destroy();
}

async function isRefused(attempt: () => Promise<unknown>): Promise<boolean> {
  try {
    await patiently(attempt);
    return false;
  } catch (error) {
    if (error instanceof RpcRefused && refusals.has(error.code)) return true;
    throw error;
  }
}

/** A limit is no answer to what was asked. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof RpcRefused) || !again.has(error.code)) throw error;
      await sleep(error.retryAfterMs ?? 50);
    }
  }
}

async function asOperator(stage: FaultStage): Promise<void> {
  const { name, password, domain, port } = await stage.target.account();
  for (const text of hostile.filter((one) => !one.includes('\0'))) {
    const stranger = await secured(port, domain);
    stranger.send(
      `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${base64(`\0${text}\0${text}`)}</auth>`,
    );
    assert.match(await stranger.until('</failure>'), /<failure/);
    stranger.destroy();
  }
  const client = await secured(port, domain);
  await client.plain(domain, name, password);
  await client.bind();
  for (const [index, text] of hostile.entries()) {
    for (const host of ['visitors', 'rooms']) {
      const to = `${inXml(text)}@${host}.${domain}`;
      const id = `${host}${index}`;
      client.send(`<message type='chat' to='${to}' id='${id}'><body>hello</body></message>`);
      if (text.includes('\0')) {
        assert.match(await client.ended(), /not-well-formed/);
        return;
      }
      const answer = await client.until(new RegExp(`<message[^>]*\\bid=['"]${id}['"][^>]*>`));
      assert.match(answer, /type=['"]error['"][^>]*>$/, `${host}: ${text.slice(0, 20)}`);
    }
  }
}

async function secured(port: number, domain: string): Promise<RawClient> {
  const client = RawClient.open(port);
  await client.greet(domain);
  client.send(`<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`);
  await client.until('<proceed');
  await client.until('/>');
  await client.startTls();
  await client.greet(domain);
  return client;
}

/** Line ends as references: as they are they would be read as spaces. */
function inXml(text: string): string {
  return text.replace(/[&<>"'\r\n\0]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
