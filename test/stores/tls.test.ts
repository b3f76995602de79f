// Owns the promises of a Redis and a MariaDB under TLS: used where the certificate is one to trust, and otherwise not used,
// with a reason that a person can act on, without a hang and without a storm of connections.

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type BackendFinding, examineMysql, examineRedis, openStore, StoreOpenError } from '../../stores/mod.ts';
import { nodesKey } from '../../stores/redis/keys.ts';
import {
  freePort,
  type SqlServer,
  sqlFlavour,
  sqlServerName,
  startRedis,
  startSentinel,
  startSqlServer,
} from '../support/backends/mod.ts';
import { gatesOf, startCacheNode } from '../support/cache-node.ts';
import { type Authority, authority, type Certificate } from '../support/certificates.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { needs } from '../support/needs.ts';
import { freshDataDir, nodeEnv, parla, startNodeProcess } from '../support/parla-process.ts';
import { adminOf } from '../support/redis-admin.ts';
import { openSession } from '../support/redis-crowd.ts';
import { eventually, Stopwatch } from '../support/stopwatch.ts';

const soonMsMax = 10_000;
const callMsMax = 300;
const watchedMs = 1_500;
const ours = 'DNS:localhost,IP:127.0.0.1';

describe('a Redis under TLS', { skip: needs('redis-server', 'openssl') }, () => {
  it('is used by a node that was told of the authority by NODE_EXTRA_CA_CERTS, by its name and by its address', async (t) => {
    const signer = authority(t);
    const { port, plain } = await redisWith(t, signer.issue(ours));
    const admin = adminOf({ host: '127.0.0.1', port: plain });
    for (const [database, host] of ['localhost', '127.0.0.1'].entries()) {
      const env = nodeEnv(freshDataDir(t), { PARLA_REDIS_URL: `rediss://${host}:${port}/${database}` });
      const node = await startNodeProcess(t, { ...env, NODE_EXTRA_CA_CERTS: signer.file });
      // What each node writes first of all.
      await eventually(soonMsMax, async () =>
        (await admin(`SELECT ${database}\r\nEXISTS ${nodesKey}`)).endsWith(':1\r\n'),
      );
      assert.deepEqual(await degraded(node.ready.http), []);
    }
  });

  it('is not used where nobody trusts its authority: no call hangs, the gate says why, and nobody connects in a storm', async (t) => {
    const { port } = await redisWith(t, authority(t).issue(ours));
    const proxy = await startFaultProxy({ port });
    t.after(() => proxy.close());
    const node = await startCacheNode({ redis: `rediss://127.0.0.1:${proxy.port}` });
    t.after(() => node.stop());
    await eventually(soonMsMax, async () => (await gatesOf(node))[0]?.state === 'down');
    const { made } = proxy.connections;
    const watch = new Stopwatch();
    while (watch.ms < watchedMs) {
      const began = watch.ms;
      assert.equal((await openSession(node, 'sone')).copy, null);
      assert.ok(watch.ms - began < callMsMax);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.ok(
      proxy.connections.made - made <= 5 * (watchedMs / 1_000) + 5,
      `${proxy.connections.made - made} connections`,
    );
    watch.stop();
    // On a busy machine one of its tries may end at the deadline, before the certificate was looked at.
    const untrusted = /^(SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/;
    await eventually(soonMsMax, async () => untrusted.test(String((await gatesOf(node))[0]?.lastError)));
  });

  it('is refused with its reason by doctor: an unknown authority, another name, a server without TLS', async (t) => {
    const signer = authority(t);
    const { port: right } = await redisWith(t, signer.issue(ours));
    const { port: other } = await redisWith(t, signer.issue('DNS:redis.example'));
    const plain = await startRedis();
    t.after(() => plain.stop());
    assert.deepEqual(
      (await trusting(t, signer, at(right))).map(({ status }) => status),
      ['pass'],
    );
    assert.deepEqual((await trusting(t, signer, at(other))).map(told), [
      `FAIL redis certificate: localhost:${other}: its certificate is for another name`,
    ]);
    const untrusting = await examined(right);
    assert.deepEqual(untrusting.map(told), [
      `FAIL redis certificate: localhost:${right}: its certificate is signed by nobody who is trusted here`,
    ]);
    assert.match(String(untrusting[0]?.advice), /NODE_EXTRA_CA_CERTS/);
    assert.match((await examined(plain.port)).map(told).join(), /^FAIL redis connection: localhost:\d+: /);
  });

  it('may be a Cluster, or a master by way of its Sentinels, which speak TLS too', async (t) => {
    const signer = authority(t);
    const certificate = signer.issue(ours);
    const own = { 'tls-ca-cert-file': signer.file };
    const cluster = {
      ...own,
      'cluster-enabled': 'yes',
      'cluster-port': String(await freePort()),
      'tls-cluster': 'yes',
      'cluster-announce-ip': '127.0.0.1',
    };
    const node = await redisWith(t, certificate, cluster);
    const admin = adminOf({ host: '127.0.0.1', port: node.plain });
    await admin('CLUSTER ADDSLOTSRANGE 0 16383');
    await eventually(soonMsMax, async () => (await admin('CLUSTER INFO')).includes('cluster_state:ok'));
    const master = await redisWith(t, certificate, own);
    const port = await freePort();
    const sentinel = await startSentinel(settingsOf(certificate, port, { ...own, 'tls-replication': 'yes' }));
    t.after(() => sentinel.stop());
    await adminOf(sentinel)(`SENTINEL MONITOR chat 127.0.0.1 ${master.port} 1`);
    for (const url of [`rediss-cluster://localhost:${node.port}`, `rediss-sentinel://localhost:${port}/chat`]) {
      const findings = await trusting(t, signer, url);
      assert.deepEqual(
        findings.map(told).filter((line) => !line.startsWith('PASS')),
        [],
      );
      assert.equal(findings.length, 1);
    }
  });

  const at = (port: number) => `rediss://localhost:${port}`;

  const examined = (port: number) => {
    const url = at(port);
    return examineRedis({ sessions: url, history: url, presence: url });
  };
});

describe(`${sqlServerName} under TLS`, { skip: needs('sql-server', 'openssl') }, () => {
  it('is used where its certificate is signed by the authority of ?ca=, and no byte of it goes without TLS', async (t) => {
    const signer = authority(t);
    const server = await sqlServerWith(t, signer.issue(ours));
    const findings = await examineMysql(addressOf(server, { ca: signer.file }));
    assert.deepEqual(
      findings.filter(({ status }) => status === 'fail'),
      [],
    );
    const store = openStore(addressOf(server, { ca: signer.file }));
    t.after(() => store.close());
    await store.migrate();
    assert.equal((await store.call('sites', {})).ok, true);
    const plain = await examineMysql(addressOf(server, {}));
    assert.match(plain.map(told).join(), /^FAIL mysql credentials/, 'the account is for TLS alone');
  });

  it('is refused with its reason: an unknown authority, another name, a server without TLS', async (t) => {
    const signer = authority(t);
    const server = await sqlServerWith(t, signer.issue('DNS:db.example'));
    const refused = async (options: Options) => (await examineMysql(addressOf(server, options))).map(told);
    const at = `localhost:${server.port}`;
    assert.deepEqual(await refused({ ca: signer.file }), [
      `FAIL mysql certificate: ${at}: its certificate is for another name`,
    ]);
    assert.deepEqual(await refused({ ca: authority(t).file }), [
      `FAIL mysql certificate: ${at}: its certificate is signed by nobody who is trusted here`,
    ]);
    assert.deepEqual(await refused({ ssl: 'on' }), [
      `FAIL mysql certificate: ${at}: its certificate is signed by nobody who is trusted here`,
    ]);
    // MySQL makes a certificate for itself.
    const bare = await startSqlServer({ settings: sqlFlavour === 'mysql' ? ['--tls-version='] : [] });
    t.after(() => bare.stop());
    const without = await examineMysql(addressOf(bare, { ca: signer.file }));
    assert.deepEqual(without.map(told), [`FAIL mysql connection: localhost:${bare.port}: it does not speak TLS`]);
    const unchecked = await examineMysql(addressOf(server, { ssl: 'unchecked' }));
    assert.deepEqual(
      unchecked.filter(({ status }) => status === 'fail'),
      [],
    );
    await assert.rejects(
      openStore(addressOf(server, { ca: signer.file })).migrate(),
      (error) => error instanceof StoreOpenError && /HANDSHAKE_SSL_ERROR/.test(error.message),
    );
  });
});

interface Ports {
  /** Under TLS. */
  readonly port: number;
  readonly plain: number;
}

type Settings = { readonly [name: string]: string };

async function redisWith(t: TestContext, certificate: Certificate, more: Settings = {}): Promise<Ports> {
  const port = await freePort();
  const server = await startRedis({ settings: settingsOf(certificate, port, more) });
  t.after(() => server.stop());
  return { port, plain: server.port };
}

function settingsOf({ cert, key }: Certificate, port: number, more: Settings): readonly string[] {
  const files = { 'tls-cert-file': cert, 'tls-key-file': key, 'tls-ca-cert-file': cert };
  const settings = { 'tls-port': String(port), 'tls-auth-clients': 'no', ...files, ...more };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

/** What doctor says of reaching it, on a machine that was told of this authority. */
async function trusting(t: TestContext, signer: Authority, url: string): Promise<readonly BackendFinding[]> {
  const env = nodeEnv(freshDataDir(t), { PARLA_REDIS_URL: url, NODE_EXTRA_CA_CERTS: signer.file });
  const { findings } = JSON.parse((await parla(['doctor', '--json'], env)).stdout) as { findings: BackendFinding[] };
  return findings.filter(({ check }) => /^redis (connection|certificate)/.test(check));
}

async function sqlServerWith(t: TestContext, { cert, key }: Certificate): Promise<SqlServer> {
  const server = await startSqlServer({ settings: [`--ssl-cert=${cert}`, `--ssl-key=${key}`] });
  t.after(() => server.stop());
  await server.asAdministrator((connection) => connection.query(`ALTER USER '${server.user}'@'127.0.0.1' REQUIRE SSL`));
  return server;
}

type Options = { readonly ca?: string; readonly ssl?: string };

/** By name: so that there is one to compare with the certificate's. */
function addressOf(server: SqlServer, options: Options): string {
  const query = Object.entries(options).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${server.url.replace('127.0.0.1', 'localhost')}?${query.join('&')}`;
}

async function degraded(http: number): Promise<readonly string[]> {
  const answer = (await (await fetch(`http://127.0.0.1:${http}/readyz`)).json()) as { degraded?: readonly string[] };
  return answer.degraded ?? [];
}

function told({ status, check, message }: BackendFinding): string {
  return `${status.toUpperCase()} ${check}: ${message}`;
}
