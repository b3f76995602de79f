// Owns two nodes that want the same visitors all the while, and the book of who may think that a visitor is his.
// What must never be is written down the moment it is seen: two owners at once, one fence for two, a stale copy kept,
// a copy of another visitor.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { cache, type SessionId } from '../../actors/mod.ts';
import type { LocalNode } from '../../runtime/mod.ts';
import { startedCacheNode } from './cache-node.ts';
import { keepSession, openSession } from './redis-crowd.ts';
import { eventually, Stopwatch } from './stopwatch.ts';

const stepMs = 10;
const putsInTurn = 2;
const renewEveryMs = 500;
const goesOnMsMax = 15_000;
const changesMin = 3;

export interface Rival {
  readonly owner: string;
  readonly node: LocalNode;
}

/** Two nodes of one installation, each of which knows of the other. */
export async function rivalsAt(t: TestContext, redis: string, leaseMs: number): Promise<readonly [Rival, Rival]> {
  const rival = async (owner: string) => {
    return { owner, node: await startedCacheNode(t, { redis, owner, leaseMs }) };
  };
  const both = [await rival('one'), await rival('two')] as const;
  for (const { node } of both) {
    await eventually(leaseMs, async () => {
      const { lease } = await openSession(node, 'sprobe');
      return lease.type === 'elsewhere' || (lease.type === 'held' && lease.ttlMs !== null);
    });
  }
  return both;
}

export interface ContestOptions {
  readonly rivals: readonly [Rival, Rival];
  readonly leaseMs: number;
  /** The first rival has these and keeps them; the other never stops asking for them. */
  readonly kept: readonly string[];
  /** Each is taken by whoever is first, given back, and taken again. */
  readonly contested: readonly string[];
}

interface Visitor {
  readonly fences: Map<number, string>;
  /** The highest that was given to anybody so far. */
  top: number;
  holder: { readonly owner: string; readonly until: number } | null;
  changes: number;
}

/** How one node is served for one visitor. */
interface Service {
  servedAt: number;
  worstGapMs: number;
}

export class LeaseContest {
  /** What must not be. */
  readonly #faults: string[] = [];
  readonly #options: ContestOptions;
  readonly #watch = new Stopwatch();
  readonly #visitors = new Map<string, Visitor>();
  readonly #services = new Map<string, Service>();
  readonly #lives: Promise<void>[];
  #version = 0;
  #over = false;

