// Owns a set of pids as one actor keeps it: whom it is linked to.
// It never asks whether a pid lives.
//
//   few       up to eight, looked through one by one: most actors have few and no table
//   many      beyond that, a map

import { type Pid, samePid } from './address.ts';
import { PidMap } from './pid-map.ts';

const fewMax = 8;

export class PidSet {
  readonly #few: Pid[] = [];
  readonly #home: Pid;
  #many: PidMap<Pid> | null = null;

  /** `home`: whose set it is. */
  constructor(home: Pid) {
    this.#home = home;
  }

  add(pid: Pid): void {
    if (this.#placeAmongFew(pid) !== -1 || this.#many?.get(pid) !== undefined) return;
    if (this.#few.length < fewMax) {
      this.#few.push(pid);
    } else {
      this.#many ??= new PidMap(this.#home);
      this.#many.set(pid, pid);
    }
  }

  /** False when it was not in the set. */
  delete(pid: Pid): boolean {
    const place = this.#placeAmongFew(pid);
    if (place === -1) return this.#many?.delete(pid) ?? false;
    // The order of links means nothing: the last one takes the place.
    const last = this.#few.pop() as Pid;
    if (place < this.#few.length) this.#few[place] = last;
    return true;
  }

  /** A copy: whoever goes through it may change the set. */
  values(): Pid[] {
    return [...this.#few, ...(this.#many?.values() ?? [])];
  }

  #placeAmongFew(pid: Pid): number {
    const few = this.#few;
    for (let place = 0; place < few.length; place++) {
      if (samePid(few[place] as Pid, pid)) return place;
    }
    return -1;
  }
}
