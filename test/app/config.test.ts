// Owns the proof that a bad setting ends the start with its name, its value and what is allowed.
// It never starts a node.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { redisOf } from '../../app/backends.ts';
import { settingsTable, settingsText } from '../../app/cli/settings-text.ts';
import { environment, readConfig } from '../../app/config.ts';
import { laterSettings, settings } from '../../app/settings.ts';

const port = '0 to 65535; 0 is any free port';
const secret = '16 or more ASCII characters without spaces';

/** Setting, value, and what the message must hold after `NAME is VALUE; allowed: `. */
const bad: readonly (readonly [name: string, value: string, allowed: string])[] = [
  ['PARLA_HOST', 'not a host', 'an IP address or a host name'],
  ['PARLA_HOST', 'http://127.0.0.1', 'an IP address or a host name'],
  ['PARLA_HTTP_PORT', '65536', port],
  ['PARLA_HTTP_PORT', '-1', port],
  ['PARLA_HTTP_PORT', '80.5', port],
  ['PARLA_HTTP_PORT', '0x50', port],
  ['PARLA_HTTP_PORT', 'http', port],
  ['PARLA_XMPP_PORT', '99999', port],
  ['PARLA_XMPPS_PORT', '1e3', port],
  ['PARLA_XMPP_DOMAIN', 'Example.org', 'a lower-case domain name of at most 200 characters'],
  ['PARLA_XMPP_DOMAIN', 'exa mple', 'a lower-case domain name of at most 200 characters'],
  ['PARLA_XMPP_DOMAIN', '-a.example', 'a lower-case domain name of at most 200 characters'],
  ['PARLA_XMPP_DOMAIN', `${'a.'.repeat(100)}a`, 'a lower-case domain name of at most 200 characters'],
  ['PARLA_XMPP_PLAINTEXT', 'yes', 'never, loopback'],
  ['PARLA_PUBLIC_URL', 'chat.example.org', 'http:// or https://, a host and perhaps a port, no path'],
  ['PARLA_PUBLIC_URL', 'https://chat.example.org/chat', 'http:// or https://, a host and perhaps a port, no path'],
  ['PARLA_PUBLIC_URL', 'ftp://chat.example.org', 'http:// or https://, a host and perhaps a port, no path'],
  ['PARLA_PUBLIC_URL', 'https://user@chat.example.org', 'http:// or https://, a host and perhaps a port, no path'],
  ['PARLA_NODE', 'Node 1', '1 to 32 of a-z 0-9 -'],
  ['PARLA_NODE', 'n'.repeat(33), '1 to 32 of a-z 0-9 -'],
  ['PARLA_THREADS', '0', '1 to 64'],
  ['PARLA_THREADS', '65', '1 to 64'],
  ['PARLA_THREADS', 'all', '1 to 64'],
  ['PARLA_TRUSTED_PROXIES', 'proxy.example.org', 'addresses or networks (10.0.0.0/8), separated by commas'],
  ['PARLA_TRUSTED_PROXIES', '10.0.0.0/8,*', 'addresses or networks (10.0.0.0/8), separated by commas'],
  ['PARLA_LIMIT_MESSAGES_PER_MINUTE', '0', '1 to 1000000'],
  ['PARLA_LIMIT_RPCS_PER_SECOND', '1000001', '1 to 1000000'],
  ['PARLA_MEMCACHED', 'cache.example.org', 'host:port, separated by commas'],
  ['PARLA_MEMCACHED', 'cache.example.org:0', 'host:port, separated by commas'],
  ['PARLA_MEMCACHED', 'a b:11211', 'host:port, separated by commas'],
  ['PARLA_RETENTION_DAYS', '30', '0 (for ever); up to 3650 in a later version'],
  ['PARLA_LOG_LEVEL', 'verbose', 'debug, info, warn, error'],
];

function faultOf(env: { readonly [name: string]: string }): string {
  try {
    readConfig(env);
  } catch (error) {
    assert(error instanceof Error);
    assert.equal(error.name, 'UserError');
    return error.message;
  }
  return '';
}

for (const [name, value, allowed] of bad) {
  test(`${name}=${value.slice(0, 40)} is refused with its value and what is allowed`, () => {
    assert.equal(faultOf({ [name]: value }), `${name} is ${JSON.stringify(value)}; allowed: ${allowed}`);
  });
}

for (const name of ['PARLA_SECRET', 'PARLA_SECRET_PREVIOUS', 'PARLA_ADMIN_TOKEN']) {
  test(`a ${name} that is too short or has spaces is refused and never printed`, () => {
    assert.equal(faultOf({ [name]: 'fifteen-letters' }), `${name} is (not shown); allowed: ${secret}`);
    assert.equal(faultOf({ [name]: 'a secret with spaces in it' }), `${name} is (not shown); allowed: ${secret}`);
    assert.equal(faultOf({ [name]: 'sixteen-letters-' }), '');
  });
}

test('settings of parts that are not built are refused, not ignored', () => {
  for (const { name, part } of laterSettings) {
    assert.equal(
      faultOf({ [name]: 'x' }),
      `${name} is set, but ${part} is not supported in this version: remove the setting`,
    );
  }
});

for (const [name, value] of [
  ['PARLA_DATABASE_URL', 'mysql://parla:a-password@db.example.org'],
  ['PARLA_DATABASE_URL', 'mysql://:a-password@db.example.org/parla'],
  ['PARLA_DATABASE_URL', 'postgres://parla:a-password@db.example.org/parla'],
  ['PARLA_DATABASE_URL', 'sqlite:'],
  ['PARLA_REDIS_URL', 'http://:a-password@cache.example.org'],
  ['PARLA_REDIS_URL', 'redis://:a-password@cache.example.org:99999'],
  ['PARLA_REDIS_SESSIONS_URL', 'redis-sentinel://:a-password@cache.example.org'],
  ['PARLA_REDIS_HISTORY_URL', 'redis-cluster://:a-password@one.example.org,two.example.org/3'],
] as const) {
  test(`${name}=${value} is refused with what is allowed, and never printed`, () => {
    const fault = faultOf({ [name]: value });
    assert.match(fault, new RegExp(`^${name} is \\(not shown\\); allowed: `));
    assert.doesNotMatch(fault, /a-password|example\.org/);
  });
}

