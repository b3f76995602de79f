// Owns who may have a name: the edge decides alone, in the order in which it hears; every other thread asks it.
// It never lets two actors of a node hold one name; a replica may be a message behind, and then says nobody.

import type { Pid } from './address.ts';
import type { Calls } from './calls.ts';
import type { Names } from './kernel.ts';
import type { Registry } from './registry.ts';
import { edgeThread } from './topology.ts';
import type { ToThreadWire, Wire } from './wire.ts';

/** Far more than a claim takes: the edge answers it or the node is ending. */
const claimDeadlineMs = 30_000;

export interface ArbiterParts {
  readonly registry: Registry;
  readonly tell: (wire: ToThreadWire, except: number) => void;
  /** Resolves when everything that this thread said until now has been heard, or it is lost. */
  readonly hear: (thread: number) => Promise<unknown>;
  /** False for an actor of a life of its thread that is over. */
  readonly isLive: (pid: Pid) => boolean;
}

/**
 * On the edge: decides, and tells all threads. Who claims a name because its holder died may be faster than the
 * holder's own thread is with the release; so that thread is heard before it is refused.
 */
export function arbiterNames({ registry, tell, hear, isLive }: ArbiterParts): Names {
  return {
    async claim(name, pid) {
      const holder = registry.whereis(name);
      if (holder !== null && holder.thread !== edgeThread && holder.thread !== pid.thread) await hear(holder.thread);
      return isLive(pid) && grant(registry, name, pid, tell);
    },
    release(name, pid) {
      if (registry.free(name, pid)) tell({ kind: 'freed', name, pid }, edgeThread);
    },
    join(group, pid) {
      registry.join(group, pid);
      tell({ kind: 'joined', group, pid }, pid.thread);
    },
    leave(group, pid) {
      registry.leave(group, pid);
      tell({ kind: 'left', group, pid }, pid.thread);
    },
  };
}

/** One step: looked up, taken and told. */
function grant(
  registry: Registry,
  name: string,
  pid: Pid,
  tell: (wire: ToThreadWire, except: number) => void,
): boolean {
  if (registry.whereis(name) !== null) return false;
  registry.set(name, pid);
  tell({ kind: 'named', name, pid }, edgeThread);
  return true;
}

export interface ReplicaParts {
  readonly registry: Registry;
  readonly calls: Calls;
  readonly monotonic: () => number;
  readonly toEdge: (wire: Wire) => void;
}

/** On every other thread: asks the edge, and frees its own replica at once. */
export function replicaNames({ registry, calls, monotonic, toEdge }: ReplicaParts): Names {
  return {
    claim(name, pid) {
      return new Promise((resolve) => {
        const deadline = monotonic() + claimDeadlineMs;
        const route = { thread: edgeThread, incarnation: 1, deadline };
        const ref = calls.ask(route, (result) => resolve(result.ok && result.value === true));
        toEdge({ kind: 'claim', ref, name, pid });
      });
    },
    release(name, pid) {
      registry.free(name, pid);
      toEdge({ kind: 'release', name, pid });
    },
    join(group, pid) {
      registry.join(group, pid);
      toEdge({ kind: 'joined', group, pid });
    },
    leave(group, pid) {
      registry.leave(group, pid);
      toEdge({ kind: 'left', group, pid });
    },
  };
}
