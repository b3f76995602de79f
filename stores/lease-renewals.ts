// Owns the renewals that were asked for since the last batch: gathered for a moment, then sent as one request for all.
// It keeps no lease: whoever holds one asks again before it ends.

import type { Lease, SessionId } from '../actors/mod.ts';
import type { From } from '../runtime/mod.ts';

/** How long the first of a batch waits for others; small beside the 30 s of a lease. */
export const gatherMs = 50;
/** In one request: a server does nothing else while it handles one. */
const batchMax = 200;

type Answer = From<{ readonly lease: Lease }>;

export interface Renewal {
  readonly session: SessionId;
  readonly fence: number;
  /** A session and its room may ask for the same lease. */
  readonly waiting: readonly Answer[];
}

export class LeaseRenewals {
  #gathered = new Map<string, { readonly session: SessionId; readonly fence: number; waiting: Answer[] }>();

  /** True for the first of a batch. */
  add(session: SessionId, fence: number, from: Answer): boolean {
    const key = `${session} ${fence}`;
    const before = this.#gathered.get(key);
    if (before !== undefined) before.waiting.push(from);
    else this.#gathered.set(key, { session, fence, waiting: [from] });
    return before === undefined && this.#gathered.size === 1;
  }

  /** Everything gathered, in batches. */
  take(): readonly (readonly Renewal[])[] {
    const all = [...this.#gathered.values()];
    this.#gathered = new Map();
    return Array.from({ length: Math.ceil(all.length / batchMax) }, (_, index) =>
      all.slice(index * batchMax, (index + 1) * batchMax),
    );
  }
}
