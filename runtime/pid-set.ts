// Owns a set of pids as one actor keeps it: whom it is linked to.
// It never asks whether a pid lives.
//
//   few       up to eight, looked through one by one: most actors have few and no table
//   many      beyond that, a map of all of them

import { type Pid, samePid } from './address.ts';
import { PidMap } from './pid-map.ts';

const fewMax = 8;

export class PidSet {
  #few: Pid[] = [];
  readonly #home: Pid;
  #many: PidMap<Pid> | null = null;

  /** `home`: whose set it is. */
  constructor(home: Pid) {
    this.#home = home;
  }

  add(pid: Pid): void {
    if (this.#many !== null) this.#many.set(pid, pid);
    else if (this.#placeAmongFew(pid) === -1) this.#addNew(pid);
  }

  /** False when it was not in the set. */
  delete(pid: Pid): boolean {
    if (this.#many !== null) return this.#many.delete(pid);
    const place = this.#placeAmongFew(pid);
    if (place === -1) return false;
    // The order of links means nothing: the last one takes the place.
    const last = this.#few.pop() as Pid;
    if (place < this.#few.length) this.#few[place] = last;
    return true;
  }

  /** A copy: whoever goes through it may change the set. */
  values(): Pid[] {
    return this.#many === null ? [...this.#few] : this.#many.values();
  }

  /** Gives what was in it. */
  empty(): Pid[] {
    const all = this.values();
    this.#few = [];
    this.#many?.clear();
    return all;
  }

  #addNew(pid: Pid): void {
    if (this.#few.length < fewMax) {
      this.#few.push(pid);
      return;
    }
    this.#many = new PidMap(this.#home);
    for (const known of [...this.#few, pid]) this.#many.set(known, known);
    this.#few = [];
  }

  #placeAmongFew(pid: Pid): number {
    const few = this.#few;
    for (let place = 0; place < few.length; place++) {
      if (samePid(few[place] as Pid, pid)) return place;
    }
    return -1;
  }
}
