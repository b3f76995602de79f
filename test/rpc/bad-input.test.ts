// Owns the table of malformed requests: what each must be answered, to the letter. None of them may change anything or
// end the process. It speaks raw HTTP where a client library would refuse to.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { errorCodes } from '../../rpc/mod.ts';
import { startEdge, type TestEdge } from '../support/rpc-edge.ts';

type ErrorName = keyof typeof errorCodes;

interface Expected {
  readonly status: number;
  /** Headers that must be there. */
  readonly headers?: { readonly [name: string]: string };
  /** The whole body; null: none. */
  readonly body: unknown;
}

const json = 'Content-Type: application/json\r\n';

/** A whole HTTP request, Content-Length counted. */
function http(body: string | Uint8Array, { head = 'POST /rpc HTTP/1.1', headers = json } = {}): Uint8Array {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const start = `${head}\r\nHost: test\r\nConnection: close\r\n${headers}Content-Length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(start), bytes]);
}

function fault(name: ErrorName, message: string, { id = null as unknown, field = '' } = {}) {
  const data = field === '' ? { code: name } : { code: name, field };
  return { jsonrpc: '2.0', id, error: { code: errorCodes[name], message, data } };
}

/** HTTP 200 with this error. */
const says = (
  name: ErrorName,
  message: string,
  more: { readonly id?: unknown; readonly field?: string } = {},
): Expected => ({
  status: 200,
  body: fault(name, message, more),
});

const invalidJson = says('parseError', 'the body is not JSON');
const media = 'Content-Type must be application/json or text/plain, in UTF-8';
const wrongMedia: Expected = { status: 415, body: fault('invalidRequest', media) };
const onlyPost: Expected = {
  status: 405,
  headers: { allow: 'POST, OPTIONS' },
  body: fault('invalidRequest', 'only POST'),
};
const tooLarge: Expected = {
  status: 413,
  headers: { connection: 'close' },
  body: fault('tooLarge', 'the request is too large'),
};
const broken = (status: number): Expected => ({ status, headers: { connection: 'close' }, body: null });

const big = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'session.open', params: { site: 'x'.repeat(65_536) } });

const transport: readonly [string, () => Uint8Array | string, Expected][] = [
  ['GET', () => http('', { head: 'GET /rpc HTTP/1.1' }), onlyPost],
  ['PUT', () => http('{}', { head: 'PUT /rpc HTTP/1.1' }), onlyPost],
  ['DELETE with a routing id', () => http('', { head: 'DELETE /rpc?s=x HTTP/1.1' }), onlyPost],
  ['no content type', () => http('{}', { headers: '' }), wrongMedia],
  ['a form', () => http('a=b', { headers: 'Content-Type: application/x-www-form-urlencoded\r\n' }), wrongMedia],
  ['JSON in UTF-16', () => http('{}', { headers: 'Content-Type: application/json; charset=utf-16\r\n' }), wrongMedia],
  ['a compressed body', () => http('{}', { headers: `${json}Content-Encoding: gzip\r\n` }), wrongMedia],
  ['a body of more than 64 KiB', () => http(big), tooLarge],
  ['a body of 2 MiB', () => http('x'.repeat(2 * 1_024 * 1_024)), tooLarge],
  [
    'more than 64 KiB in chunks',
    () =>
      `POST /rpc HTTP/1.1\r\nHost: t\r\nConnection: close\r\n${json}Transfer-Encoding: chunked\r\n\r\n` +
      `10001\r\n${'x'.repeat(65_537)}\r\n0\r\n\r\n`,
    tooLarge,
  ],
  ['bytes that are no HTTP', () => 'hello\r\n\r\n', broken(400)],
  ['a TLS handshake', () => Buffer.from('16030100c8010000c40303', 'hex'), broken(400)],
  ['a header without a name', () => 'POST /rpc HTTP/1.1\r\nHost: t\r\n: x\r\n\r\n', broken(400)],
  ['a header of 20 KB', () => `GET /healthz HTTP/1.1\r\nHost: t\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, broken(431)],
  ['no Host', () => 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', { ...broken(400), body: '0\r\n\r\n' }],
  [
    'both Content-Length and Transfer-Encoding',
    () => `POST /rpc HTTP/1.1\r\nHost: t\r\n${json}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    broken(400),
  ],
  [
    'a negative Content-Length',
    () => `POST /rpc HTTP/1.1\r\nHost: t\r\n${json}Content-Length: -1\r\n\r\n`,
    broken(400),
  ],
  [
    'a path that is not there',
    () => http('{}', { head: 'POST /rpc/x HTTP/1.1' }),
    { status: 404, body: 'not found\n' },
  ],
  [
    'a path that climbs',
    () => http('', { head: 'GET /w/../../etc/passwd HTTP/1.1' }),
    { status: 404, body: 'not found\n' },
  ],
  [
    'the name of a prototype',
    () => http('', { head: 'GET /__proto__ HTTP/1.1' }),
    { status: 404, body: 'not found\n' },
  ],
  [
    'the console that is not there yet',
    () => http('', { head: 'GET /console HTTP/1.1' }),
    { status: 404, body: 'not found\n' },
  ],
  [
    'the observer that is not there yet',
    () => http('', { head: 'GET /observer HTTP/1.1' }),
    { status: 404, body: 'not found\n' },
  ],
  [
    'a POST to a page of the node',
    () => http('{}', { head: 'POST /healthz HTTP/1.1' }),
    { status: 405, body: 'only GET, HEAD, OPTIONS\n' },
  ],
];

const envelopes: readonly [string, string | Uint8Array, Expected][] = [
  ['nothing', '', invalidJson],
  ['half an object', '{"jsonrpc":"2.0",', invalidJson],
  ['JSON with a comment', '{"jsonrpc":"2.0" /* hi */}', invalidJson],
  ['two values', '{}{}', invalidJson],
  ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), says('parseError', 'the body is not UTF-8')],
  ['a deep nest', '['.repeat(30_000), invalidJson],
  [
    'a deep nest that ends',
    `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
    { status: 200, body: [fault('invalidRequest', 'a request is an object')] },
  ],
  ['null', 'null', says('invalidRequest', 'a request is an object')],
  ['a string', '"session.open"', says('invalidRequest', 'a request is an object')],
  ['no version', '{"id":1,"method":"session.open"}', says('invalidRequest', 'jsonrpc must be "2.0"', { id: 1 })],
  [
    'a version that is a number',
    '{"jsonrpc":2.0,"id":1,"method":"x"}',
    says('invalidRequest', 'jsonrpc must be "2.0"', { id: 1 }),
  ],
  ['no method', '{"jsonrpc":"2.0","id":1}', says('invalidRequest', 'method must be a string', { id: 1 })],
  [
    'a method that is no string',
    '{"jsonrpc":"2.0","id":1,"method":1}',
    says('invalidRequest', 'method must be a string', { id: 1 }),
  ],
  [
    'an id that is an object',
    '{"jsonrpc":"2.0","id":{},"method":"x"}',
    says('invalidRequest', 'an id is a string, a number or null'),
  ],
  [
    'an id that is true',
    '{"jsonrpc":"2.0","id":true,"method":"x"}',
    says('invalidRequest', 'an id is a string, a number or null'),
  ],
  [
    'an id beyond all numbers',
    '{"jsonrpc":"2.0","id":1e999,"method":"x"}',
    says('invalidRequest', 'an id is a string, a number or null'),
  ],
  [
    'params that are null',
    '{"jsonrpc":"2.0","id":1,"method":"session.open","params":null}',
    says('invalidRequest', 'params must be an object', { id: 1 }),
  ],
  [
    'params that are text',
    '{"jsonrpc":"2.0","id":1,"method":"session.open","params":"x"}',
    says('invalidRequest', 'params must be an object', { id: 1 }),
  ],
  [
    'params by position',
    '{"jsonrpc":"2.0","id":1,"method":"session.open","params":["demo"]}',
    says('invalidParams', 'params are given by name', { id: 1 }),
  ],
  [
    'no such method',
    '{"jsonrpc":"2.0","id":1,"method":"session.steal"}',
    says('methodNotFound', 'there is no such method', { id: 1 }),
  ],
  [
    'a method of every object',
    '{"jsonrpc":"2.0","id":1,"method":"toString"}',
    says('methodNotFound', 'there is no such method', { id: 1 }),
  ],
  [
    'a method named by a prototype',
    '{"jsonrpc":"2.0","id":1,"method":"__proto__"}',
    says('methodNotFound', 'there is no such method', { id: 1 }),
  ],
  ['an empty batch', '[]', says('invalidRequest', 'an empty batch')],
  [
    'a batch of 21',
    JSON.stringify(Array(21).fill({ jsonrpc: '2.0', id: 1, method: 'x' })),
    says('invalidRequest', 'more than 20 requests in a batch'),
  ],
  [
    'a batch of nonsense',
    '[1,null]',
    {
      status: 200,
      body: [fault('invalidRequest', 'a request is an object'), fault('invalidRequest', 'a request is an object')],
    },
  ],
  ['a notification that asks for nothing real', '{"jsonrpc":"2.0","method":"no.such"}', { status: 204, body: null }],
  [
    'a notification with params by position',
    '{"jsonrpc":"2.0","method":"session.open","params":[1]}',
    { status: 204, body: null },
  ],
];

