// Owns what /readyz says: starting, ready, draining, and which backends do not answer.
// It asks a backend only when somebody wants to know, and at most every few seconds.

import { store } from '../actors/mod.ts';
import type { ActorNode } from '../runtime/mod.ts';

export interface Readiness {
  readonly ready: boolean;
  readonly draining: boolean;
  readonly degraded: readonly string[];
}

const probeEveryMs = 5_000;
const probeMsMax = 400;

export class Health {
  #node: ActorNode | null = null;
  #draining = false;
  #degraded: readonly string[] = [];
  #probedAt = Number.NEGATIVE_INFINITY;

  start(node: ActorNode): void {
    this.#node = node;
  }

  drain(): void {
    this.#draining = true;
  }

  /** What the last probe found; a backend that is lost does not make a node unready, because chat goes on. */
  readiness(): Readiness {
    if (performance.now() - this.#probedAt > probeEveryMs) void this.#probe();
    return { ready: this.#node !== null && !this.#draining, draining: this.#draining, degraded: this.#degraded };
  }

  async #probe(): Promise<void> {
    if (this.#node === null) return;
    this.#probedAt = performance.now();
    const answer = await this.#node.call(store, 'ping', {}, { deadlineMs: probeMsMax });
    this.#degraded = answer.ok ? [] : ['sql'];
  }
}
