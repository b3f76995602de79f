// Owns a map by pid as one actor keeps it: whom it is linked to, which of its children is which.
// It never asks whether a pid lives.
//
//   near      of the same life of the same thread: by serial number
//   far       everybody else: by text
//
// A map by text alone was 15 % of the time of a spawn.

import { type Pid, pidKey } from './address.ts';
import { SerialTable } from './serial-table.ts';

export class PidMap<T> {
  readonly #home: Pid;
  #near: SerialTable<T> | null = null;
  #far: Map<string, T> | null = null;

  /** `home`: whose map it is. */
  constructor(home: Pid) {
    this.#home = home;
  }

  get size(): number {
    return (this.#near?.size ?? 0) + (this.#far?.size ?? 0);
  }

  get(pid: Pid): T | undefined {
    return this.#isNear(pid) ? this.#near?.get(pid.serial) : this.#far?.get(pidKey(pid));
  }

  set(pid: Pid, item: T): void {
    if (this.#isNear(pid)) {
      this.#near ??= new SerialTable();
      this.#near.set(pid.serial, item);
    } else {
      this.#far ??= new Map();
      this.#far.set(pidKey(pid), item);
    }
  }

  /** False when it was not there. */
  delete(pid: Pid): boolean {
    if (this.#isNear(pid)) return this.#near?.delete(pid.serial) ?? false;
    return this.#far?.delete(pidKey(pid)) ?? false;
  }

  clear(): void {
    this.#near?.clear();
    this.#far?.clear();
  }

  /** A copy: whoever goes through it may change the map. */
  values(): T[] {
    return [...(this.#near?.values() ?? []), ...(this.#far?.values() ?? [])];
  }

  #isNear(pid: Pid): boolean {
    const home = this.#home;
    return pid.thread === home.thread && pid.incarnation === home.incarnation && pid.node === home.node;
  }
}
