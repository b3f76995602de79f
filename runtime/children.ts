// Owns the children of one supervisor: found by id, listed in the order of their start.
// It starts and stops nobody. By hash and not in a Map by id, see key-table.ts: that was a fifth of a supervised start.

import type { Pid } from './address.ts';
import { stableHash } from './hash.ts';
import { KeyTable } from './key-table.ts';
import type { ChildSpec } from './spec.ts';

export interface Child {
  /** Its id. */
  readonly key: string;
  /** Ascends in start order. */
  readonly place: number;
  spec: ChildSpec;
  pid: Pid | null;
  status: 'running' | 'restarting' | 'stopped';
  restarts: number;
  /** Ends in a row without a quiet time between, for the backoff. */
  failures: number;
  startedAt: number;
}

export class Children {
  readonly #byId = new KeyTable<Child>();
  #lastPlace = 0;

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Child | null {
    return this.#byId.get(hashOf(id), id) ?? null;
  }

  /** At the end of the list, and not running yet. Its id must not be there. */
  add(spec: ChildSpec): Child {
    const place = ++this.#lastPlace;
    const child: Child = {
      key: spec.id,
      place,
      spec,
      pid: null,
      status: 'stopped',
      restarts: 0,
      failures: 0,
      startedAt: 0,
    };
    this.#byId.add(hashOf(spec.id), spec.id, child);
    return child;
  }

  delete(id: string): void {
    this.#byId.delete(hashOf(id), id);
  }

  /** In start order. A copy: whoever goes through it may change the list. */
  values(): readonly Child[] {
    return this.#byId.values().sort((a, b) => a.place - b.place);
  }
}

function hashOf(id: string): number {
  return stableHash(id) | 0;
}
