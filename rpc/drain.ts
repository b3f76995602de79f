// Owns the way out: how a node that is told to go stops taking visitors without any of them seeing an error.
// It closes no listener and ends no process; who asked does that when `drain` resolves.
//
//   serving --drain()--> draining (readyz 503, else normal, 3 s) --> refusing (new RPCs 503, held polls answered over 3 s)
//
// Where nobody is connected, both waits are skipped.

import { type Clock, sleep } from './clock.ts';
import { drainInFlightMsMax, drainNormalMs, drainReleaseMs, drainReleaseStepMs } from './limits.ts';

export interface Held {
  readonly size: number;
  /** Answers up to `count` of those who wait. */
  release(count: number): void;
}

export class Drain {
  readonly #clock: Clock;
  readonly #held: Held;
  readonly #visitors: () => number;
  #phase: 'serving' | 'draining' | 'refusing' = 'serving';
  #inFlight = 0;
  #done: Promise<void> | null = null;

  constructor(parts: { readonly clock: Clock; readonly held: Held; readonly visitors: () => number }) {
    this.#clock = parts.clock;
    this.#held = parts.held;
    this.#visitors = parts.visitors;
  }

  get draining(): boolean {
    return this.#phase !== 'serving';
  }

  get refusing(): boolean {
    return this.#phase === 'refusing';
  }

  /** A request is under way until the returned function is called. */
  begin(): () => void {
    this.#inFlight += 1;
    return () => {
      this.#inFlight -= 1;
    };
  }

  drain(): Promise<void> {
    this.#done ??= this.#run();
    return this.#done;
  }

  async #run(): Promise<void> {
    this.#phase = 'draining';
    if (this.#visitors() > 0 || this.#inFlight > 0) await sleep(this.#clock, drainNormalMs);
    this.#phase = 'refusing';
    await this.#release();
    await this.#finish();
  }

  async #release(): Promise<void> {
    const steps = drainReleaseMs / drainReleaseStepMs;
    for (let step = 0; step < steps && this.#held.size > 0; step += 1) {
      this.#held.release(Math.ceil(this.#held.size / (steps - step)));
      await sleep(this.#clock, drainReleaseStepMs);
    }
    this.#held.release(this.#held.size);
  }

  async #finish(): Promise<void> {
    const steps = drainInFlightMsMax / drainReleaseStepMs;
    for (let step = 0; step < steps && this.#inFlight > 0; step += 1) await sleep(this.#clock, drainReleaseStepMs);
  }
}
