// Owns what the edge needs of the actor node: asking, telling and inspecting.
// It is a port: the node starts after the edge's own behaviours were made, so it is reached through a getter.

import type { ActorNode } from '../runtime/mod.ts';

export type EdgeNode = Pick<ActorNode, 'call' | 'cast' | 'inspect'>;

export function lateNode(node: () => EdgeNode): EdgeNode {
  return {
    call: (to, name, request, options) => node().call(to, name, request, options),
    cast: (to, name, message) => node().cast(to, name, message),
    inspect: () => node().inspect(),
  };
}
