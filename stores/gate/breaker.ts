// Owns the rule when a backend is asked and when it is left alone: closed, open, half open, and how long it rests.
// It keeps no timer and knows no client.
//
//           broken, or `unwellMax` unwell in a row
//   closed ------------------------------------------> open
//      ^                                                | the rest is over: one probe
//      |  the probe is answered                         v
//      +-------------------------------------------- halfOpen --- it fails: open again, for longer

const restMsMin = 25;
/** With the probe's own time, less than a second: the bound within which a backend that is well again is in use. */
const restMsMax = 500;
/** Failures in a row of a backend that still answers. One alone may be a write that met a full memory. */
const unwellMax = 5;
/** A backend that lasted shorter than this was not well again: the rests go on growing, so nothing reconnects in a storm. */
const steadyMs = 1_000;

export class Breaker {
  #state: 'closed' | 'open' | 'halfOpen' = 'closed';
  /** Nobody was answered yet: then one failure is enough. */
  #proved = false;
  #unwell = 0;
  #rests = 0;
  #closedAt = Number.NEGATIVE_INFINITY;

  get state(): 'closed' | 'open' | 'halfOpen' {
    return this.#state;
  }

  /** True when this answer closes it. */
  well(now: number): boolean {
    // While it rests, an answer to something older says nothing about now.
    if (this.#state === 'open') return false;
    this.#unwell = 0;
    this.#proved = true;
    if (this.#state === 'closed') return false;
    this.#state = 'closed';
    this.#closedAt = now;
    return true;
  }

  /** True when this failure opens it. */
  unwell(now: number): boolean {
    this.#unwell += 1;
    if (this.#state === 'open') return false;
    if (this.#state === 'closed' && this.#proved && this.#unwell < unwellMax) return false;
    this.broken(now);
    return true;
  }

  broken(now: number): void {
    if (this.#state === 'closed' && now - this.#closedAt >= steadyMs) this.#rests = 0;
    this.#state = 'open';
    this.#unwell = 0;
  }

  /** How long to rest before the next probe. Jitter only shortens it: the cap is a promise. */
  restMs(random: number): number {
    const rest = Math.min(restMsMin * 2 ** this.#rests, restMsMax);
    if (rest < restMsMax) this.#rests += 1;
    return rest * (1 - random / 4);
  }

  halfOpen(): void {
    this.#state = 'halfOpen';
  }
}
