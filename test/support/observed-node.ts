// Owns a node on real threads with its observer on a loopback port: a tree with a branch, a gate, and families to fill.
// Its actors are the runtime's own test actors under the chat's names; nothing of the chat runs.

import type { TestContext } from 'node:test';
import type { GatesSeen } from '../../app/observer/gates.ts';
import { Observatory } from '../../app/observer/observatory.ts';
import { observerRoutes } from '../../app/observer/routes.ts';
import { buildWebAssets } from '../../app/web-assets.ts';
import { type ActorNode, type FamilySpec, keyed, supervisorChild, systemClock } from '../../runtime/mod.ts';
import { observedBehaviours } from './observed-thread.ts';
import { startEdge } from './rpc-edge.ts';
import type { CounterProtocol } from './runtime-behaviours.ts';
import { threadedStage } from './runtime-node.ts';

export interface ObservedNode {
  readonly node: ActorNode;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Makes members until so many live. */
  fill(family: string, count: number): Promise<void>;
  /** Casts so many messages to a member. */
  busy(family: string, number: number, messages: number): void;
  crash(family: string, number: number, message: string): void;
}

const schedulers = 2;
const letters = 12;
const calledAtOnce = 1_000;
const families: readonly FamilySpec[] = ['site', 'operator', 'room', 'session'].map((family) => ({
  family,
  behaviour: family,
  args: { from: 0 },
  mailboxMessagesMax: 5_000,
}));

/** `gates`: what its backends are said to be. */
export async function observedNode(test: TestContext, gates?: GatesSeen): Promise<ObservedNode> {
  const worker = (id: string, placement: 'edge' | 'gate' | 'scheduler') => ({
    id,
    name: id,
    behaviour: 'counter',
    args: {},
    placement:
      placement === 'edge'
        ? ({ on: 'edge' } as const)
        : placement === 'gate'
          ? ({ on: 'gate', gate: 'sql' } as const)
          : ({ on: 'scheduler', key: id } as const),
  });
  const edgeSupervisor = supervisorChild('edges', {
    strategy: 'restForOne',
    children: [worker('outbox', 'edge'), worker('bridge', 'edge')],
  });
  const children = [
    worker('store', 'gate'),
    worker('history', 'scheduler'),
    worker('accounts', 'scheduler'),
    edgeSupervisor,
  ];
  const { node } = await threadedStage(test, children, {
    schedulers,
    gates: [{ name: 'sql' }],
    families,
    behaviours: observedBehaviours,
    threadEntry: import.meta.resolve('./observed-thread.ts'),
  });
  const observatory = new Observatory({
    node,
    clock: systemClock(),
    ...(gates === undefined ? {} : { gates: async () => gates }),
  });
  const { edge, url } = await startEdge(test, { node: () => node });
  const assets = (await buildWebAssets({ cacheDir: null })).filter(({ guarded }) => guarded);
  for (const route of observerRoutes({ node, observatory, assets })) edge.addGuarded(route);
  const member = (family: string, number: number) => keyed<CounterProtocol>(family, keyOf(family, number));
  return {
    node,
    url,
    async fill(family, count) {
      for (let from = 0; from < count; from += calledAtOnce) {
        const numbers = Array.from({ length: Math.min(calledAtOnce, count - from) }, (_, at) => from + at);
        await Promise.all(numbers.map((number) => node.call(member(family, number), 'read', null)));
      }
    },
    busy(family, number, messages) {
      for (let sent = 0; sent < messages; sent += 1) node.cast(member(family, number), 'add', { by: 1 });
    },
    crash: (family, number, message) => node.cast(member(family, number), 'crash', { message }),
  };
}

/** As long as the chat's own ids, so that what shows a whole one is caught. */
export function keyOf(family: string, number: number): string {
  const scattered = Math.imul(number + 1, 2_654_435_761) >>> 0;
  return `${family[0]}${scattered.toString(36)}${number.toString(36).padStart(letters, '0')}`;
}
