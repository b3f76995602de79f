// Owns a set of pids as one actor keeps it: whom it is linked to.
// It never asks whether a pid lives.
//
//   first     one pid, as most actors have: their parent. No table.
//   near      the others of the same life of the same thread, by serial number
//   far       everybody else, by text
//
// A map by text alone was 15 % of the time of a spawn, and a map of its own in each child.

import { type Pid, pidKey, samePid } from './address.ts';
import { SerialTable } from './serial-table.ts';

export class PidSet {
  readonly #home: Pid;
  #first: Pid | null = null;
  #near: SerialTable<Pid> | null = null;
  #far: Map<string, Pid> | null = null;

  /** `home`: whose set it is. */
  constructor(home: Pid) {
    this.#home = home;
  }

  add(pid: Pid): void {
    if (this.#first !== null && samePid(this.#first, pid)) return;
    if (this.#first === null && this.#near === null && this.#far === null) {
      this.#first = pid;
    } else if (this.#isNear(pid)) {
      this.#near ??= new SerialTable();
      this.#near.set(pid.serial, pid);
    } else {
      this.#far ??= new Map();
      this.#far.set(pidKey(pid), pid);
    }
  }

  /** False when it was not in the set. */
  delete(pid: Pid): boolean {
    if (this.#first !== null && samePid(this.#first, pid)) {
      this.#first = null;
      return true;
    }
    if (this.#isNear(pid)) return this.#near?.delete(pid.serial) ?? false;
    return this.#far?.delete(pidKey(pid)) ?? false;
  }

  /** A copy: whoever goes through it may change the set. */
  values(): Pid[] {
    const all = this.#first === null ? [] : [this.#first];
    for (const pid of this.#near?.values() ?? []) all.push(pid);
    for (const pid of this.#far?.values() ?? []) all.push(pid);
    return all;
  }

  #isNear(pid: Pid): boolean {
    const home = this.#home;
    return pid.thread === home.thread && pid.incarnation === home.incarnation && pid.node === home.node;
  }
}
