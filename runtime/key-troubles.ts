// Owns the memory of keys whose actor failed lately, and decides when one may be made again.
// It is a pure rule over the times it is told; a key without trouble costs nothing.

import { runtimeFailure } from './failures.ts';
import type { Failure } from './result.ts';

/** After a failed init the next try waits this long, doubled for each failure in a row. */
const initRetryMinMs = 50;
const initRetryMaxMs = 2_000;
/** More crashes than this within the period, and the key rests, doubled each time up to the longest rest. */
const crashesMax = 5;
const crashPeriodMs = 10_000;
const restMinMs = 1_000;
const restMaxMs = 60_000;
/** A key that had no trouble for this long is forgotten. */
const forgetAfterMs = 120_000;
/** Beyond this the key that had trouble longest ago is forgotten. */
const keysMax = 10_000;

interface Trouble {
  crashTimes: number[];
  crashes: number;
  initFailures: number;
  rests: number;
  restUntil: number;
  lastAt: number;
  failure: Failure;
}

export class KeyTroubles {
  readonly #keys = new Map<string, Trouble>();

  get size(): number {
    return this.#keys.size;
  }

  crashes(key: string): number {
    return this.#keys.size === 0 ? 0 : (this.#keys.get(key)?.crashes ?? 0);
  }

  /** Why the key cannot be made now; null when it can. */
  refusal(key: string, now: number): Failure | null {
    if (this.#keys.size === 0) return null;
    const trouble = this.#keys.get(key);
    if (trouble === undefined) return null;
    if (now < trouble.restUntil) return trouble.failure;
    if (now - trouble.lastAt > forgetAfterMs) this.#keys.delete(key);
    return null;
  }

  initFailed(key: string, failure: Failure, now: number): void {
    const trouble = this.#touch(key, now);
    trouble.restUntil = now + Math.min(initRetryMaxMs, initRetryMinMs * 2 ** trouble.initFailures);
    trouble.initFailures++;
    trouble.failure = failure;
  }

  crashed(key: string, now: number): void {
    const trouble = this.#touch(key, now);
    trouble.initFailures = 0;
    trouble.crashes++;
    trouble.crashTimes = trouble.crashTimes.filter((time) => now - time < crashPeriodMs);
    trouble.crashTimes.push(now);
    if (trouble.crashTimes.length <= crashesMax) return;
    const restMs = Math.min(restMaxMs, restMinMs * 2 ** trouble.rests);
    trouble.rests++;
    trouble.restUntil = now + restMs;
    trouble.crashTimes = [];
    const failure = runtimeFailure('exited', 'it crashed too often and rests');
    trouble.failure = { ...failure, data: { retryAfterMs: restMs } };
  }

  /** The order of the map is the order of the last trouble. */
  #touch(key: string, now: number): Trouble {
    let trouble = this.#keys.get(key);
    if (trouble === undefined || now - trouble.lastAt > forgetAfterMs) {
      const failure = runtimeFailure('exited', 'it ended');
      trouble = { crashTimes: [], crashes: 0, initFailures: 0, rests: 0, restUntil: 0, lastAt: now, failure };
    }
    trouble.lastAt = now;
    this.#keys.delete(key);
    this.#keys.set(key, trouble);
    const oldest = this.#keys.keys().next();
    if (this.#keys.size > keysMax && !oldest.done) this.#keys.delete(oldest.value);
    return trouble;
  }
}
