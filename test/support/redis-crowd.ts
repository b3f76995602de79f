// Owns a crowd of visitors who use the cache all at once while a test harms what is behind it.
// Each copy names its session, so that a foreign one is known at once; how long each call took is kept.

import assert from 'node:assert/strict';
import { cache, type Lease, type SessionId } from '../../actors/mod.ts';
import type { LocalNode } from '../../runtime/mod.ts';
import { sessionCopy } from './cache-conformance.ts';
import { must } from './chat-stage.ts';

const callersDefault = 16;
const patienceMs = 5_000;

export interface Report {
  readonly calls: number;
  readonly hits: number;
  readonly worstMs: number;
  readonly p99Ms: number;
}

export class Crowd {
  readonly #node: LocalNode;
  readonly #callers: Promise<void>[];
  #took: number[] = [];
  #hits = 0;
  #over = false;

  constructor(node: LocalNode, callers = callersDefault) {
    this.#node = node;
    this.#callers = Array.from({ length: callers }, (_, index) => this.#live(`scrowd${index}`));
  }

  /** What happened since the last report. */
  report(): Report {
    const sorted = this.#took.toSorted((a, b) => a - b);
    const hits = this.#hits;
    this.#took = [];
    this.#hits = 0;
    const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
    return { calls: sorted.length, hits, worstMs: at(1), p99Ms: at(0.99) };
  }

  /** Fails where a call was never answered. */
  async leave(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#callers);
  }

  async #live(session: string): Promise<void> {
    for (let version = 1; !this.#over; version++) {
      const { copy, lease } = await this.#timed(() => openSession(this.#node, session));
      if (copy !== null) {
        assert.equal(copy.card?.name, session, 'a copy of another session');
        this.#hits += 1;
      }
      const fence = lease.type === 'held' ? lease.fence : 0;
      await this.#timed(() => keepSession(this.#node, session, { fence, version }));
      // A breaker that refuses at once must not keep the loop from its sockets.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async #timed<T>(call: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const answer = await call();
    this.#took.push(performance.now() - start);
    return answer;
  }
}

export async function openSession(node: LocalNode, session: string) {
  const request = { session: session as SessionId };
  return must(await node.call(cache, 'openSession', request, { deadlineMs: patienceMs }));
}

export async function keepSession(
  node: LocalNode,
  session: string,
  stamp: { readonly fence: number; readonly version: number },
) {
  const copy = sessionCopy({ ...stamp, card: { name: session, verified: false } });
  const request = { session: session as SessionId, copy, ttlMs: 60_000 };
  return must(await node.call(cache, 'keepSession', request, { deadlineMs: patienceMs }));
}

export function fenceOf(lease: Lease): number {
  return lease.type === 'held' ? lease.fence : assert.fail(`the lease is ${lease.type}`);
}
