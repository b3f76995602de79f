// Owns the proof that the commands do what they say, against a data directory on which no node runs.
// What they do on a running node is in control.test.ts.

import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { freePort, startMemcached, startRedis, startSqlServer } from '../support/backends/mod.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { needs } from '../support/needs.ts';
import { freshDataDir, nodeEnv, parla } from '../support/parla-process.ts';

test('each command explains itself', async () => {
  const commands = [
    [],
    ['start'],
    ['operator'],
    ['operator', 'add'],
    ['operator', 'passwd'],
    ['operator', 'list'],
    ['operator', 'remove'],
  ];
  const more = [
    ['site'],
    ['site', 'add'],
    ['site', 'set'],
    ['site', 'list'],
    ['site', 'remove'],
    ['site', 'secret'],
    ['doctor'],
    ['migrate'],
    ['drain'],
    ['top'],
  ];
  for (const command of [...commands, ...more]) {
    const help = await parla([...command, '--help'], {});
    assert.equal(help.status, 0, command.join(' '));
    assert.match(help.stdout, /^Usage: parla/, command.join(' '));
    assert.equal(help.stderr, '');
  }
});

test('an unknown command or option is an error on standard error', async () => {
  for (const args of [['fly'], ['operator', 'fly'], ['start', '--fast'], ['operator', 'add']]) {
    const end = await parla(args, {});
    assert.equal(end.status, 1, args.join(' '));
    assert.equal(end.stdout, '');
    assert.match(end.stderr, /^error: /);
  }
});

test('sites are added, changed, listed and removed, and a second of the same id is refused', async (t) => {
  const env = nodeEnv(freshDataDir(t));
  const added = await parla(
    ['site', 'add', 'shop', '--name', 'The Shop', '--origin', 'https://shop.example', '--json'],
    env,
  );
  assert.equal(added.stderr, '');
  const { site } = JSON.parse(added.stdout);
  assert.deepEqual(
    [site.id, site.name, site.origins, site.hasSecret],
    ['shop', 'The Shop', ['https://shop.example'], false],
  );
  const again = await parla(['site', 'add', 'shop'], env);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /^parla: site shop: .*\n$/);
  const set = await parla(
    ['site', 'set', 'shop', '--color', '#AA0000', '--mode', 'dark', '--locale', 'de', '--keep-query-strings', '--json'],
    env,
  );
  const changed = JSON.parse(set.stdout).site;
  assert.deepEqual(changed.theme, { color: '#aa0000', mode: 'dark' });
  assert.deepEqual([changed.name, changed.locale, changed.keepQueryStrings], ['The Shop', 'de', true]);
  const secret = await parla(['site', 'secret', 'shop'], env);
  assert.equal((await parla(['site', 'secret', 'shop'], env)).stdout, secret.stdout);
  assert.notEqual((await parla(['site', 'secret', 'shop', '--new'], env)).stdout, secret.stdout);
  const listed = JSON.parse((await parla(['site', 'list', '--json'], env)).stdout).sites;
  assert.deepEqual(
    listed.map((one: { id: string; hasSecret: boolean }) => [one.id, one.hasSecret]),
    [['shop', true]],
  );
  assert.equal((await parla(['site', 'remove', 'shop'], env)).status, 0);
  assert.equal((await parla(['site', 'remove', 'shop'], env)).status, 1);
  assert.deepEqual(JSON.parse((await parla(['site', 'list', '--json'], env)).stdout), { sites: [] });
});

test('an operator gets a made password once, or the one from standard input', async (t) => {
  const env = nodeEnv(freshDataDir(t), { PARLA_XMPP_DOMAIN: 'chat.example' });
  assert.match((await parla(['operator', 'add', 'anna'], env)).stderr, /there is no site yet/);
  await parla(['site', 'add', 'shop'], env);
  const made = JSON.parse((await parla(['operator', 'add', 'anna', '--json'], env)).stdout);
  assert.deepEqual(
    [made.operator.jid, made.operator.displayName, made.operator.sites],
    ['anna@chat.example', 'Anna', ['shop']],
  );
  assert.match(made.password, /^([a-z2-9]{4}-){4}[a-z2-9]{4}$/);
  const given = await parla(
    ['operator', 'add', 'ben', '--name', 'Ben H.', '--admin', '--password-stdin', '--json'],
    env,
    'open sesame 1\n',
  );
  assert.deepEqual([JSON.parse(given.stdout).operator.admin, 'password' in JSON.parse(given.stdout)], [true, false]);
  const list = await parla(['operator', 'list', '--json'], env);
  assert.deepEqual(
    JSON.parse(list.stdout).operators.map((one: { name: string }) => one.name),
    ['anna', 'ben'],
  );
  assert.doesNotMatch(list.stdout, /salt|storedKey|scram/);
  const changed = JSON.parse((await parla(['operator', 'passwd', 'anna', '--json'], env)).stdout);
  assert.notEqual(changed.password, made.password);
  assert.equal((await parla(['operator', 'remove', 'anna'], env)).stdout, 'Operator anna is removed.\n');
  assert.match(
    (await parla(['operator', 'remove', 'anna'], env)).stderr,
    /^parla: operator anna: there is none of this name\n$/,
  );
});

