// Owns which thread holds what: the numbers of the edge, the schedulers and the gates, and the thread of a key.
// It never changes while a node runs: a replaced thread keeps its number.

import { stableHash } from './hash.ts';
import type { Placement } from './spec.ts';

export const edgeThread = 0;

export interface Topology {
  readonly schedulers: number;
  readonly gates: readonly string[];
}

/** Everything in the calling thread: what `startLocal` uses. */
export const oneThread: Topology = { schedulers: 0, gates: [] };

export function threadCount(topology: Topology): number {
  return 1 + topology.schedulers + topology.gates.length;
}

export function threadOfKey(topology: Topology, key: string): number {
  return topology.schedulers === 0 ? edgeThread : 1 + (stableHash(key) % topology.schedulers);
}

/** Null when no thread has this gate's name. */
export function threadOfPlacement(topology: Topology, placement: Placement | undefined, here: number): number | null {
  if (topology.schedulers === 0) return edgeThread;
  switch (placement?.on) {
    case undefined:
    case 'parent':
      return here;
    case 'edge':
      return edgeThread;
    case 'scheduler':
      return threadOfKey(topology, placement.key);
    case 'partition':
      return 1 + (placement.partition % topology.schedulers);
    case 'gate': {
      const gate = topology.gates.indexOf(placement.gate);
      return gate === -1 ? null : 1 + topology.schedulers + gate;
    }
  }
}

export function threadName(topology: Topology, thread: number): string {
  if (thread === edgeThread) return 'edge';
  if (thread <= topology.schedulers) return `scheduler ${thread}`;
  return `gate ${topology.gates[thread - 1 - topology.schedulers]}`;
}
