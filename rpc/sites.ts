// Owns the edge's copies of sites: asked for once, kept fresh by the sites' own levels, and names that are no site.
// It never lets made-up names reach the site actors without bound, and an old copy serves while no newer can be had.

import { LRUCache } from 'lru-cache';
import { type SiteId, type SiteView, siteAt } from '../actors/mod.ts';
import { type Bucket, fullBucket, take } from './bucket.ts';
import type { Clock } from './clock.ts';
import type { EdgeNode } from './edge-node.ts';
import { failed, faultOf, type Outcome, success } from './fault.ts';
import {
  siteDeadlineMs,
  siteLookupsBurst,
  siteLookupsPerSecond,
  sitesKnownMax,
  sitesUnknownMax,
  siteUnknownForMs,
  siteViewAgeMsMax,
} from './limits.ts';

interface Known {
  readonly view: SiteView;
  readonly at: number;
}

const lookups = { perSecond: siteLookupsPerSecond, burst: siteLookupsBurst };

export class Sites {
  readonly #node: EdgeNode;
  readonly #clock: Clock;
  readonly #onOnline: (site: SiteId) => void;
  readonly #known = new LRUCache<SiteId, Known>({ max: sitesKnownMax });
  /** Names that are no site, and until when that is believed. */
  readonly #unknown = new LRUCache<SiteId, number>({ max: sitesUnknownMax });
  readonly #asking = new Map<SiteId, Promise<Outcome<SiteView>>>();
  readonly #budget: Bucket;

  constructor(parts: { readonly node: EdgeNode; readonly clock: Clock; readonly onOnline: (site: SiteId) => void }) {
    this.#node = parts.node;
    this.#clock = parts.clock;
    this.#onOnline = parts.onOnline;
    this.#budget = fullBucket(lookups, parts.clock.monotonic());
  }

  /** A site's level arrived. */
  learn(view: SiteView): void {
    const before = this.#known.get(view.id);
    this.#known.set(view.id, { view, at: this.#clock.monotonic() });
    this.#unknown.delete(view.id);
    if (before?.view.online !== view.online) this.#onOnline(view.id);
  }

  /** Its settings changed, or it is there no more: asked for again at once; until the answer the old copy is a last resort. */
  changed(site: SiteId): void {
    this.#unknown.delete(site);
    this.#asking.delete(site);
    const known = this.#known.get(site);
    if (known === undefined) return;
    this.#known.set(site, { ...known, at: Number.NEGATIVE_INFINITY });
    void this.find(site);
  }

  /** What is known without asking, however old. */
  peek(site: SiteId): SiteView | null {
    return this.#known.get(site)?.view ?? null;
  }

  async find(site: SiteId): Promise<Outcome<SiteView>> {
    const now = this.#clock.monotonic();
    const known = this.#known.get(site);
    if (known !== undefined && known.at > now - siteViewAgeMsMax) return success(known.view);
    if ((this.#unknown.get(site) ?? 0) > now) return failed('unknownSite');
    const asked = this.#asking.get(site) ?? this.#ask(site, known === undefined);
    return asked;
  }

  #ask(site: SiteId, isNew: boolean): Promise<Outcome<SiteView>> {
    const waitMs = isNew ? take(this.#budget, lookups, this.#clock.monotonic()) : 0;
    if (waitMs > 0) return Promise.resolve(failed('throttled', undefined, { retryAfterMs: waitMs }));
    const asking = this.#describe(site).finally(() => {
      if (this.#asking.get(site) === asking) this.#asking.delete(site);
    });
    this.#asking.set(site, asking);
    return asking;
  }

  async #describe(site: SiteId): Promise<Outcome<SiteView>> {
    const result = await this.#node.call(siteAt(site), 'describe', {}, { deadlineMs: siteDeadlineMs });
    if (result.ok) {
      this.learn(result.value);
      return success(result.value);
    }
    if (result.error.code === 'unknownSite') {
      this.#known.delete(site);
      this.#unknown.set(site, this.#clock.monotonic() + siteUnknownForMs);
      return failed('unknownSite');
    }
    const stale = this.peek(site);
    return stale === null ? { ok: false, fault: faultOf(result.error) } : success(stale);
  }
}
