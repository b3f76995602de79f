// Owns the gates before the servers that this node's Redis roles are kept on: one gate for each different address.
// It knows no actor and nothing of what is kept.

import type { GateStatus } from '../../actors/mod.ts';
import { Gate, type GateOptions, type GateResult } from '../gate/mod.ts';
import { RedisConnection } from './connection.ts';
import { judgeCluster, judgeRedis } from './errors.ts';
import { probeKey, probeKeys } from './keys.ts';
import type { Asked, RedisClient, Script } from './scripts.ts';
import { parseRedisUrl, targetOf } from './url.ts';

export type Role = 'sessions' | 'history' | 'presence';

export type RoleUrls = { readonly [R in Role]: string };

/** A reader's whole budget is 250 ms, and the way to the gate and back is part of it. */
export const redisDeadlineMs = 200;
const probeMsMax = 250;
const pendingMax = 1_000;
/** A Cluster's dead shard costs its own callers their time; the others' connections stay. */
const clusterExpiredMax = 50;
const probeTtlMs = 60_000;

const settings: RoleUrls = {
  sessions: 'PARLA_REDIS_SESSIONS_URL',
  history: 'PARLA_REDIS_HISTORY_URL',
  presence: 'PARLA_REDIS_PRESENCE_URL',
};

/** What a script answered after its word. */
export type Answered = readonly unknown[];

type Tell = Pick<GateOptions<RedisConnection>, 'count' | 'onChange'>;

export class RedisServers {
  readonly #gates = new Map<string, Gate<RedisConnection>>();
  readonly #urls: RoleUrls;

  constructor(urls: RoleUrls, tell: Tell) {
    this.#urls = urls;
    for (const role of ['sessions', 'history', 'presence'] as const) {
      if (!this.#gates.has(urls[role])) this.#gates.set(urls[role], gateTo(urls[role], settings[role], tell));
    }
  }

  /** Whether two roles are kept on one server, so that one script sees both. */
  together(a: Role, b: Role): boolean {
    return this.#urls[a] === this.#urls[b];
  }

  isCluster(role: Role): boolean {
    return parseRedisUrl(this.#urls[role], settings[role]).type === 'cluster';
  }

  /** `read` runs before the gate: where it throws a GateError the connection is not trusted any more. */
  script<T>(role: Role, script: Script, asked: Asked, read: (answer: Answered) => T): Promise<GateResult<T>> {
    return this.#gate(role).run(async (connection) => read(await connection.script(script, asked)), redisDeadlineMs);
  }

  /** As `script`, for one that changes nothing: also where the server takes no writes. */
  readScript<T>(role: Role, script: Script, asked: Asked, read: (answer: Answered) => T): Promise<GateResult<T>> {
    return this.#gate(role).read(async (connection) => read(await connection.script(script, asked)), redisDeadlineMs);
  }

  /** As `run`, for what changes nothing: also where the server takes no writes. */
  read<T>(role: Role, work: (client: RedisClient) => Promise<T>): Promise<GateResult<T>> {
    return this.#gate(role).read((connection) => connection.run(work), redisDeadlineMs);
  }

  run<T>(role: Role, work: (client: RedisClient) => Promise<T>): Promise<GateResult<T>> {
    return this.#gate(role).run((connection) => connection.run(work), redisDeadlineMs);
  }

  status(): readonly GateStatus[] {
    return [...this.#gates.values()].map((gate) => gate.status());
  }

  close(): void {
    for (const gate of this.#gates.values()) gate.close();
  }

  #gate(role: Role): Gate<RedisConnection> {
    const gate = this.#gates.get(this.#urls[role]);
    if (gate === undefined) throw new Error(`no gate for the role ${role}`);
    return gate;
  }
}

function gateTo(url: string, setting: string, tell: Tell): Gate<RedisConnection> {
  const place = parseRedisUrl(url, setting);
  const cluster = place.type === 'cluster';
  return new Gate<RedisConnection>({
    ...tell,
    backend: 'redis',
    target: targetOf(place),
    open: (failed) => new RedisConnection(place, failed),
    close: (connection) => connection.destroy(),
    probe: (connection) =>
      connection.run((client) => (cluster ? anyTakesWrites(client) : takesWrites(client, probeKey))),
    probeMs: probeMsMax,
    judge: cluster ? judgeCluster : judgeRedis,
    pendingMax,
    ...(cluster ? { expiredMax: clusterExpiredMax } : {}),
  });
}

/** A server that is full, a replica now, or cannot save, is not in use until it takes a write again. */
function takesWrites(client: RedisClient, key: string): Promise<unknown> {
  return client.set(key, '1', 'PX', probeTtlMs);
}

/** Fails with what one of the servers said where none takes a write. */
async function anyTakesWrites(client: RedisClient): Promise<unknown> {
  try {
    return await Promise.any(probeKeys.map((key) => takesWrites(client, key)));
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}