const invalid = (field: string, message: string): Expected =>
  says('invalidParams', `${field}: ${message}`, { id: 1, field });
const unauthorized = says('unauthorized', 'the visitor token is not valid', { id: 1, field: 'visitor' });
const unknownSite = says('unknownSite', 'there is no such site', { id: 1 });
const wanted = (type: string, got: string) => `Invalid input: expected ${type}, received ${got}`;
const textSize = 'must have 1 to 10000 characters';
const cmidShape = 'must be 1 to 64 letters, digits, _ or -';
const webAddress = 'must be an http or https address';

/** Method, params (the valid token is put in where `visitor` is left out), answer. */
const calls: readonly [string, string, Record<string, unknown>, Expected][] = [
  ['no site', 'session.open', {}, invalid('site', wanted('string', 'undefined'))],
  ['a site that is a number', 'session.open', { site: 7 }, invalid('site', wanted('string', 'number'))],
  ['a site that cannot be one', 'session.open', { site: '../demo' }, unknownSite],
  ['a site that is not there', 'session.open', { site: 'nowhere' }, unknownSite],
  ['a made-up token', 'session.open', { site: 'demo', visitor: 'demo.x.y' }, unauthorized],
  [
    'a page on a disk',
    'session.open',
    { site: 'demo', page: { url: 'file:///etc/passwd' } },
    invalid('page.url', webAddress),
  ],
  [
    'a page that is a script',
    'session.page',
    { page: { url: 'javascript:alert(1)' } },
    invalid('page.url', webAddress),
  ],
  [
    'a page of 20,000 characters',
    'session.page',
    { page: { url: `https://x.example/${'x'.repeat(20_000)}` } },
    invalid('page.url', 'must have at most 16384 characters'),
  ],
  ['a page that is text', 'session.page', { page: 'https://x.example/' }, invalid('page', wanted('object', 'string'))],
  [
    'a title that is a list',
    'session.page',
    { page: { url: 'https://x.example/', title: [] } },
    invalid('page.title', wanted('string', 'array')),
  ],
  [
    'a language that is none',
    'session.open',
    { site: 'demo', locale: 'de_DE!' },
    invalid('locale', 'must be a language tag'),
  ],
  ['no token', 'session.poll', { visitor: undefined, cursor: '' }, invalid('visitor', wanted('string', 'undefined'))],
  ['an empty token', 'session.poll', { visitor: '', cursor: '' }, unauthorized],
  ['a token of 60,000 characters', 'session.poll', { visitor: 'x'.repeat(60_000), cursor: '' }, unauthorized],
  ['a cursor that is a number', 'session.poll', { cursor: 1 }, invalid('cursor', wanted('string', 'number'))],
  [
    'a hold below nothing',
    'session.poll',
    { cursor: '', holdMs: -1 },
    invalid('holdMs', 'Too small: expected number to be >=0'),
  ],
  [
    'a hold beyond the longest',
    'session.poll',
    { cursor: '', holdMs: 25_001 },
    invalid('holdMs', 'Too big: expected number to be <=25000'),
  ],
  [
    'a hold of half a millisecond',
    'session.poll',
    { cursor: '', holdMs: 0.5 },
    invalid('holdMs', 'Invalid input: expected int, received number'),
  ],
  ['typing that is text', 'session.typing', { on: 'yes' }, invalid('on', wanted('boolean', 'string'))],
  [
    'an identity of nothing',
    'session.identify',
    {},
    says('invalidParams', 'name, email, phone, attributes or token is needed', { id: 1 }),
  ],
  [
    'a name of controls',
    'session.identify',
    { name: '\u0000\u202e' },
    invalid('name', 'must have 1 to 100 characters'),
  ],
  [
    'a name of 101 characters',
    'session.identify',
    { name: 'x'.repeat(101) },
    invalid('name', 'must have 1 to 100 characters'),
  ],
  [
    'an e-mail address without @',
    'session.identify',
    { email: 'nobody' },
    invalid('email', 'must be an e-mail address'),
  ],
  [
    'an attribute that is a list',
    'session.identify',
    { attributes: { a: [] } },
    invalid('attributes.a', 'Invalid input'),
  ],
  [
    '21 attributes',
    'session.identify',
    { attributes: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`a${i}`, i])) },
    invalid('attributes', 'must be at most 20'),
  ],
  [
    'an identity that nobody signed',
    'session.identify',
    { token: 'a.b.c' },
    says('unauthorized', 'this site signs no identities', { id: 1, field: 'token' }),
  ],
  ['no text', 'message.send', { cmid: 'a' }, invalid('text', wanted('string', 'undefined'))],
  ['a text of spaces', 'message.send', { cmid: 'a', text: ' \n\t ' }, invalid('text', textSize)],
  ['a text of 10,001 characters', 'message.send', { cmid: 'a', text: 'x'.repeat(10_001) }, invalid('text', textSize)],
  ['no cmid', 'message.send', { text: 'hi' }, invalid('cmid', wanted('string', 'undefined'))],
  ['an empty cmid', 'message.send', { cmid: '', text: 'hi' }, invalid('cmid', cmidShape)],
  ['a cmid of 65 characters', 'message.send', { cmid: 'x'.repeat(65), text: 'hi' }, invalid('cmid', cmidShape)],
  ['a cmid with a letter that is none', 'message.send', { cmid: 'é', text: 'hi' }, invalid('cmid', cmidShape)],
  ['a cmid with a line end', 'message.send', { cmid: 'a\n', text: 'hi' }, invalid('cmid', cmidShape)],
  ['a seq that is text', 'message.read', { seq: '1' }, invalid('seq', wanted('number', 'string'))],
  ['a seq below nothing', 'message.read', { seq: -1 }, invalid('seq', 'Too small: expected number to be >=0')],
  [
    'a seq beyond safe numbers',
    'message.read',
    { seq: 2 ** 53 },
    invalid('seq', 'Too big: expected int to be <=9007199254740991'),
  ],
  ['a history of nothing', 'message.history', { limit: 0 }, invalid('limit', 'Too small: expected number to be >=1')],
  ['a history of 101', 'message.history', { limit: 101 }, invalid('limit', 'Too big: expected number to be <=100')],
  [
    'a history before the first',
    'message.history',
    { before: 0 },
    invalid('before', 'Too small: expected number to be >=1'),
  ],
  ['a score of 0', 'conversation.rate', { score: 0 }, invalid('score', 'Too small: expected number to be >=1')],
  ['a score of 6', 'conversation.rate', { score: 6 }, invalid('score', 'Too big: expected number to be <=5')],
  [
    'a comment of 1,001 characters',
    'conversation.rate',
    { score: 1, comment: 'x'.repeat(1_001) },
    invalid('comment', 'must have 0 to 1000 characters'),
  ],
];

