// Owns what sessions are told of their visitors' pages: here, away or gone, on which page, and how far the log reads.
// A level is told on change, every 30 s while anybody is there, and again when actors were made anew.

import { type Page, sessionAt } from '../actors/mod.ts';
import type { Clock } from './clock.ts';
import type { EdgeNode } from './edge-node.ts';
import type { FreshVisitors } from './fresh-visitors.ts';
import { gapAskMs, presentRepeatMs, presentSpreadMs } from './limits.ts';
import { type Outbox, parkedOn } from './outbox.ts';
import { levelOf } from './presence.ts';

export class Levels {
  readonly #node: EdgeNode;
  readonly #clock: Clock;
  readonly #fresh: FreshVisitors;

  constructor(parts: { readonly node: EdgeNode; readonly clock: Clock; readonly fresh: FreshVisitors }) {
    this.#node = parts.node;
    this.#clock = parts.clock;
    this.#fresh = parts.fresh;
  }

  /** Tells the level if it changed or is due. */
  update(outbox: Outbox): void {
    const now = this.#clock.monotonic();
    const level = levelOf(outbox.presence, parkedOn(outbox), now);
    const due = level !== 'gone' && outbox.presentAt <= now;
    if (level !== outbox.told || due) this.tell(outbox);
  }

  tell(outbox: Outbox): void {
    const now = this.#clock.monotonic();
    const level = levelOf(outbox.presence, parkedOn(outbox), now);
    outbox.told = level;
    outbox.presentAt = now + presentRepeatMs;
    this.#present(outbox, level);
  }

  /** The outbox is dropped, so nobody would say later that the visitor left. */
  tellGone(outbox: Outbox): void {
    if (outbox.told === null || outbox.told === 'gone') return;
    outbox.told = 'gone';
    this.#present(outbox, 'gone');
  }

  turnTo(outbox: Outbox, page: Page): void {
    if (samePage(outbox.page, page)) {
      this.update(outbox);
      return;
    }
    outbox.page = page;
    this.tell(outbox);
  }

  /** A message is missing: the session compares and sends the difference. */
  askForMissing(outbox: Outbox): void {
    const now = this.#clock.monotonic();
    if (now < outbox.gapAskedAt + gapAskMs) return;
    outbox.gapAskedAt = now;
    this.tell(outbox);
  }

  /** Actors were made anew: everybody's level again, spread so that they do not come back all at once. */
  repeat(outboxes: Iterable<Outbox>): void {
    const now = this.#clock.monotonic();
    const live = [...outboxes].filter((outbox) => outbox.told === 'here' || outbox.told === 'away');
    for (const [index, outbox] of live.entries()) {
      outbox.presentAt = now + Math.floor((index / live.length) * presentSpreadMs);
      this.update(outbox);
    }
  }

  #present(outbox: Outbox, level: 'here' | 'away' | 'gone'): void {
    const { session, site, page, log } = outbox;
    const fresh = this.#fresh.has(session);
    this.#node.cast(sessionAt(session), 'present', { site, level, page, lastSeq: log.lastSeq, fresh });
  }
}

function samePage(a: Page | null, b: Page): boolean {
  return a !== null && a.url === b.url && a.title === b.title && a.referrer === b.referrer;
}
