// Owns what the edge thread alone understands: claims of names, group changes, log lines and readiness of threads.
// It decides nothing about actors; the wires of actors never come here.

import type { CrashReports } from './crash-reports.ts';
import type { Fleet } from './fleet.ts';
import { isLiveThread } from './kernel.ts';
import type { LogLine } from './node-options.ts';
import { success } from './result.ts';
import type { ActorThread } from './thread.ts';
import { edgeThread } from './topology.ts';
import type { Wire } from './wire.ts';

export interface EdgeParts {
  readonly edge: ActorThread;
  readonly fleet: Fleet;
  readonly crashes: CrashReports;
  readonly log: (line: LogLine) => void;
}

export function obeyThread({ edge, fleet, crashes, log }: EdgeParts, wire: Wire, from: number): void {
  const tell = fleet.tell.bind(fleet);
  switch (wire.kind) {
    case 'ready':
      fleet.ready(from);
      return;
    case 'drained':
      fleet.drained(from);
      return;
    case 'log':
      log(wire.line);
      return;
    case 'crashed':
      crashes.add(wire.report);
      return;
    case 'claim':
      void claimed(edge, wire);
      return;
    case 'release':
      if (edge.registry.free(wire.name, wire.pid)) tell({ kind: 'freed', name: wire.name, pid: wire.pid }, edgeThread);
      return;
    case 'joined':
      edge.registry.join(wire.group, wire.pid);
      tell(wire, from);
      return;
    case 'left':
      edge.registry.leave(wire.group, wire.pid);
      tell(wire, from);
      return;
    default:
      edge.log('error', 'a wire that the edge does not understand', { kind: wire.kind });
  }
}

async function claimed(edge: ActorThread, { ref, name, pid }: Extract<Wire, { kind: 'claim' }>): Promise<void> {
  const granted = await edge.names.claim(name, pid);
  // The next life of that thread counts its questions anew: this answer would be another's.
  if (isLiveThread(edge, pid)) edge.transmit(pid.thread, { kind: 'answer', ref, result: success(granted) });
}
