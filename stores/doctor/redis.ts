// Owns doctor's look at the Redis of each role: every server of a Cluster, or the master that Sentinels name.
// It judges nothing (redis-findings.ts does), and keeps nothing there.

import { Cluster, type Redis } from 'ioredis';
import { errorKind } from '../gate/mod.ts';
import { RedisConnection } from '../redis/connection.ts';
import { type HostPort, parseRedisUrl, type RedisPlace, targetOf } from '../redis/url.ts';
import { type BackendFinding, sayOf } from './finding.ts';
import { isLoopback, ProbeTimeout, probe, skewOf } from './probe.ts';
import { type RedisFacts, redisFindings } from './redis-findings.ts';
import { tlsFault } from './tls-fault.ts';

export interface RedisUrls {
  readonly [role: string]: string;
}

/** Roles that are kept on one Redis are looked at together. */
export async function examineRedis(urls: RedisUrls): Promise<readonly BackendFinding[]> {
  const roles = Map.groupBy(Object.entries(urls), ([, url]) => url);
  const found = await Promise.all(
    [...roles].map(([url, named]) => {
      const backend = roles.size === 1 ? 'redis' : `redis ${named.map(([role]) => role).join('+')}`;
      return examineOne(url, backend);
    }),
  );
  return found.flat();
}

async function examineOne(url: string, backend: string): Promise<readonly BackendFinding[]> {
  const place = parseRedisUrl(url, 'PARLA_REDIS_URL');
  try {
    const servers = await probe((opened) => factsOf(place, opened));
    const several = servers.length > 1;
    return servers.flatMap(({ target, facts }) =>
      redisFindings(facts, sayOf(several ? `${backend} ${target}` : backend)),
    );
  } catch (error) {
    return [whyNot(error, backend, place)];
  }
}

interface Server {
  readonly target: string;
  readonly facts: RedisFacts;
}

async function factsOf(place: RedisPlace, opened: (end: () => void) => void): Promise<readonly Server[]> {
  const began = performance.now();
  let lost: (error: unknown) => void = () => undefined;
  const end = new Promise<never>((_, reject) => {
    lost = reject;
  });
  // Heard only by what races with it: a connection that ends after the last question is no fault.
  end.catch(() => undefined);
  const connection = new RedisConnection(place, (error) => lost(error));
  opened(() => connection.destroy());
  const asked = connection.run((client) => {
    const servers = client instanceof Cluster ? client.nodes('master') : [client];
    return Promise.all(
      servers.map(async (server) => {
        const { host = '', port = 0 } = server.options;
        const target = place.type === 'cluster' ? `${host}:${port}` : targetOf(place);
        return { target, facts: await factsOfServer(server, { place, target, began }) };
      }),
    );
  });
  return Promise.race([asked, end]);
}

interface Asking {
  readonly place: RedisPlace;
  readonly target: string;
  readonly began: number;
}

async function factsOfServer(server: Redis, { place, target, began }: Asking): Promise<RedisFacts> {
  const info = readInfo(await server.info());
  const connectMs = Math.max(1, Math.round(performance.now() - began));
  const before = Date.now();
  const [seconds = 0, micros = 0] = (await server.time()).map(Number);
  const after = Date.now();
  return {
    target,
    connectMs,
    version: info.redis_version ?? 'unknown',
    role: info.role ?? 'unknown',
    policy: info.maxmemory_policy ?? 'unknown',
    memoryMax: Number(info.maxmemory ?? 0),
    memoryUsed: Number(info.used_memory ?? 0),
    appendOnly: info.aof_enabled === '1',
    appendFsync: await setting(server, 'appendfsync'),
    save: await setting(server, 'save'),
    lastWriteFailed: info.aof_last_write_status === 'err' || info.rdb_last_bgsave_status === 'err',
    skewMs: skewOf(seconds * 1_000 + micros / 1_000, { before, after }),
    openToOthers: place.password === null && !hostsOf(place).every(({ host }) => isLoopback(host)),
    fullCoverage: place.type === 'cluster' ? await setting(server, 'cluster-require-full-coverage') : null,
  };
}

/** Null: whoever runs the server keeps its settings to himself. */
async function setting(server: Redis, name: string): Promise<string | null> {
  try {
    const answer: unknown = await server.config('GET', name);
    return Array.isArray(answer) && answer.length === 2 ? String(answer[1]) : null;
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return null;
    throw error;
  }
}

function readInfo(text: string): { readonly [name: string]: string | undefined } {
  return Object.fromEntries(
    text.split('\r\n').flatMap((line) => {
      const at = line.indexOf(':');
      return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
    }),
  );
}

function hostsOf(place: RedisPlace): readonly HostPort[] {
  switch (place.type) {
    case 'server':
      return [place.at];
    case 'cluster':
      return place.nodes;
    case 'sentinel':
      return place.sentinels;
  }
}

const wrongCredentials: { readonly [kind: string]: string } = {
  WRONGPASS: 'user or password is wrong',
  NOAUTH: 'it wants a password and the address has none',
  NOPERM: 'the password is right, and this user may not do what Parla must',
};

function whyNot(error: unknown, backend: string, place: RedisPlace): BackendFinding {
  const say = sayOf(backend);
  const target = targetOf(place);
  const advice = 'look at the address, and whether the server runs and its firewall lets this machine in';
  if (error instanceof ProbeTimeout) return say.fail('connection', `${target}: ${error.message}`, { advice });
  const kind = errorKind(error);
  const tls = tlsFault(error);
  if (tls !== null) {
    const trust = 'set NODE_EXTRA_CA_CERTS to the PEM file of the authority that signed it';
    return say.fail(tls.aspect, `${target}: ${tls.message}`, { value: kind, advice: tls.untrusted ? trust : advice });
  }
  const credentials = wrongCredentials[kind];
  if (credentials !== undefined)
    return say.fail('credentials', `${target}: ${credentials}`, {
      value: kind,
      advice: 'correct redis://user:password@host, or the ACL of the user',
    });
  return say.fail('connection', `${target}: ${kind}`, { value: kind, advice });
}
