// Owns the proof of what doctor says of each backend: real servers, in order and out of it, and behind a proxy that harms.
// What the command makes of it (its lines, JSON, exit status) is proven with the commands.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it, type TestContext } from 'node:test';
import { mysqlFindings } from '../../stores/doctor/mysql.ts';
import type { MysqlFacts } from '../../stores/doctor/mysql-facts.ts';
import { rightsOf } from '../../stores/doctor/mysql-grants.ts';
import { openJournalFile } from '../../stores/journal/journal-file.ts';
import {
  type BackendFinding,
  examineJournal,
  examineMemcached,
  examineMysql,
  examineRedis,
  examineSqlite,
  openStore,
} from '../../stores/mod.ts';
import {
  type SqlServer,
  sqlFlavour,
  sqlServerName,
  startMemcached,
  startRedis,
  startSentinel,
  startSqlServer,
} from '../support/backends/mod.ts';
import { type Fault, type FaultProxy, garbage, startFaultProxy } from '../support/fault-proxy.ts';
import { emptied } from '../support/mysql.ts';
import { needs } from '../support/needs.ts';
import { adminOf } from '../support/redis-admin.ts';
import { eventually } from '../support/runtime-node.ts';
import { temporaryDirectory } from '../support/temporary.ts';

type Findings = readonly BackendFinding[];

/** What is not well, one line each. */
function troubles(findings: Findings): readonly string[] {
  return findings.filter(({ status }) => status !== 'pass').map(written);
}

function line(findings: Findings, check: string): string {
  const found = findings.find((one) => one.check === check);
  assert(found !== undefined, `${check} is not among ${findings.map((one) => one.check).join(', ')}`);
  return written(found);
}

function written({ status, check, message }: BackendFinding): string {
  return `${status.toUpperCase()} ${check}: ${message}`;
}

async function proxyTo(t: TestContext, target: { readonly port: number }, fault: Fault): Promise<FaultProxy> {
  const proxy = await startFaultProxy(target);
  t.after(() => proxy.close());
  await proxy.set(fault);
  return proxy;
}

/** Silent servers cost their two seconds, and no look waits longer. */
async function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  const took = performance.now() - began;
  assert(took < ms, `it took ${took.toFixed(0)} ms`);
  return result;
}

const patienceMs = 5_000;
const faults: readonly [string, Fault][] = [
  ['silent', { type: 'silence' }],
  ['absent', { type: 'absent' }],
  ['talking garbage', { type: 'rewrite', reply: () => garbage(200) }],
  ['cut short and silent', { type: 'cut', afterBytes: 7, ending: 'silence' }],
  ['cut short and reset', { type: 'cut', afterBytes: 7, ending: 'reset' }],
];

