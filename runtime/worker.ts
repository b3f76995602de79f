// Owns the life of one scheduler or gate thread: from its boot data to the word that ends it.
// It never ends quietly: what no actor can be blamed for is reported, and the thread gives way to a fresh one.

import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import type { AnyBehaviour } from './behaviour.ts';
import type { Boot, Waiting } from './boot.ts';
import { drained } from './drain.ts';
import { watchEdge } from './edge-watch.ts';
import { Heartbeat } from './heartbeat.ts';
import { inspector } from './inspect.ts';
import type { InspectOptions } from './inspection.ts';
import { processAt } from './kernel.ts';
import type { ThreadInspection } from './node-options.ts';
import { rehearse } from './rehearsal.ts';
import { success } from './result.ts';
import type { ActorThread } from './thread.ts';
import { edgeThread } from './topology.ts';
import { trace } from './trace.ts';
import type { Wire } from './wire.ts';
import { workingThread } from './working-thread.ts';

const bytesPerKib = 1_024;

/**
 * What a thread runs: the entry module (`threadEntry`) exports its result under the name `runThread`, and the runtime
 * calls that once for the life of the thread. The behaviours are those that actors of schedulers and gates may have.
 */
export function threadMain(behaviours: readonly AnyBehaviour[]): (waiting: unknown) => Promise<void> {
  return (waiting) =>
    new Promise((resolve) => {
      const { seat, boots, rehearses } = waiting as Waiting;
      let waits = true;
      if (rehearses) void rehearse(() => waits);
      boots.once('message', (boot: Boot) => {
        waits = false;
        boots.close();
        live({ behaviours, boot, heartbeats: seat.heartbeats }, resolve);
      });
    });
}

interface Beginning {
  readonly behaviours: readonly AnyBehaviour[];
  readonly boot: Boot;
  readonly heartbeats: SharedArrayBuffer;
}

function live(beginning: Beginning, over: () => void): void {
  const { boot, heartbeats } = beginning;
  const heartbeat = new Heartbeat({ heartbeats, thread: boot.thread });
  heartbeat.task = taskId();
  const beating = setInterval(() => beat(heartbeat), boot.beatMs);
  const watching = boot.edgeStuckMs > 0 ? watchEdge(heartbeats, boot.edgeStuckMs) : undefined;
  const hands: Hands = { inspect: null, halt: () => undefined };
  const thread = workingThread({ ...beginning, control: (self, wire) => obey(self, hands, wire) });
  hands.inspect = inspector(thread);
  hands.halt = () => {
    clearInterval(beating);
    clearInterval(watching);
    thread.halt();
    over();
  };
  thread.registry.load(boot.registry);
  reportStrays(thread);
  for (const { thread: other, incarnation, port } of boot.peers) {
    if (port === null) thread.transport.disconnect(other, incarnation - 1);
    else thread.transport.connect(other, incarnation, port);
  }
  thread.transmit(edgeThread, { kind: 'ready' });
}

interface Hands {
  inspect: ((options: InspectOptions) => ThreadInspection) | null;
  halt: () => void;
}

function obey(thread: ActorThread, hands: Hands, wire: Wire): void {
  switch (wire.kind) {
    case 'named':
      thread.registry.set(wire.name, wire.pid);
      return;
    case 'freed':
      thread.registry.free(wire.name, wire.pid);
      return;
    case 'joined':
      thread.registry.join(wire.group, wire.pid);
      return;
    case 'left':
      thread.registry.leave(wire.group, wire.pid);
      return;
    case 'lost':
      thread.threadLost(wire.thread, wire.incarnation);
      return;
    case 'connect':
      thread.transport.connect(wire.thread, wire.incarnation, wire.port);
      return;
    case 'inspect':
      if (hands.inspect !== null) {
        thread.transmit(edgeThread, { kind: 'answer', ref: wire.ref, result: success(hands.inspect(wire.options)) });
      }
      return;
    case 'trace':
      void traceFor(thread, wire);
      return;
    case 'stopFamily':
      void stopFamily(thread, wire);
      return;
    case 'echo':
      thread.transmit(edgeThread, { kind: 'answer', ref: wire.ref, result: success(null) });
      return;
    case 'drain':
      void drain(thread, wire.withinMs);
      return;
    case 'halt':
      hands.halt();
      return;
    default:
      thread.log('error', 'a wire that no thread understands', { kind: wire.kind });
  }
}

async function traceFor(thread: ActorThread, { ref, to, options }: Extract<Wire, { kind: 'trace' }>): Promise<void> {
  const result = await trace(thread, processAt(thread, to), options);
  thread.transmit(edgeThread, { kind: 'answer', ref, result });
}

async function stopFamily(thread: ActorThread, { ref, family }: Extract<Wire, { kind: 'stopFamily' }>): Promise<void> {
  await thread.families.get(family)?.stop();
  thread.transmit(edgeThread, { kind: 'answer', ref, result: success(null) });
}

async function drain(thread: ActorThread, withinMs: number): Promise<void> {
  await drained(thread, withinMs);
  thread.transmit(edgeThread, { kind: 'drained' });
}

/** Made ten times within the limit for stuck threads by every thread, idle ones too: what is dear is asked only when it matters. */
function beat(heartbeat: Heartbeat): void {
  const { external_memory: external, used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  heartbeat.bufferKib = Math.ceil(external / bytesPerKib);
  heartbeat.heapKib = Math.ceil((used < limit / 2 ? used : oldHeapBytes()) / bytesPerKib);
  heartbeat.beat();
}

/** 30 us, where the statistics of the whole heap take 2. */
function oldHeapBytes(): number {
  const old = getHeapSpaceStatistics().filter(({ space_name: name }) => !name.startsWith('new_'));
  return old.reduce((sum, { space_used_size: used }) => sum + used, 0);
}

/** The kernel's id of this thread, by which the edge can read its CPU time; 0 where there is no /proc. */
function taskId(): number {
  try {
    return Number(basename(readlinkSync('/proc/thread-self')));
  } catch {
    return 0;
  }
}

/**
 * An error that comes from no handler (a timer callback of a library, a promise without an owner) leaves unknown damage:
 * the thread says so and ends, and its actors come back on a fresh one.
 */
function reportStrays(thread: ActorThread): void {
  const end = (kind: string) => (thrown: unknown) => {
    const fields = thrown instanceof Error ? { error: thrown.name, reason: thrown.message, stack: thrown.stack } : {};
    thread.log('error', `thread ends after an ${kind}`, fields);
    thread.transport.flush();
    process.exit(1);
  };
  process.on('uncaughtException', end('uncaught exception'));
  process.on('unhandledRejection', end('unhandled rejection'));
}
