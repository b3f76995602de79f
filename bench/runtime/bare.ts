// Owns the anchors without a library: a function call, an awaited promise, and one postMessage for each message.
// The ratio to these says more than the figures of one machine.

import { Worker } from 'node:worker_threads';
import { type Contender, rate } from './round.ts';

export function functionCall(size: number): Contender {
  const state = { sum: 0 };
  const handlers = new Map([['add', (one: { sum: number }, { by }: { by: number }) => (one.sum += by)]]);
  const work = async () => {
    for (let i = 0; i < size; i++) handlers.get('add')?.(state, { by: 1 });
  };
  return { name: 'bare call', round: () => rate(size, work) };
}

export function awaitedPromise(size: number): Contender {
  const work = async () => {
    for (let i = 0; i < size; i++) await Promise.resolve(i);
  };
  return { name: 'bare await', round: () => rate(size, work) };
}

export class BareThread {
  readonly #worker = new Worker(new URL('./bare-thread.ts', import.meta.url));

  /** Small objects, one message each. */
  cast(size: number): Contender {
    const work = async () => {
      for (let i = 1; i < size; i++) this.#worker.postMessage({ by: 1, id: 'a1b2c3', text: 'hello', seq: i });
      await this.#ask();
    };
    return { name: 'postMessage', round: () => rate(size, work) };
  }

  /** Median microseconds there and back, one after the other. */
  roundTrip(size: number, idleMs = 0): Contender {
    return { name: 'postMessage', round: () => medianRoundTrip(size, idleMs, () => this.#ask()) };
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(): Promise<void> {
    return new Promise((resolve) => {
      this.#worker.once('message', () => resolve());
      this.#worker.postMessage({ by: 1, answer: true });
    });
  }
}

/** With a pause before each, so that both threads sleep when it begins. */
export async function medianRoundTrip(size: number, idleMs: number, ask: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < size; i++) {
    if (idleMs > 0) await new Promise((resolve) => setTimeout(resolve, idleMs));
    const started = performance.now();
    await ask();
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  return (times[Math.floor(size / 2)] ?? Number.NaN) * 1_000;
}
