// Owns how the ActorThread of a scheduler or gate is put together: its clock, its signs of life, its way to the edge.
// It begins nothing and obeys nobody: worker.ts lives with what is made here, and rehearsal.ts plays with it.

import type { AnyBehaviour } from './behaviour.ts';
import type { Boot } from './boot.ts';
import { systemChance, systemClock } from './clock.ts';
import { Heartbeat } from './heartbeat.ts';
import { replicaNames } from './names.ts';
import { ActorThread, type ThreadOptions } from './thread.ts';
import { edgeThread } from './topology.ts';
import type { Wire } from './wire.ts';

export interface WorkingParts {
  readonly behaviours: readonly AnyBehaviour[];
  readonly boot: Pick<Boot, 'node' | 'thread' | 'incarnation' | 'topology' | 'families' | 'shunned'>;
  readonly heartbeats: SharedArrayBuffer;
  readonly control: ThreadOptions['control'];
}

export function workingThread({ behaviours, boot, heartbeats, control }: WorkingParts): ActorThread {
  const clock = systemClock();
  const heartbeat = new Heartbeat({ heartbeats, thread: boot.thread });
  const edgeHeart = new Heartbeat({ heartbeats, thread: edgeThread });
  const atWork = (hash: number) => {
    heartbeat.atWork = hash;
  };
  const self: ActorThread = new ActorThread({
    node: boot.node,
    thread: boot.thread,
    incarnation: boot.incarnation,
    topology: boot.topology,
    clock,
    chance: systemChance(),
    behaviours,
    families: boot.families,
    shunned: boot.shunned,
    atWork,
    // Asked after each message. On a crowded machine the edge's pulse may stand still for long; work done shows life too.
    pulse: () => {
      heartbeat.progressed();
      return edgeHeart.pulse;
    },
    crashed: (report) => self.transmit(edgeThread, { kind: 'crashed', report }),
    log: (line) => self.transmit(edgeThread, { kind: 'log', line }),
    names: ({ registry, calls, transport }) => {
      const toEdge = (wire: Wire) => transport.send(edgeThread, wire);
      return replicaNames({ registry, calls, monotonic: clock.monotonic, toEdge });
    },
    control,
  });
  return self;
}
