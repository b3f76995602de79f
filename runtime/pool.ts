// Owns one life of one thread as the edge sees it: a piscina pool of one thread with one task that never ends.
// A lost thread's pool is thrown away with it; the next life gets a new one, so that nothing of the old can linger in it.

import type { MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Boot } from './boot.ts';

type TransferList = NonNullable<NonNullable<Parameters<Piscina['run']>[1]>['transferList']>;

const bytesPerMib = 1024 * 1024;

export interface LifeOptions {
  readonly entry: string;
  readonly boot: Boot;
  readonly heapBytesMax: number;
}

export interface Life {
  /** Resolves when the thread's task has ended, however it did: null after a proper halt, else why. */
  readonly over: Promise<string | null>;
  /** Resolves when the thread is really gone: native code that it was in has returned. */
  readonly exited: Promise<void>;
  terminate(): Promise<void>;
}

export function beginLife({ entry, boot, heapBytesMax }: LifeOptions): Life {
  const pool = new Piscina({
    filename: entry,
    name: 'runThread',
    // No thread is kept in reserve: after an error piscina would start one for nobody.
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
    // With Atomics.wait between tasks a thread's timers and sockets would stop.
    atomics: 'disabled',
    resourceLimits: { maxOldGenerationSizeMb: Math.ceil(heapBytesMax / bytesPerMib) },
    workerData: { seat: boot.seat },
  });
  const moved = boot.peers.map(({ port }) => port).filter((port): port is MessagePort => port !== null);
  // piscina's own type of this list is broken by the overloads in newer node types; it hands it to postMessage.
  const task = pool.run(boot, { transferList: moved as unknown as TransferList });
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
  const over = Promise.race([done, failed]);
  return { over, exited, terminate: () => pool.destroy() };
}
