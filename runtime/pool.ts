// Owns one thread as the edge sees it: a piscina pool of one thread with one task that never ends.
// A lost thread's pool is thrown away with it; the next life gets a new one, so that nothing of the old can linger in it.
//
//   openThread --> loads the entry, waits --> begin(boot) --> lives --> over
//
// A thread that is opened before it is needed lives 5 ms after its boot, where one that starts then needs 90 (50 when
// the compiled entry is cached): that is what a spare saves, for the memory of one idle thread (30 MiB with the entry as
// TypeScript), and 15 MiB and 280 ms of CPU for its rehearsal.

import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Boot, Waiting } from './boot.ts';
import { newSeat } from './heartbeat.ts';

type TransferList = NonNullable<NonNullable<Parameters<Piscina['run']>[1]>['transferList']>;

const bytesPerMib = 1024 * 1024;

export interface ThreadPlan {
  readonly entry: string;
  readonly heapBytesMax: number;
  readonly heartbeats: SharedArrayBuffer;
  readonly rehearses: boolean;
}

export interface OpenThread {
  /** Resolves when the thread's task has ended, however it did: null after a proper halt, else why. */
  readonly over: Promise<string | null>;
  /** Resolves when the thread is really gone: native code that it was in has returned. */
  readonly exited: Promise<void>;
  begin(boot: Boot): void;
  /** What its buffers hold, asked by an interrupt that an endless loop answers too; null when it cannot tell. */
  bufferBytes(): Promise<number | null>;
  terminate(): Promise<void>;
}

/**
 * The watchdog ends a thread that nears its limit. V8's own limit lies behind it, because there the process is at stake:
 * it lets a thread out of memory end with 16 MiB of grace, and an array that grows by more ends everybody.
 */
const headroomBytesMax = 64 * 1_024 * 1_024;
/** Little, because V8 collects the later, the further away its limit is: more, and what is only garbage looks full. */
const headroomShare = 0.25;

function headroomBytes(heapBytesMax: number): number {
  return Math.min(headroomBytesMax, headroomShare * heapBytesMax);
}

export function openThread({ entry, heapBytesMax, heartbeats, rehearses }: ThreadPlan): OpenThread {
  const seat = newSeat(heartbeats);
  const pool = new Piscina({
    filename: entry,
    name: 'runThread',
    // No thread is kept in reserve: after an error piscina would start one for nobody.
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
    // With Atomics.wait between tasks a thread's timers and sockets would stop.
    atomics: 'disabled',
    resourceLimits: { maxOldGenerationSizeMb: Math.ceil((heapBytesMax + headroomBytes(heapBytesMax)) / bytesPerMib) },
    workerData: { seat },
  });
  const { port1, port2 } = new MessageChannel();
  // piscina's own type of this list is broken by the overloads in newer node types; it hands it to postMessage.
  const transferList = [port2] as unknown as TransferList;
  const task = pool.run({ seat, boots: port2, rehearses } satisfies Waiting, { transferList });
  const worker = pool.threads[0];
  const exited = new Promise<void>((resolve) => {
    if (worker === undefined) resolve();
    else worker.once('exit', () => resolve());
  });
  // A thread whose module does not load never takes its task, and piscina leaves the task waiting: its error is an event.
  const failed = new Promise<string>((resolve) => {
    pool.on('error', (error: Error) => resolve(error.message));
    void exited.then(() => resolve('it exited'));
  });
  const done = task.then(
    () => null,
    (thrown: unknown) => (thrown instanceof Error ? thrown.message : 'unknown'),
  );
  return {
    over: Promise.race([done, failed]),
    exited,
    begin(boot) {
      Atomics.store(new Int32Array(seat.place), 0, boot.thread);
      const moved = boot.peers.map(({ port }) => port).filter((port): port is MessagePort => port !== null);
      port1.postMessage(boot, moved);
    },
    async bufferBytes() {
      // A thread that ends meanwhile has no answer, and its end is told elsewhere.
      const statistics = await worker?.getHeapStatistics().catch(() => null);
      return statistics?.external_memory ?? null;
    },
    terminate() {
      port1.close();
      // Still here when the thread never took its task, and then the two keep each other for ever.
      port2.close();
      return pool.destroy();
    },
  };
}
