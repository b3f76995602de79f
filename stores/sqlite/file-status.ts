// Owns what a store on a file tells of itself, in the words of a gate: there is no client and no breaker.
// It counts and decides nothing.

import type { GateStatus } from '../../actors/mod.ts';
import { Latencies } from '../gate/mod.ts';

export class FileStatus {
  readonly #file: string;
  readonly #backend: GateStatus['backend'];
  readonly #latencies = new Latencies();
  #state: GateStatus['state'] = 'untried';
  #changedAt: number;
  #calls = 0;
  #failures = 0;
  #lastError: string | null = null;

  constructor(file: string, now: number, backend: GateStatus['backend'] = 'sql') {
    this.#file = file;
    this.#backend = backend;
    this.#changedAt = now;
  }

  /** `error`: null where the file served; it may have said no. */
  called(error: string | null, at: { readonly now: number; readonly tookMs: number }): void {
    this.#calls += 1;
    const state = error === null ? 'up' : 'down';
    if (state !== this.#state) this.#changedAt = at.now;
    this.#state = state;
    if (error === null) {
      this.#latencies.add(at.tookMs);
      return;
    }
    this.#failures += 1;
    this.#lastError = error;
  }

  told(): GateStatus {
    return {
      backend: this.#backend,
      target: this.#file,
      state: this.#state,
      breaker: 'closed',
      pending: 0,
      generation: 1,
      calls: this.#calls,
      failures: this.#failures,
      latencyMs: this.#latencies.percentiles(),
      lastError: this.#lastError,
      changedAt: this.#changedAt,
    };
  }
}
