// Owns what a thread is told when its life begins. Everything in it is plain data, but for the ports, which are moved.
// It holds no behaviour: those come from the module that the thread loads.

import type { MessagePort } from 'node:worker_threads';
import type { Seat } from './heartbeat.ts';
import type { RegistrySnapshot } from './registry.ts';
import type { FamilySpec } from './spec.ts';
import type { Shunned } from './thread-killers.ts';
import type { Topology } from './topology.ts';

/** What a thread is started with: its life begins with the first message of this port, a `Boot`. */
export interface Waiting {
  readonly seat: Seat;
  readonly boots: MessagePort;
  /** Nobody needs it yet: until its life begins it may rehearse. */
  readonly rehearses: boolean;
}

export interface Boot {
  readonly node: string;
  readonly thread: number;
  readonly incarnation: number;
  readonly topology: Topology;
  readonly families: readonly FamilySpec[];
  readonly registry: RegistrySnapshot;
  readonly beatMs: number;
  /** Keys at whose work earlier lives of this thread got stuck. */
  readonly shunned: readonly Shunned[];
  /** Above 0: this thread watches the edge, and ends the process when the edge is silent for so long. */
  readonly edgeStuckMs: number;
  /** One to each other thread. Without a port: that thread is being replaced, and this is its next life. */
  readonly peers: readonly {
    readonly thread: number;
    readonly incarnation: number;
    readonly port: MessagePort | null;
  }[];
}