test('each backend that is configured reaches the node as it was named', () => {
  const config = readConfig({
    PARLA_DATABASE_URL: 'mysql://parla:a-password@db.example.org:3307/parla',
    PARLA_MEMCACHED: 'one.example.org:11211, [::1]:11212',
    PARLA_REDIS_URL: 'redis://:a-password@cache.example.org/2',
  });
  assert.deepEqual(config.databaseUrl, {
    engine: 'mysql',
    url: 'mysql://parla:a-password@db.example.org:3307/parla',
  });
  assert.deepEqual(config.memcached, [
    { host: 'one.example.org', port: 11_211 },
    { host: '::1', port: 11_212 },
  ]);
  assert.equal(redisOf(config)?.sessions, 'redis://:a-password@cache.example.org/2');
});

test('a Redis for one role only is refused, because the others would have none', () => {
  assert.throws(
    () => redisOf(readConfig({ PARLA_REDIS_HISTORY_URL: 'redis://cache.example.org' })),
    /^UserError: some roles have a Redis and others none; allowed: PARLA_REDIS_URL, or each of PARLA_REDIS_SESSIONS_URL/,
  );
});

test('every fault is named at once', () => {
  assert.equal(faultOf({ PARLA_THREADS: '0', PARLA_HTTP_PORT: 'x', PARLA_REDIS_URL: 'r' }).split('\n').length, 3);
});

test('passwords in the clear are refused where the host is not loopback', () => {
  for (const host of ['0.0.0.0', '::', '192.168.1.5', 'chat.example.org', '127.example.org']) {
    assert.match(
      faultOf({ PARLA_HOST: host, PARLA_XMPP_PLAINTEXT: 'loopback' }),
      /^PARLA_XMPP_PLAINTEXT is "loopback" while PARLA_HOST is .*; allowed: loopback only with/,
    );
  }
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) {
    assert.equal(faultOf({ PARLA_HOST: host, PARLA_XMPP_PLAINTEXT: 'loopback' }), '');
  }
});

test('certificate and key come together', () => {
  assert.equal(
    faultOf({ PARLA_TLS_CERT: 'c.pem' }),
    'PARLA_TLS_CERT is set and PARLA_TLS_KEY is not; allowed: both or neither',
  );
  assert.equal(
    faultOf({ PARLA_TLS_KEY: 'k.pem' }),
    'PARLA_TLS_KEY is set and PARLA_TLS_CERT is not; allowed: both or neither',
  );
});

test('two listeners cannot share a port, but several may take any free one', () => {
  assert.equal(
    faultOf({ PARLA_XMPP_PORT: '8080' }),
    'PARLA_XMPP_PORT is "8080", the same as PARLA_HTTP_PORT; allowed: a port of its own, or 0',
  );
  assert.equal(faultOf({ PARLA_HTTP_PORT: '0', PARLA_XMPP_PORT: '0', PARLA_XMPPS_PORT: '0' }), '');
});

test('without any setting the documented defaults hold', () => {
  const config = readConfig({});
  assert.equal(config.host, '127.0.0.1');
  assert.deepEqual([config.httpPort, config.xmppPort, config.xmppsPort], [8080, 5222, 5223]);
  assert.equal(config.xmppDomain, 'localhost');
  assert.equal(config.xmppPlaintext, 'never');
  assert.equal(config.dataDir, join(process.cwd(), 'data'));
  assert.deepEqual(config.databaseUrl, { engine: 'sqlite', path: 'parla.db' });
  assert.equal(config.logLevel, 'info');
  assert.deepEqual(config.trustedProxies, []);
  assert(config.threads >= 1);
  assert.match(config.node, /^[a-z0-9][a-z0-9-]*$/);
});

test('a setting that is set to nothing counts as not set', () => {
  assert.equal(readConfig({ PARLA_HTTP_PORT: ' ', PARLA_REDIS_URL: '' }).httpPort, 8080);
});

test('a name that means nothing is pointed out, except those of test runs', () => {
  assert.deepEqual(readConfig({ PARLA_HTPP_PORT: '1', PARLA_TEST_ALL: '1', HOME: '/' }).unknown, ['PARLA_HTPP_PORT']);
});

test('.env completes the environment and never overrides it', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'parla-env-'));
  writeFileSync(join(directory, '.env'), 'PARLA_HTTP_PORT=18080\nPARLA_LOG_LEVEL="warn"\n# PARLA_THREADS=9\n');
  const before = process.env.PARLA_LOG_LEVEL;
  t.after(() => {
    if (before === undefined) delete process.env.PARLA_LOG_LEVEL;
    else process.env.PARLA_LOG_LEVEL = before;
  });
  process.env.PARLA_LOG_LEVEL = 'error';
  const config = readConfig(environment(directory));
  assert.equal(config.httpPort, 18080);
  assert.equal(config.logLevel, 'error');
});

test('--help shows every setting with its default and range', () => {
  for (const row of Object.values(settings)) {
    assert(settingsText().includes(row.name) && settingsText().includes(row.range), row.name);
  }
});

test('the table of settings in README is the one that the program checks by', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
  assert(readme.includes(settingsTable()), `README.md must hold:\n${settingsTable()}`);
});
