// Owns starting a real Redis Cluster for a test: three masters with a third of the slots each, and a replica for each.
// It resolves when every server knows every other and every replica has what its master has.

import { adminOf } from '../redis-admin.ts';
import { eventually } from '../stopwatch.ts';
import { type RedisBackend, startRedis } from './redis.ts';
import { freePort } from './server-process.ts';

export interface RedisCluster {
  /** For PARLA_REDIS_URL; it names the masters. */
  readonly url: string;
  readonly shards: readonly Shard[];
  /** The shard that has this key's slot. */
  shardOf(key: string): Promise<number>;
  stop(): Promise<void>;
}

export interface Shard {
  readonly master: RedisBackend;
  readonly replica: RedisBackend;
}

export interface RedisClusterOptions {
  /** After this long without a sign of life a server counts as lost. */
  readonly nodeTimeoutMs: number;
  /** Whether all of it refuses while a part of the slots has no master. Default false, which is not Redis's own. */
  readonly fullCoverage?: boolean;
}

const masters = 3;
const slots = 16_384;
const formedMsMax = 30_000;

export async function startRedisCluster(options: RedisClusterOptions): Promise<RedisCluster> {
  const started = await Promise.allSettled(Array.from({ length: 2 * masters }, () => startNode(options)));
  const nodes = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const stop = async () => {
    await Promise.all(nodes.map(({ server }) => server.stop()));
  };
  try {
    for (const one of started) if (one.status === 'rejected') throw one.reason;
    await form(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  const servers = nodes.map(({ server }) => server);
  const shards = servers
    .slice(0, masters)
    .map((master, index) => ({ master, replica: servers[masters + index] ?? master }));
  return {
    url: `redis-cluster://${shards.map(({ master }) => `${master.host}:${master.port}`).join(',')}`,
    shards,
    async shardOf(key) {
      const [first] = servers;
      const slot = first === undefined ? '' : await adminOf(first)(`CLUSTER KEYSLOT ${key}`);
      return Math.floor((Number(slot.slice(1)) * masters) / slots);
    },
    stop,
  };
}

interface Node {
  readonly server: RedisBackend;
  readonly busPort: number;
}

async function startNode({ nodeTimeoutMs, fullCoverage = false }: RedisClusterOptions): Promise<Node> {
  const busPort = await freePort();
  const settings = {
    'cluster-enabled': 'yes',
    'cluster-port': busPort,
    'cluster-node-timeout': nodeTimeoutMs,
    'cluster-require-full-coverage': fullCoverage ? 'yes' : 'no',
    // A replica that waits for others to join it has nothing yet.
    'repl-diskless-sync-delay': 0,
  };
  const server = await startRedis({
    settings: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
  });
  return { server, busPort };
}

async function form(nodes: readonly Node[]): Promise<void> {
  const admins = nodes.map(({ server }) => adminOf(server));
  const ids = await Promise.all(admins.map(async (admin) => (await admin('CLUSTER MYID')).split('\r\n')[1]));
  const [first] = admins;
  for (const [index, admin] of admins.entries()) {
    await admin(`CLUSTER SET-CONFIG-EPOCH ${index + 1}`);
    if (index < masters) await admin(`CLUSTER ADDSLOTSRANGE ${firstSlot(index)} ${firstSlot(index + 1) - 1}`);
  }
  for (const { server, busPort } of nodes.slice(1))
    await first?.(`CLUSTER MEET ${server.host} ${server.port} ${busPort}`);
  await allSay(admins, 'CLUSTER INFO', (said) =>
    [`cluster_known_nodes:${nodes.length}`, 'cluster_state:ok'].every((line) => said.includes(line)),
  );
  for (const [index, admin] of admins.slice(masters).entries()) await admin(`CLUSTER REPLICATE ${ids[index]}`);
  await allSay(admins.slice(masters), 'INFO replication', (said) => said.includes('master_link_status:up'));
  await allSay(admins, 'CLUSTER NODES', (said) => said.match(/\bslave /g)?.length === masters);
}

function firstSlot(shard: number): number {
  return Math.ceil((shard * slots) / masters);
}

async function allSay(
  admins: readonly ReturnType<typeof adminOf>[],
  command: string,
  holds: (said: string) => boolean,
): Promise<void> {
  await eventually(formedMsMax, async () => (await Promise.all(admins.map((admin) => admin(command)))).every(holds));
}
