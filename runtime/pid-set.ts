// Owns a set of pids as one actor keeps it: whom it is linked to.
// It never asks whether a pid lives.
//
//   few       up to eight, looked through one by one: most actors have their parent and no table
//   near      beyond that, of the same life of the same thread: by serial number
//   far       beyond that, everybody else: by text
//
// A map by text alone was 15 % of the time of a spawn, and a map of its own in each child.

import { type Pid, pidKey, samePid } from './address.ts';
import { SerialTable } from './serial-table.ts';

const fewMax = 8;

export class PidSet {
  readonly #home: Pid;
  readonly #few: Pid[] = [];
  #near: SerialTable<Pid> | null = null;
  #far: Map<string, Pid> | null = null;

  /** `home`: whose set it is. */
  constructor(home: Pid) {
    this.#home = home;
  }

  add(pid: Pid): void {
    if (this.#has(pid)) return;
    if (this.#few.length < fewMax) {
      this.#few.push(pid);
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
    const place = this.#placeAmongFew(pid);
    if (place !== -1) {
      // The order of links means nothing: the last one takes the place.
      const last = this.#few.pop() as Pid;
      if (place < this.#few.length) this.#few[place] = last;
      return true;
    }
    if (this.#isNear(pid)) return this.#near?.delete(pid.serial) ?? false;
    return this.#far?.delete(pidKey(pid)) ?? false;
  }

  /** A copy: whoever goes through it may change the set. */
  values(): Pid[] {
    const all = this.#few.slice();
    for (const pid of this.#near?.values() ?? []) all.push(pid);
    for (const pid of this.#far?.values() ?? []) all.push(pid);
    return all;
  }

  #has(pid: Pid): boolean {
    if (this.#placeAmongFew(pid) !== -1) return true;
    if (this.#isNear(pid)) return this.#near?.get(pid.serial) !== undefined;
    return this.#far?.has(pidKey(pid)) ?? false;
  }

  #placeAmongFew(pid: Pid): number {
    const few = this.#few;
    for (let place = 0; place < few.length; place++) {
      if (samePid(few[place] as Pid, pid)) return place;
    }
    return -1;
  }

  #isNear(pid: Pid): boolean {
    const home = this.#home;
    return pid.thread === home.thread && pid.incarnation === home.incarnation && pid.node === home.node;
  }
}
