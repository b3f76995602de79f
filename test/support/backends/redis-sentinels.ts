// Owns starting a real master with replicas and the Sentinels that watch it, for a test.
// It resolves when the Sentinels know each other and the replicas, and every replica has what the master has.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Admin, adminOf } from '../redis-admin.ts';
import { eventually } from '../stopwatch.ts';
import { type RedisBackend, startRedis } from './redis.ts';
import { type Backend, listens, startBackend } from './server-process.ts';

export interface WatchedRedis {
  /** For PARLA_REDIS_URL; it names the Sentinels. */
  readonly url: string;
  readonly master: RedisBackend;
  /** The port of whom most of the Sentinels call the master now. */
  masterPort(): Promise<number>;
  stop(): Promise<void>;
}

const name = 'chat';
const replicas = 2;
const sentinels = 3;
const quorum = 2;
/** After this long without an answer a Sentinel holds the master for lost. */
const downAfterMs = 500;
const formedMsMax = 30_000;

/** One that watches nothing yet. It keeps what it knows in its own configuration file. `settings` as `--name`, `value`. */
export function startSentinel(settings: readonly string[] = []): Promise<Backend> {
  return startBackend({
    name: 'redis-server',
    prepare: async (directory) => writeFileSync(join(directory, 'sentinel.conf'), 'sentinel resolve-hostnames no\n'),
    command: ({ port, directory }) => [
      'redis-server',
      join(directory, 'sentinel.conf'),
      ...['--sentinel', '--port', String(port), '--bind', '127.0.0.1', ...settings],
    ],
    ready: ({ port }) => listens(port),
  });
}

export async function startWatchedRedis(): Promise<WatchedRedis> {
  const all: Backend[] = [];
  const started = async <B extends Backend>(starting: Promise<B>): Promise<B> => {
    const backend = await starting;
    all.push(backend);
    return backend;
  };
  const stop = async () => {
    await Promise.all(all.map((backend) => backend.stop()));
  };
  try {
    const master = await started(startRedis());
    const follow = ['--replicaof', `${master.host} ${master.port}`, '--repl-diskless-sync-delay', '0'];
    const copies = await each(replicas, () => started(startRedis({ settings: follow })));
    const watchers = await each(sentinels, () => started(startSentinel()));
    await formed(watchers.map(adminOf), copies.map(adminOf), master);
    return {
      url: `redis-sentinel://${watchers.map(({ host, port }) => `${host}:${port}`).join(',')}/${name}`,
      master,
      masterPort: () => masterPort(watchers.map(adminOf)),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function formed(watchers: readonly Admin[], copies: readonly Admin[], master: RedisBackend): Promise<void> {
  await allSay(copies, 'INFO replication', /master_link_status:up/);
  for (const tell of watchers) {
    await tell(`SENTINEL MONITOR ${name} ${master.host} ${master.port} ${quorum}`);
    await tell(`SENTINEL SET ${name} down-after-milliseconds ${downAfterMs} failover-timeout 5000`);
  }
  await allSay(watchers, 'INFO sentinel', new RegExp(`slaves=${replicas},sentinels=${sentinels}`));
}

async function masterPort(watchers: readonly Admin[]): Promise<number> {
  const said = await Promise.all(watchers.map((tell) => tell(`SENTINEL GET-MASTER-ADDR-BY-NAME ${name}`)));
  const ports = said.map((answer) => Number(answer.split('\r\n')[4]));
  return ports.find((port) => ports.filter((other) => other === port).length >= quorum) ?? 0;
}

async function allSay(admins: readonly Admin[], command: string, wanted: RegExp): Promise<void> {
  await eventually(formedMsMax, async () =>
    (await Promise.all(admins.map((tell) => tell(command)))).every((said) => wanted.test(said)),
  );
}

/** Settled as a whole: what one of them started is known before another's failure is told. */
async function each<T>(count: number, start: () => Promise<T>): Promise<readonly T[]> {
  const results = await Promise.allSettled(Array.from({ length: count }, start));
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
