// Owns the nodes that the runtime's benchmark measures: one in this thread, and some on threads of their own.
// It measures nothing.

import {
  type ActorNode,
  type ChildSpec,
  type LocalNode,
  type NodeOptions,
  startLocal,
  startNode,
  systemClock,
} from '../../runtime/mod.ts';
import { benchBehaviours, benchFamilies } from './behaviours.ts';
import { sinkName } from './savina-across.ts';

export function localNode(): Promise<LocalNode> {
  return startLocal({ behaviours: benchBehaviours, families: benchFamilies, clock: systemClock() });
}

export function threadedNode(more: Partial<NodeOptions> = {}, children: readonly ChildSpec[] = []): Promise<ActorNode> {
  return startNode({
    node: 'bench',
    threadEntry: import.meta.resolve('./thread.ts'),
    behaviours: benchBehaviours,
    schedulers: 2,
    gates: [],
    families: benchFamilies,
    tree: { strategy: 'oneForOne', intensity: 1_000, children },
    ...more,
  });
}

/** The receiver of the casts across threads. */
export function sinkChild(key: string): ChildSpec {
  const placement = { on: 'scheduler', key } as const;
  return { id: sinkName, name: sinkName, behaviour: 'count', args: null, placement, mailboxMessagesMax: 1_000_000 };
}

/** A key whose actors live on this thread of the node: the first, or the one after so many others. */
export function keyOn(node: ActorNode, thread: number, others = 0): string {
  let left = others;
  for (let i = 0; ; i++) {
    if (node.threadOf(`key${i}`) === thread && left-- === 0) return `key${i}`;
  }
}
