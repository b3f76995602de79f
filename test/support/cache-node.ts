// Owns a node of its own for tests of the tiers: the real actors in this thread and in real time, before real servers.
// Two of them beside each other are two nodes of one installation.

import type { TestContext } from 'node:test';
import { cache } from '../../actors/mod.ts';
import { type LocalNode, type LogLine, startLocal, systemClock } from '../../runtime/mod.ts';
import { memcachedCache, redisCache, tieredCache } from '../../stores/mod.ts';
import { must } from './chat-stage.ts';
import { eventually } from './memcached-stage.ts';

export interface Tiers {
  /** One URL for every role, or one for each. */
  readonly redis?: string | { readonly sessions: string; readonly history: string; readonly presence: string };
  readonly memcached?: readonly { readonly host: string; readonly port: number }[];
  /** Default `one`. */
  readonly owner?: string;
  /** Default `p1`. */
  readonly process?: string;
  readonly leaseMs?: number;
  readonly log?: LogLine[];
}

export async function startCacheNode(tiers: Tiers): Promise<LocalNode> {
  const { redis, memcached, owner = 'one', process = 'p1', leaseMs = 30_000, log = [] } = tiers;
  const urls = typeof redis === 'string' ? { sessions: redis, history: redis, presence: redis } : redis;
  const args = { memcached: memcached !== undefined, redis: redis !== undefined };
  return startLocal({
    node: owner,
    behaviours: [redisCache, memcachedCache, tieredCache],
    clock: systemClock(),
    log: (line) => log.push(line),
    tree: {
      strategy: 'oneForOne',
      intensity: 1_000,
      children: [
        ...(urls === undefined
          ? []
          : [{ id: 'redis', name: 'redis', behaviour: 'redisCache', args: { urls, owner, process, leaseMs } }]),
        ...(memcached === undefined
          ? []
          : [{ id: 'memcached', name: 'memcached', behaviour: 'memcachedCache', args: { servers: memcached } }]),
        { id: 'cache', name: 'cache', behaviour: 'tieredCache', args },
      ],
    },
  });
}

export async function startedCacheNode(t: TestContext, tiers: Tiers): Promise<LocalNode> {
  const node = await startCacheNode(tiers);
  t.after(() => node.stop());
  await untilUp(node);
  return node;
}

export async function gatesOf(node: LocalNode) {
  return must(await node.call(cache, 'status', {})).gates;
}

const upMsMax = 5_000;

export async function untilUp(node: LocalNode): Promise<void> {
  await eventually(upMsMax, async () => (await gatesOf(node)).every(({ state }) => state === 'up'));
}
