// Owns the children of one supervisor: found by id, listed in the order of their start.
// It starts and stops nobody. By hash and not in a Map by id, see key-table.ts: that was a fifth of a supervised start.

import type { Pid } from './address.ts';
import { stableHash } from './hash.ts';
import { KeyTable } from './key-table.ts';
import type { ChildSpec } from './spec.ts';

export class Child {
  /** Ascends in start order. */
  readonly place: number;
  spec: ChildSpec;
  pid: Pid | null = null;
  status: 'running' | 'restarting' | 'stopped' = 'stopped';
  restarts = 0;
  /** Ends in a row without a quiet time between, for the backoff. */
  failures = 0;
  startedAt = 0;

  constructor(place: number, spec: ChildSpec) {
    this.place = place;
    this.spec = spec;
  }

  /** Its id. */
  get key(): string {
    return this.spec.id;
  }
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

  /** At the end of the list, and not running yet. Null when its id is there already. */
  add(spec: ChildSpec): Child | null {
    const child = new Child(this.#lastPlace + 1, spec);
    if (!this.#byId.add(hashOf(spec.id), spec.id, child)) return null;
    this.#lastPlace++;
    return child;
  }

  delete(id: string): void {
    this.#byId.delete(hashOf(id), id);
  }

  clear(): void {
    this.#byId.clear();
  }

  /** In start order. A copy: whoever goes through it may change the list. */
  values(): readonly Child[] {
    return this.#byId.values().sort((a, b) => a.place - b.place);
  }
}

function hashOf(id: string): number {
  return stableHash(id) | 0;
}