test('what cannot be is refused in one line and changes nothing', async (t) => {
  const env = nodeEnv(freshDataDir(t));
  await parla(['site', 'add', 'shop'], env);
  await parla(['site', 'add', 'blog'], env);
  const table: readonly (readonly [readonly string[], string, RegExp])[] = [
    [['operator', 'add', 'Anna'], '', /operator "Anna": allowed/],
    [['operator', 'add', 'anna@localhost'], '', /allowed/],
    [['operator', 'add', 'anna'], '', /there are 2 sites: name one with --site \(blog, shop\)/],
    [['operator', 'add', 'anna', '--site', 'nowhere'], '', /nowhere/],
    [['operator', 'add', 'anna', '--site', 'shop', '--password-stdin'], 'short\n', /allowed is one line of 8 to 256/],
    [['operator', 'add', 'anna', '--site', 'shop', '--password-stdin'], 'two lines\nof text\n', /allowed is one line/],
    [['operator', 'passwd', 'nobody'], '', /there is none of this name/],
    [['site', 'add', '7up'], '', /site "7up": allowed/],
    [['site', 'add', 'new', '--origin', 'shop.example'], '', /--origin "shop.example": allowed/],
    [['site', 'add', 'new', '--origin', 'https://shop.example/path'], '', /allowed/],
    [['site', 'set', 'shop', '--color', 'red'], '', /--color "red": allowed: #rrggbb/],
    [['site', 'set', 'shop', '--locale', 'not a tag'], '', /--locale/],
    [['site', 'set', 'nowhere', '--name', 'x'], '', /there is none of this id/],
    [['site', 'secret', 'nowhere'], '', /there is none of this id/],
    [['drain'], '', /no node runs on PARLA_DATA_DIR=/],
  ];
  for (const [args, stdin, message] of table) {
    const end = await parla(args, env, stdin);
    assert.equal(end.status, 1, args.join(' '));
    assert.equal(end.stdout, '', args.join(' '));
    assert.match(end.stderr, message, args.join(' '));
    assert.doesNotMatch(end.stderr, / at .*\.ts:/, args.join(' '));
  }
  assert.deepEqual(JSON.parse((await parla(['operator', 'list', '--json'], env)).stdout), { operators: [] });
});

test('migrate brings a new data directory to this version, and says so again when there is nothing to do', async (t) => {
  const env = nodeEnv(freshDataDir(t));
  const first = JSON.parse((await parla(['migrate', '--json'], env)).stdout);
  const second = JSON.parse((await parla(['migrate', '--json'], env)).stdout);
  assert.equal(second.migration, first.migration);
  assert(first.applied.length > 0);
  assert.deepEqual(second.applied, []);
});

test('the data directory is closed to other users, and one with other things in it is refused', async (t) => {
  const dataDir = freshDataDir(t);
  await parla(['migrate'], nodeEnv(dataDir));
  assert.equal(statSync(dataDir).mode & 0o777, 0o700);
  const end = await parla(['migrate'], nodeEnv(import.meta.dirname));
  assert.equal(end.status, 1);
  assert.match(end.stderr, /holds other things/);
});

test('doctor passes, warns and fails with 0, 1 and 2', async (t) => {
  const env = nodeEnv(freshDataDir(t));
  const untouched = await parla(['doctor', '--json'], env);
  assert.equal(untouched.status, 0, untouched.stdout);
  await parla(['site', 'add', 'shop'], env);
  const open = await parla(['doctor'], env);
  assert.equal(open.status, 1);
  assert.match(open.stdout, /^WARN +site shop +any website may open sessions/m);
  await parla(['site', 'set', 'shop', '--origin', 'https://shop.example'], env);
  await parla(['operator', 'add', 'anna'], env);
  const closed = await parla(['doctor', '--json'], env);
  assert.deepEqual([closed.status, JSON.parse(closed.stdout).status], [0, 'pass']);
  const wrong = await parla(['doctor'], { ...env, PARLA_THREADS: '900' });
  assert.equal(wrong.status, 2);
  assert.match(wrong.stdout, /^FAIL +settings +PARLA_THREADS is "900"/m);
});

test('doctor looks at every backend at once, says what to do, and one that fails does not hide the others', {
  skip: needs('memcached', 'redis-server'),
}, async (t) => {
  const [redis, memcached] = await Promise.all([
    startRedis({ durable: true, settings: ['--maxmemory-policy', 'allkeys-lru'] }),
    startMemcached(),
  ]);
  t.after(() => Promise.all([redis.stop(), memcached.stop()]));
  const silent = await startFaultProxy(memcached);
  t.after(() => silent.close());
  await silent.set({ type: 'silence' });
  const env = nodeEnv(freshDataDir(t), {
    PARLA_REDIS_URL: redis.url,
    PARLA_MEMCACHED: `127.0.0.1:${memcached.port},127.0.0.1:${silent.port}`,
    PARLA_DATABASE_URL: `mysql://parla:a-test-password@127.0.0.1:${await freePort()}/parla`,
  });
  const text = await parla(['doctor'], env);
  assert.equal(text.status, 2, text.stdout);
  assert.match(text.stdout, /^FAIL +mysql connection +127\.0\.0\.1:\d+: ECONNREFUSED; look at PARLA_DATABASE_URL/m);
  assert.match(
    text.stdout,
    /^WARN +redis eviction +maxmemory-policy is allkeys-lru: .*; CONFIG SET maxmemory-policy noeviction$/m,
  );
  assert.match(
    text.stdout,
    /^FAIL +memcached 127\.0\.0\.1:\d+ connection +no answer within 2 s; look at PARLA_MEMCACHED/m,
  );
  assert.match(text.stdout, /^PASS +memcached 127\.0\.0\.1:\d+ version +\d/m);
  assert.match(text.stdout, /^PASS +leases +Redis keeps two nodes out of one visitor$/m);
  assert(!text.stdout.includes('a-test-password') && text.stderr === '');
  const { status, findings } = JSON.parse((await parla(['doctor', '--json'], env)).stdout);
  assert.equal(status, 'fail');
  const eviction = findings.find(({ check }: { check: string }) => check === 'redis eviction');
  assert.deepEqual([eviction.value, eviction.advice], ['allkeys-lru', 'CONFIG SET maxmemory-policy noeviction']);
});

test('doctor says what memcached without Redis means, and refuses a Redis for some roles only', async (t) => {
  const env = nodeEnv(freshDataDir(t), { PARLA_MEMCACHED: `127.0.0.1:${await freePort()}` });
  const alone = await parla(['doctor'], env);
  assert.match(
    alone.stdout,
    /^WARN +leases +memcached without Redis: nothing keeps two nodes out of one visitor, so run one node only; set PARLA_REDIS_URL before a second node is started$/m,
  );
  const some = await parla(['doctor'], { ...env, PARLA_REDIS_HISTORY_URL: 'redis://127.0.0.1:1' });
  assert.equal(some.status, 2);
  assert.match(
    some.stdout,
    /^FAIL +settings +some roles have a Redis and others none; allowed: PARLA_REDIS_URL, or each of /m,
  );
});

test('doctor reads sites and operators of a database on a server, and changes nothing there', {
  skip: needs('sql-server'),
}, async (t) => {
  const server = await startSqlServer();
  t.after(() => server.stop());
  const env = nodeEnv(freshDataDir(t), { PARLA_DATABASE_URL: server.url });
  const before = await parla(['doctor'], env);
  assert.equal(before.status, 0, before.stdout);
  assert.match(before.stdout, /^PASS +\w+ schema +there are no tables yet: the first start makes them$/m);
  assert.doesNotMatch(before.stdout, /operators/);
  assert.equal((await parla(['migrate'], env)).status, 0);
  const after = await parla(['doctor'], env);
  assert.equal(after.status, 1, after.stdout);
  assert.match(after.stdout, /^WARN +sites +there is none: parla site add ID$/m);
});