  constructor(options: ContestOptions) {
    this.#options = options;
    const { rivals, kept, contested } = options;
    for (const session of [...kept, ...contested])
      this.#visitors.set(session, { fences: new Map(), top: 0, holder: null, changes: 0 });
    this.mark();
    this.#lives = [
      ...kept.flatMap((session) => [this.#keeps(rivals[0], session), this.#asksForGood(rivals[1], session)]),
      ...contested.flatMap((session) => rivals.map((rival) => this.#contends(rival, session))),
    ];
  }

  /** Forgets the gaps so far. */
  mark(): void {
    const servedAt = this.#watch.ms;
    for (const session of this.#visitors.keys()) {
      for (const { owner } of this.#options.rivals)
        this.#services.set(serviceKey(session, owner), { servedAt, worstGapMs: 0 });
    }
  }

  /** Milliseconds between two answers of Redis to one node about this visitor, the time since the last one included. */
  worstGapMs(session: string): number {
    const gaps = this.#options.rivals.map(({ owner }) => {
      const { worstGapMs, servedAt } = this.#service(session, owner);
      return Math.max(worstGapMs, this.#watch.ms - servedAt);
    });
    return Math.max(...gaps);
  }

  /** Until each contested visitor has had several more owners; nothing that must not be was seen so far. */
  async goesOn(): Promise<void> {
    const before = this.#options.contested.map((session) => this.#visitor(session).changes);
    const moved = (session: string, index: number) =>
      this.#visitor(session).changes > (before[index] ?? 0) + changesMin;
    await eventually(goesOnMsMax, () => {
      assert.deepEqual(this.#faults, []);
      return this.#options.contested.every(moved);
    });
  }

  fences(session: string): number {
    return this.#visitor(session).fences.size;
  }

  /** Fails where a call was never answered, and where anything was seen that must not be. */
  async end(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#lives);
    this.#watch.stop();
    assert.deepEqual(this.#faults, []);
  }

  async #keeps(rival: Rival, session: string): Promise<void> {
    let fence: number | null = null;
    let renewedAt = 0;
    while (!this.#over) {
      if (fence === null) fence = await this.#open(rival, session);
      else if (performance.now() - renewedAt > renewEveryMs) {
        renewedAt = performance.now();
        await this.#renew(rival, session, fence);
      } else await this.#put(rival, session, fence);
      await pause(stepMs);
    }
  }

  async #asksForGood(rival: Rival, session: string): Promise<void> {
    while (!this.#over) {
      if (this.#visitor(session).holder !== null) await this.#open(rival, session);
      await pause(stepMs);
    }
  }

  async #contends(rival: Rival, session: string): Promise<void> {
    while (!this.#over) {
      const fence = await this.#open(rival, session);
      if (fence !== null) {
        for (let put = 0; put < putsInTurn; put++) await this.#put(rival, session, fence);
        this.#visitor(session).holder = null;
        rival.node.cast(cache, 'releaseLease', { session: session as SessionId, fence });
        await pause(2 * stepMs);
        // As an owner does that was paused, and does not know that his time is over.
        await this.#put(rival, session, fence);
      }
      await pause(stepMs);
    }
  }

  async #open({ owner, node }: Rival, session: string): Promise<number | null> {
    const asked = performance.now();
    const { copy, lease, reason } = await openSession(node, session);
    if (copy !== null && copy.card?.name !== session) this.#faults.push(`${session} got a copy of ${copy.card?.name}`);
    if (reason === 'hit' || reason === 'absent') this.#served(session, owner);
    if (lease.type !== 'held') return null;
    this.#granted(session, owner, { fence: lease.fence, until: asked + this.#options.leaseMs });
    return lease.fence;
  }

  async #renew({ owner, node }: Rival, session: string, fence: number): Promise<void> {
    const asked = performance.now();
    const renewed = await node.call(cache, 'renewLease', { session: session as SessionId, fence });
    if (!renewed.ok) return;
    const { lease } = renewed.value;
    if (lease.type !== 'held') this.#faults.push(`${session} was taken from ${owner}, who renewed it in time`);
    else this.#granted(session, owner, { fence: lease.fence, until: asked + this.#options.leaseMs });
  }

  async #put({ owner, node }: Rival, session: string, fence: number): Promise<void> {
    const { top } = this.#visitor(session);
    this.#version += 1;
    const { kept } = await keepSession(node, session, { fence, version: this.#version });
    if (kept && fence < top) this.#faults.push(`${session}: a copy of ${owner} under ${fence} was kept after ${top}`);
    if (kept) this.#served(session, owner);
  }

  #granted(session: string, owner: string, { fence, until }: { readonly fence: number; readonly until: number }): void {
    const visitor = this.#visitor(session);
    const { holder, fences, top } = visitor;
    if (holder !== null && holder.owner !== owner && performance.now() < holder.until)
      this.#faults.push(`${session} was given to ${owner} while it was ${holder.owner}'s`);
    const before = fences.get(fence) ?? owner;
    if (before !== owner) this.#faults.push(`${session}: the fence ${fence} was given to ${before} and to ${owner}`);
    if (fence < top) this.#faults.push(`${session}: the fence ${fence} was given after ${top}`);
    if (fence > top) visitor.changes += 1;
    fences.set(fence, owner);
    visitor.top = Math.max(top, fence);
    visitor.holder = { owner, until };
  }

  #served(session: string, owner: string): void {
    const service = this.#service(session, owner);
    const now = this.#watch.ms;
    service.worstGapMs = Math.max(service.worstGapMs, now - service.servedAt);
    service.servedAt = now;
  }

  #service(session: string, owner: string): Service {
    return this.#services.get(serviceKey(session, owner)) ?? notIn(session);
  }

  #visitor(session: string): Visitor {
    return this.#visitors.get(session) ?? notIn(session);
  }
}

function serviceKey(session: string, owner: string): string {
  return `${session} ${owner}`;
}

function notIn(session: string): never {
  throw new Error(`${session} is in no contest`);
}
