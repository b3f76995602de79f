// Owns the collection of outboxes: finding them by session and by site, and dropping the right ones when there are too many.
// It holds them in order of use; it reads no log and tells no session (whoever listens to `onDrop` does).

import type { SessionId, SiteId } from '../actors/mod.ts';
import { outboxUnusedMsMax } from './limits.ts';
import type { Outbox } from './outbox.ts';

export type DropReason = 'unused' | 'tooMany' | 'tooLarge' | 'renumbered';

/** How many of the longest unused are looked at for one without a conversation. */
const victimsLookedAt = 1_000;

export class Outboxes {
  readonly #bySession = new Map<SessionId, Outbox>();
  readonly #bySite = new Map<SiteId, Set<Outbox>>();
  readonly #limits: { readonly outboxesMax: number; readonly outboxBytesMax: number };
  readonly #onDrop: (outbox: Outbox, reason: DropReason) => void;
  readonly dropped: { [reason in DropReason]: number } = { unused: 0, tooMany: 0, tooLarge: 0, renumbered: 0 };
  #bytes = 0;

  constructor(
    limits: { readonly outboxesMax: number; readonly outboxBytesMax: number },
    onDrop: (outbox: Outbox, reason: DropReason) => void,
  ) {
    this.#limits = limits;
    this.#onDrop = onDrop;
  }

  get size(): number {
    return this.#bySession.size;
  }

  /** As of the last upkeep, plus what was weighed since. */
  get bytes(): number {
    return this.#bytes;
  }

  find(session: SessionId): Outbox | null {
    return this.#bySession.get(session) ?? null;
  }

  /** Least recently used first. Dropping while iterating is fine. */
  all(): Iterable<Outbox> {
    return this.#bySession.values();
  }

  ofSite(site: SiteId): Iterable<Outbox> {
    return this.#bySite.get(site) ?? [];
  }

  add(outbox: Outbox): void {
    if (this.#bySession.size >= this.#limits.outboxesMax) this.#makeRoom();
    this.#bySession.set(outbox.session, outbox);
    const ofSite = this.#bySite.get(outbox.site) ?? new Set();
    this.#bySite.set(outbox.site, ofSite.add(outbox));
  }

  /** A page of this visitor did something: he goes to the end of the order of use. */
  used(outbox: Outbox): void {
    if (this.#bySession.delete(outbox.session)) this.#bySession.set(outbox.session, outbox);
  }

  /** Drops who is unused for too long, then the longest unused while all logs together are too large. */
  upkeep(now: number): void {
    let bytes = 0;
    for (const outbox of this.#bySession.values()) {
      if (outbox.parked.length === 0 && outbox.presence.heardAt <= now - outboxUnusedMsMax)
        this.#drop(outbox, 'unused');
      else bytes += outbox.log.bytes;
    }
    this.#bytes = bytes;
    if (bytes > this.#limits.outboxBytesMax) this.#shrink();
  }

  /** What its log says is no longer so. */
  forget(session: SessionId): void {
    const outbox = this.find(session);
    if (outbox !== null) this.#drop(outbox, 'renumbered');
  }

  #shrink(): void {
    for (const wanted of ['idle', 'anybody'] as const) {
      for (const outbox of this.#bySession.values()) {
        if (this.#bytes <= this.#limits.outboxBytesMax) return;
        if (outbox.log.bytes === 0 || (wanted === 'idle' && outbox.parked.length > 0)) continue;
        this.#bytes -= outbox.log.bytes;
        this.#drop(outbox, 'tooLarge');
      }
    }
  }

  /** First who has no conversation, the idle before those who wait; else whoever was idle longest. */
  #makeRoom(): void {
    let looked = 0;
    let best: { readonly outbox: Outbox; readonly cost: number } | null = null;
    for (const outbox of this.#bySession.values()) {
      const cost = (outbox.hasConversation ? 2 : 0) + (outbox.parked.length > 0 ? 1 : 0);
      if (best === null || cost < best.cost) best = { outbox, cost };
      looked += 1;
      if (cost === 0 || looked >= victimsLookedAt) break;
    }
    if (best !== null) this.#drop(best.outbox, 'tooMany');
  }

  #drop(outbox: Outbox, reason: DropReason): void {
    this.#bySession.delete(outbox.session);
    const ofSite = this.#bySite.get(outbox.site);
    ofSite?.delete(outbox);
    if (ofSite?.size === 0) this.#bySite.delete(outbox.site);
    this.dropped[reason] += 1;
    this.#onDrop(outbox, reason);
  }
}