describe('a malformed request', () => {
  let edge: TestEdge;
  let visitor: string;
  let heardBefore: number;
  const ends: (() => Promise<void>)[] = [];

  before(async () => {
    edge = await startEdge({ after: (run) => ends.push(run) }, { limits: { rpcsBurst: 1_000 } });
    visitor = (await edge.result('session.open', { site: 'demo' })).visitor;
    heardBefore = heardBySessions();
  });

  after(async () => {
    for (const end of ends) await end();
  });

  const heardBySessions = () => edge.chat.heard.filter(({ key }) => key.startsWith('session')).length;

  const check = async (bytes: Uint8Array | string, expected: Expected) => {
    const answer = await raw(edge.port, bytes);
    assert.equal(answer.status, expected.status);
    for (const [name, value] of Object.entries(expected.headers ?? {})) assert.equal(answer.headers.get(name), value);
    assert.deepEqual(answer.body, expected.body);
    assert.equal(heardBySessions(), heardBefore, 'no session heard of it');
    assert.equal((await fetch(`${edge.url}/healthz`)).status, 200);
    assert.deepEqual(edge.logged, []);
  };

  for (const [what, bytes, expected] of transport) it(`of HTTP: ${what}`, () => check(bytes(), expected));
  for (const [what, body, expected] of envelopes) it(`of JSON-RPC: ${what}`, () => check(http(body), expected));
  for (const [what, method, params, expected] of calls) {
    it(`of ${method}: ${what}`, () => {
      const known = method === 'session.open' ? params : { visitor, ...params };
      return check(http(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: known })), expected);
    });
  }

  it('may have members that nobody knows, and a prototype of its own: both are ignored', async () => {
    const text = `{"jsonrpc":"2.0","id":1,"method":"session.leave","more":1,"params":{"visitor":"${visitor}","x":{},"__proto__":{"site":"x"}}}`;
    const { status, body } = await raw(edge.port, http(text));
    assert.deepEqual([status, body], [200, { jsonrpc: '2.0', id: 1, result: {} }]);
    assert.equal(({} as { site?: string }).site, undefined);
  });

  it('may come from an origin of strange bytes, and is answered all the same', async () => {
    const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'session.leave', params: { visitor } });
    const { status, headers } = await raw(edge.port, http(call, { headers: `${json}Origin: \u00e9\u0080 <x>\t"\r\n` }));
    assert.deepEqual([status, headers.get('access-control-allow-origin') !== undefined], [200, true]);
  });

  it('that stops in the middle holds nothing once its client is gone', async () => {
    const socket = connect(edge.port, '127.0.0.1');
    socket.write(`POST /rpc HTTP/1.1\r\nHost: t\r\n${json}Content-Length: 100\r\n\r\n{"jsonrpc"`);
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.destroy();
    assert.equal((await fetch(`${edge.url}/healthz`)).status, 200);
  });
});

interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: unknown;
}

/** Sends bytes, reads to the end of the connection. */
function raw(port: number, bytes: Uint8Array | string): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(parsed(Buffer.concat(chunks).toString())));
    socket.write(bytes);
  });
}

function parsed(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = new Map(
    lines.map((line) => [line.split(': ')[0]?.toLowerCase() ?? '', line.slice(line.indexOf(': ') + 2)]),
  );
  const body = text.slice(end + 4);
  const isJson = headers.get('content-type')?.startsWith('application/json');
  return { status: Number(first.split(' ')[1]), headers, body: body === '' ? null : isJson ? JSON.parse(body) : body };
}
