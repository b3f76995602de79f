// Owns telling every visitor of a site whether anybody is available, in slices, so that ten thousand parked polls that
// are answered together do not stall the loop. It says nothing else to anybody.

import type { SiteId } from '../actors/mod.ts';
import type { Clock } from './clock.ts';
import { fanoutSliceOutboxes } from './limits.ts';
import type { Outbox } from './outbox.ts';
import type { Outboxes } from './outboxes.ts';
import type { Polls } from './polls.ts';

export class Broadcast {
  readonly #clock: Clock;
  readonly #outboxes: Outboxes;
  readonly #polls: Polls;
  readonly #online: (site: SiteId) => boolean | null;
  /** Who is still to be told; a newer change of the same site begins anew. */
  readonly #waiting = new Map<SiteId, Outbox[]>();

  constructor(parts: {
    readonly clock: Clock;
    readonly outboxes: Outboxes;
    readonly polls: Polls;
    readonly online: (site: SiteId) => boolean | null;
  }) {
    this.#clock = parts.clock;
    this.#outboxes = parts.outboxes;
    this.#polls = parts.polls;
    this.#online = parts.online;
  }

  announce(site: SiteId): void {
    const everybody = [...this.#outboxes.ofSite(site)];
    if (everybody.length === 0) return;
    if (this.#waiting.size === 0) this.#clock.soon(() => this.#slice());
    this.#waiting.set(site, everybody);
  }

  /** Each outbox is told what is so now, so that a quick change back and forth costs nobody a poll. */
  #slice(): void {
    let left = fanoutSliceOutboxes;
    for (const [site, outboxes] of this.#waiting) {
      const online = this.#online(site);
      for (const outbox of outboxes.splice(-left)) {
        left -= 1;
        if (online === null) continue;
        if (outbox.log.presence(online, this.#clock.monotonic()) === 'added') this.#polls.wakeNow(outbox);
      }
      if (outboxes.length === 0) this.#waiting.delete(site);
      if (left <= 0) break;
    }
    if (this.#waiting.size > 0) this.#clock.soon(() => this.#slice());
  }
}
