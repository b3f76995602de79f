// Owns a node of its own for tests of the tiers: the real actors in this thread and in real time, before real servers.
// Two of them beside each other are two nodes of one installation.

import type { TestContext } from 'node:test';
import { cache } from '../../actors/mod.ts';
import { type LocalNode, type LogLine, startLocal, systemClock } from '../../runtime/mod.ts';
import { must } from './chat-stage.ts';
import { type Tiers, tierBehaviours, tierChildren } from './real-tiers.ts';
import { eventually } from './stopwatch.ts';

export interface CacheNodeOptions extends Tiers {
  readonly log?: LogLine[];
}

export function startCacheNode({ log = [], ...tiers }: CacheNodeOptions): Promise<LocalNode> {
  return startLocal({
    node: tiers.owner ?? 'one',
    behaviours: tierBehaviours,
    clock: systemClock(),
    log: (line) => log.push(line),
    tree: { strategy: 'oneForOne', intensity: 1_000, children: tierChildren(tiers) },
  });
}

export async function startedCacheNode(t: TestContext, tiers: CacheNodeOptions): Promise<LocalNode> {
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