describe(`doctor at ${sqlServerName}`, { skip: needs('sql-server') }, () => {
  let server: SqlServer;
  before(async () => {
    server = await startSqlServer();
  });
  after(() => server.stop());

  const account = (rights: string, password = 'another-password') =>
    server.asAdministrator(async (connection) => {
      await connection.query("DROP USER IF EXISTS limited@'127.0.0.1'");
      await connection.query(`CREATE USER limited@'127.0.0.1' IDENTIFIED BY '${password}'`);
      if (rights !== '') await connection.query(`GRANT ${rights} TO limited@'127.0.0.1'`);
      return `mysql://limited:${password}@127.0.0.1:${server.port}/${server.database}`;
    });

  it('passes a server that is as it must be, and leaves nothing behind there', async () => {
    const url = await emptied(server);
    const fresh = await examineMysql(url);
    assert.deepEqual(troubles(fresh), []);
    assert.equal(
      line(fresh, `${sqlFlavour} schema`),
      `PASS ${sqlFlavour} schema: there are no tables yet: the first start makes them`,
    );
    const tables = await server.asAdministrator(async (connection) => {
      const [rows] = await connection.query('SELECT * FROM information_schema.tables WHERE table_schema = ?', [
        'parla',
      ]);
      return rows;
    });
    assert.deepEqual(tables, []);
    const store = openStore(url);
    const { migration } = await store.migrate();
    store.close();
    const migrated = await examineMysql(url);
    assert.equal(
      line(migrated, `${sqlFlavour} schema`),
      `PASS ${sqlFlavour} schema: is at this version (${migration})`,
    );
    assert.equal(
      line(migrated, `${sqlFlavour} text`),
      `PASS ${sqlFlavour} text: a four-byte emoji comes back whole through a table`,
    );
    assert.match(
      line(migrated, `${sqlFlavour} clock`),
      /^PASS \w+ clock: its clock is \d+ ms (ahead of|behind) this machine's$/,
    );
  });

  it('tells a wrong password, a missing right to the database and a missing database apart, and repeats no password', async () => {
    const at = `127.0.0.1:${server.port}`;
    const wrong = await examineMysql(server.url.replace(server.password, 'guessed-wrong'));
    assert.deepEqual(troubles(wrong), [
      `FAIL mysql credentials: ${at}: user or password is wrong, or this user may not come from this machine`,
    ]);
    const stranger = await account('');
    assert.deepEqual(troubles(await examineMysql(stranger)), [
      `FAIL mysql credentials: ${at}: the password is right, and the account has no right in this database`,
    ]);
    const everywhere = await account('SELECT ON *.*');
    const nowhere = await examineMysql(everywhere.replace(/parla$/, 'elsewhere'));
    assert.deepEqual(troubles(nowhere), [
      `FAIL mysql credentials: ${at}: the password is right, and there is no such database`,
    ]);
    const text = JSON.stringify([wrong, await examineMysql(stranger), nowhere]);
    for (const secret of ['guessed-wrong', 'another-password', server.password]) assert(!text.includes(secret));
  });

  it('names the rights that are missing, and warns of an account that administrates the server', async () => {
    await emptied(server);
    const reader = await examineMysql(await account('SELECT, INSERT ON parla.*'));
    assert.equal(
      line(reader, `${sqlFlavour} grants`),
      `FAIL ${sqlFlavour} grants: the account lacks UPDATE, DELETE, CREATE, ALTER, INDEX, DROP, REFERENCES, CREATE VIEW: it cannot work`,
    );
    const worker = await examineMysql(await account('SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX ON parla.*'));
    assert.equal(
      line(worker, `${sqlFlavour} grants`),
      `FAIL ${sqlFlavour} grants: the account lacks DROP, REFERENCES, CREATE VIEW: it cannot migrate`,
    );
    assert.match(
      line(worker, `${sqlFlavour} text`),
      /^PASS .* through the connection; the account may make no temporary table/,
    );
    const root = await examineMysql(await account('ALL ON *.*'));
    assert.equal(
      line(root, `${sqlFlavour} grants`),
      `WARN ${sqlFlavour} grants: the account administrates the whole server (rights ON *.*)`,
    );
    assert(!JSON.stringify([reader, worker, root]).includes('IDENTIFIED'));
  });

  it('says in words what a crash would lose, and that a server is read-only, full, or too small', async (t) => {
    const url = await emptied(server);
    const set = (sql: string) => server.asAdministrator((connection) => connection.query(sql));
    t.after(() =>
      set(
        'SET GLOBAL innodb_flush_log_at_trx_commit = 1, read_only = 0, max_allowed_packet = 16777216, max_connections = 151',
      ),
    );
    await set(
      'SET GLOBAL innodb_flush_log_at_trx_commit = 2, read_only = 1, max_allowed_packet = 1048576, max_connections = 10',
    );
    const findings = await server.asAdministrator(() =>
      server.asAdministrator(() => server.asAdministrator(() => examineMysql(url))),
    );
    assert.deepEqual(
      troubles(findings).map((one) => one.replace(/\d+ of 10/, 'n of 10')),
      [
        `WARN ${sqlFlavour} durability: a crash of its machine loses what was said in about the last second (innodb_flush_log_at_trx_commit=2)`,
        `FAIL ${sqlFlavour} writes: the server is read-only (a replica?)`,
        `FAIL ${sqlFlavour} packet: max_allowed_packet is 1 MiB; needed: 8 MiB`,
        `WARN ${sqlFlavour} connections: n of 10 connections are in use; a node uses up to 8`,
      ],
    );
    await set('SET GLOBAL innodb_flush_log_at_trx_commit = 0');
    assert.match(
      line(await examineMysql(url), `${sqlFlavour} durability`),
      /^WARN .*: a crash of the server loses what was said in about the last second/,
    );
  });

  it('tells an older, a newer and a foreign database apart', async () => {
    const url = await emptied(server);
    const store = openStore(url);
    await store.migrate();
    store.close();
    const change = (sql: string) =>
      server.asAdministrator(async (connection) => {
        await connection.changeUser({ database: server.database });
        await connection.query(sql);
      });
    await change("DELETE FROM migrations WHERE name >= '0006'");
    assert.equal(
      line(await examineMysql(url), `${sqlFlavour} schema`).split(/(?<=done:)/)[0],
      `WARN ${sqlFlavour} schema: 1 migrations are to be done:`,
    );
    await change("INSERT INTO migrations VALUES ('9999_later', 'now')");
    assert.match(
      troubles(await examineMysql(url)).join(),
      /^FAIL mysql schema: the database was written by a newer version of Parla \(it holds migration 9999_later/,
    );
    await emptied(server);
    await change('CREATE TABLE entries (id INT)');
    assert.match(
      troubles(await examineMysql(url)).join(),
      /^FAIL mysql schema: the database holds a table entries of another program/,
    );
  });

  for (const [name, fault] of faults) {
    it(`says so within its time when the server is ${name}`, async (t) => {
      const proxy = await proxyTo(t, server, fault);
      const url = server.url.replace(String(server.port), String(proxy.port));
      const findings = await within(patienceMs, () => examineMysql(url));
      assert.equal(findings.length, 1);
      assert.match(troubles(findings).join(), new RegExp(`^FAIL mysql connection: 127\\.0\\.0\\.1:${proxy.port}: .+`));
    });
  }
});

describe('the rules for MySQL', () => {
  const facts: MysqlFacts = {
    flavour: 'mysql',
    version: '8.4.3',
    connectMs: 1,
    skewMs: 0,
    zoneSeconds: 0,
    text: { same: true, through: 'table' },
    sqlMode: 'STRICT_TRANS_TABLES',
    readOnly: false,
    flushAtCommit: 1,
    syncBinlog: 1,
    packetBytes: 64 * 1_024 * 1_024,
    connections: { max: 151, perUserMax: 0, used: 1 },
    grants: ['GRANT ALL PRIVILEGES ON `parla`.* TO `parla`@`%`'],
    standing: { migration: '0006_times', isNew: false, missing: [] },
  };
  const judged = (more: Partial<MysqlFacts>) =>
    troubles(mysqlFindings({ ...facts, ...more }, { host: 'db', port: 3_306, database: 'parla' }));

  it('pass what is well, and judge each part by itself', () => {
    assert.deepEqual(judged({}), []);
    assert.deepEqual(judged({ version: '5.7.44' }), ['FAIL mysql version: 5.7.44; needed: MySQL 8.0 or newer']);
    assert.deepEqual(judged({ flavour: 'mariadb', version: '10.5.8-MariaDB' }), [
      'FAIL mariadb version: 10.5.8-MariaDB; needed: MariaDB 10.6 or newer',
    ]);
    assert.deepEqual(judged({ flavour: 'mariadb', version: '5.5.5-11.4.2-MariaDB' }), []);
    assert.deepEqual(judged({ skewMs: -1_500 }), ["WARN mysql clock: its clock is 1.5 s behind this machine's"]);
    assert.deepEqual(judged({ skewMs: 61_000 }), ["FAIL mysql clock: its clock is 61.0 s ahead of this machine's"]);
    assert.deepEqual(judged({ syncBinlog: 0 }), [
      'WARN mysql durability: after a crash its replicas may lack messages that it has (innodb_flush_log_at_trx_commit=1, sync_binlog=0)',
    ]);
    assert.deepEqual(judged({ text: { same: false, through: 'table' } }), [
      'FAIL mysql text: a four-byte emoji does not come back through a table',
    ]);
    assert.deepEqual(judged({ sqlMode: '' }), [
      'FAIL mysql sql_mode: a value that does not fit is cut without an error',
    ]);
    assert.deepEqual(judged({ zoneSeconds: 3_600 }), [
      'FAIL mysql time zone: connections are 3600 s away from UTC although they ask for it',
    ]);
    assert.deepEqual(judged({ connections: { max: 151, perUserMax: 4, used: 1 } }), [
      'FAIL mysql connections: 1 of 151 connections are in use, at most 4 by one account; a node uses up to 8',
    ]);
  });

  it('read patterns, escapes and roles in grants', () => {
    const has = (...grants: string[]) => [...rightsOf(grants, 'my_chat').here];
    assert.deepEqual(has('GRANT SELECT, INSERT ON `my\\_chat`.* TO `a`@`%`'), ['SELECT', 'INSERT']);
    assert.deepEqual(has('GRANT SELECT ON `my%`.* TO `a`@`%`'), ['SELECT']);
    assert.deepEqual(has('GRANT SELECT ON `my\\_chat2`.* TO `a`@`%`', 'GRANT USAGE ON *.* TO `a`@`%`'), ['USAGE']);
    assert.deepEqual(has('GRANT SELECT ON `my.chat`.* TO `a`@`%`'), []);
    assert(rightsOf(['GRANT `writer`@`%` TO `a`@`%`'], 'my_chat').hasRoles);
    assert.deepEqual(judged({ grants: ['GRANT `writer`@`%` TO `a`@`%`'] }).length, 1);
    assert.match(judged({ grants: ['GRANT `writer`@`%` TO `a`@`%`'] }).join(), /^WARN .* unless a role gives it$/);
  });
});

describe('doctor at Redis', { skip: needs('redis-server') }, () => {
  const started = async (t: TestContext, options: Parameters<typeof startRedis>[0] = {}) => {
    const server = await startRedis(options);
    t.after(() => server.stop());
    return server;
  };
  const one = (url: string) => examineRedis({ sessions: url, history: url, presence: url });

  it('passes a server that is as it must be, with its figures', async (t) => {
    const server = await started(t, { durable: true, password: 'a-test-password' });
    const findings = await one(server.url);
    assert.deepEqual(troubles(findings), []);
    assert.match(line(findings, 'redis connection'), /^PASS redis connection: 127\.0\.0\.1:\d+ answers in \d+ ms$/);
    assert.equal(
      line(findings, 'redis persistence'),
      'PASS redis persistence: append-only file, appendfsync always: a crash loses nothing',
    );
    assert.equal(
      line(findings, 'redis eviction'),
      'PASS redis eviction: it forgets nothing before its time (noeviction)',
    );
    assert(!JSON.stringify(findings).includes('a-test-password'));
  });

  it('warns of an evicting policy, of full memory and of no persistence, with what to set', async (t) => {
    const server = await started(t, { settings: ['--maxmemory', '1mb', '--maxmemory-policy', 'allkeys-lru'] });
    const findings = await one(server.url);
    assert.equal(
      line(findings, 'redis eviction'),
      'WARN redis eviction: maxmemory-policy is allkeys-lru: when it is full, leases may be dropped, and two nodes may take one visitor',
    );
    assert.equal(
      findings.find(({ check }) => check === 'redis eviction')?.advice,
      'CONFIG SET maxmemory-policy noeviction',
    );
    assert.match(line(findings, 'redis memory'), /^(PASS|WARN) redis memory: [\d.]+ MiB of 1 MiB in use$/);
    assert.equal(
      line(findings, 'redis persistence'),
      'WARN redis persistence: none: a crash or a restart of it loses all sessions and leases; conversations are in the database',
    );
  });

  it('says what a crash loses with snapshots, and with a file that is synced each second', async (t) => {
    const snapshots = await one((await started(t, { settings: ['--save', '900 1'] })).url);
    assert.equal(
      line(snapshots, 'redis persistence'),
      'PASS redis persistence: snapshots: a crash loses what changed since its last snapshot (save 900 1) of sessions and leases; conversations are in the database',
    );
    const each = await one((await started(t, { durable: true, settings: ['--appendfsync', 'everysec'] })).url);
    assert.equal(
      line(each, 'redis persistence'),
      'PASS redis persistence: append-only file, appendfsync everysec: a crash loses about the last second of sessions and leases; conversations are in the database',
    );
  });

  it('fails a wrong password, a missing one, and a replica', async (t) => {
    const server = await started(t, { password: 'a-test-password' });
    const at = `127.0.0.1:${server.port}`;
    const wrong = await one(`redis://:guessed-wrong@${at}`);
    assert.deepEqual(troubles(wrong), [`FAIL redis credentials: ${at}: user or password is wrong`]);
    assert(!JSON.stringify(wrong).includes('guessed-wrong'));
    assert.deepEqual(troubles(await one(`redis://${at}`)), [
      `FAIL redis credentials: ${at}: it wants a password and the address has none`,
    ]);
    const replica = await started(t, { settings: ['--replicaof', `127.0.0.1 ${server.port}`] });
    assert.equal(
      line(await one(replica.url), 'redis role'),
      'FAIL redis role: it is a replica (slave) and takes no writes',
    );
  });

  it('looks at each role that has a Redis of its own, and names it', async (t) => {
    const [first, second] = [await started(t, { durable: true }), await started(t, { durable: true })];
    const findings = await examineRedis({ sessions: first.url, history: second.url, presence: first.url });
    assert.equal(line(findings, 'redis sessions+presence role'), 'PASS redis sessions+presence role: it is a master');
    assert.equal(line(findings, 'redis history role'), 'PASS redis history role: it is a master');
    await second.kill();
    const after = await examineRedis({ sessions: first.url, history: second.url, presence: first.url });
    assert.deepEqual(troubles(after), [`FAIL redis history connection: 127.0.0.1:${second.port}: ECONNREFUSED`]);
  });

  it('reaches a Cluster by its form of address', async (t) => {
    const server = await started(t, {
      durable: true,
      settings: ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'],
    });
    const admin = adminOf(server);
    await admin('CLUSTER ADDSLOTSRANGE 0 16383');
    const whole =
      'WARN redis coverage: while one part has no master, the whole Cluster refuses everything (cluster-require-full-coverage)';
    // It serves only some time after it has its slots.
    const findings = await eventually(
      () => one(`redis-cluster://127.0.0.1:${server.port}`),
      (found) => troubles(found).join() === whole,
    );
    assert.match(line(findings, 'redis connection'), /^PASS redis connection: 127\.0\.0\.1:\d+ answers/);
    await admin('CONFIG SET cluster-require-full-coverage no');
    assert.deepEqual(troubles(await one(`redis-cluster://127.0.0.1:${server.port}`)), []);
  });

  it('reaches a master by way of its Sentinels', async (t) => {
    const server = await started(t, { durable: true });
    const sentinel = await startSentinel();
    t.after(() => sentinel.stop());
    await adminOf(sentinel)(`SENTINEL MONITOR chat 127.0.0.1 ${server.port} 1`);
    const findings = await one(`redis-sentinel://127.0.0.1:${sentinel.port}/chat`);
    assert.deepEqual(troubles(findings), []);
    assert.equal(line(findings, 'redis role'), 'PASS redis role: it is a master');
  });

  it('warns of a server elsewhere that wants no password', { skip: outerAddress() === null }, async (t) => {
    const server = await started(t, { durable: true, settings: ['--bind', '0.0.0.0', '--protected-mode', 'no'] });
    assert.deepEqual(troubles(await one(`redis://${outerAddress()}:${server.port}`)), [
      'WARN redis access: it is not on this machine and the address has no password: whoever reaches it reads and writes sessions',
    ]);
  });

  for (const [name, fault] of faults) {
    it(`says so within its time when the server is ${name}`, async (t) => {
      const proxy = await proxyTo(t, await started(t), fault);
      const findings = await within(patienceMs, () => one(`redis://127.0.0.1:${proxy.port}`));
      assert.equal(findings.length, 1);
      assert.match(troubles(findings).join(), new RegExp(`^FAIL redis connection: 127\\.0\\.0\\.1:${proxy.port}: .+`));
    });
  }
});

describe('doctor at memcached', { skip: needs('memcached') }, () => {
  it('passes each server that listens on this machine only, with its figures', async (t) => {
    const servers = await Promise.all([startMemcached(), startMemcached({ megabytes: 16 })]);
    t.after(() => Promise.all(servers.map((server) => server.stop())));
    const findings = await examineMemcached(servers);
    assert.deepEqual(troubles(findings), []);
    const [first, second] = servers.map(({ port }) => `memcached 127.0.0.1:${port}`);
    assert.equal(line(findings, `${first} item size`), `PASS ${first} item size: values of up to 1 MiB`);
    assert.equal(
      line(findings, `${second} memory`),
      `PASS ${second} memory: 0 MiB of 16 MiB in use, 0 evictions since it started`,
    );
    assert.equal(line(findings, `${first} access`), `PASS ${first} access: listens on 127.0.0.1 only`);
  });

  for (const [name, fault] of faults) {
    it(`says so within its time when the server is ${name}`, async (t) => {
      const server = await startMemcached();
      t.after(() => server.stop());
      const proxy = await proxyTo(t, server, fault);
      const findings = await within(patienceMs, () => examineMemcached([proxy]));
      assert.equal(findings.length, 1);
      assert.match(
        troubles(findings).join(),
        new RegExp(`^FAIL memcached 127\\.0\\.0\\.1:${proxy.port} connection: .+`),
      );
    });
  }
});

describe('doctor at files', () => {
  const place = (t: TestContext) => {
    const directory = temporaryDirectory();
    t.after(() => directory.remove());
    return directory.path;
  };

  it('passes a database that is whole, and fails one that is damaged or of a newer version', async (t) => {
    const path = join(place(t), 'parla.db');
    assert.equal(line(await examineSqlite(path), 'sqlite file'), 'PASS sqlite file: is made by the first start');
    const store = openStore(path);
    await store.migrate();
    store.close();
    const whole = await examineSqlite(path);
    assert.equal(line(whole, 'sqlite integrity'), 'PASS sqlite integrity: the quick check finds nothing');
    assert.equal(
      line(whole, 'sqlite durability'),
      'PASS sqlite durability: journal_mode=wal, synchronous=FULL: a crash loses nothing that was acknowledged',
    );
    assert.match(line(whole, 'sqlite disk'), /sqlite disk: [\d.]+ GiB free on the disk of /);
    const database = new DatabaseSync(path);
    database.exec("INSERT INTO migrations VALUES ('9999_later', 'now')");
    database.close();
    assert.match(
      troubles(await examineSqlite(path)).join(),
      /^FAIL sqlite file: .* was written by a newer version of Parla/,
    );
    writeFileSync(path, 'this is no database, and was never one: '.repeat(100));
    assert.match(
      troubles(await examineSqlite(path)).join(),
      /^FAIL sqlite file: .* is damaged, or is not a SQLite database/,
    );
  });

  it('finds a page that is not as it must be', async (t) => {
    const path = join(place(t), 'parla.db');
    const store = openStore(path);
    await store.migrate();
    store.close();
    const database = new DatabaseSync(path);
    const { rootpage } = database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'marks'").get() ?? {};
    database.close();
    const bytes = readFileSync(path);
    bytes.fill(0xff, (Number(rootpage) - 1) * 4_096, Number(rootpage) * 4_096);
    writeFileSync(path, bytes);
    assert.deepEqual(troubles(await examineSqlite(path)), ['FAIL sqlite integrity: the file is damaged']);
  });

  it('measures the disk of the journal, and tells what waits and what was set aside', async (t) => {
    const directory = place(t);
    const path = join(directory, 'journal.db');
    const empty = await examineJournal(path);
    assert.match(
      line(empty, 'journal speed'),
      /^\w+ journal speed: a write is on the disk after [\d.]+ ms, at most [\d.]+ ms/,
    );
    assert.equal(line(empty, 'journal waiting'), 'PASS journal waiting: nothing waits');
    assert.deepEqual(readdirSync(directory), []);
    const { database } = openJournalFile(path, 0);
    const group = `INSERT INTO groups (room, site, pos, last_pos, fence, entries, bytes, at, payload, crc)
      VALUES ('r', 's', ?, 1, 1, ?, 1, ?, '[]', 1)`;
    database.prepare(group).run(1, 2, 1_767_323_045_000);
    database.prepare(group).run(2, 3, 1_767_323_046_000);
    database.exec("INSERT INTO aside VALUES (1, 'r', 'damaged', 1, 1, '[]')");
    database.close();
    const full = await examineJournal(path);
    assert.equal(
      line(full, 'journal waiting'),
      'WARN journal waiting: 5 entries wait for the database, the oldest since 2026-01-02T03:04:05.000Z',
    );
    assert.equal(
      line(full, 'journal set aside'),
      'WARN journal set aside: 1 groups could not be stored and were set aside',
    );
  });

  it('says why nothing can be measured where nothing can be written', async (t) => {
    const file = join(place(t), 'file');
    writeFileSync(file, '');
    assert.match(line(await examineJournal(join(file, 'journal.db')), 'journal speed'), /^FAIL .*: ENOTDIR$/);
  });
});

function outerAddress(): string | null {
  const all = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? null;
}
