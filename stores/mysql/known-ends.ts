// Owns where the logs of rooms ended when one connection wrote there itself: what need not be asked before what follows.
// It is pure and bounded, and knows only what was inserted and committed: never what was read, or found there already.
//
// It belongs to a connection because whatever makes a server forget what it committed (a crash of one that is lax, a
// replica that takes its place) ends its connections. And it holds because an entry's place and fence never change and
// no entry is ever removed: whoever will remove entries has to leave the last of each room.

import type { Entry, RoomId } from '../../actors/mod.ts';

interface End {
  readonly pos: number;
  readonly fence: number;
}

export class KnownEnds {
  /** Written longest ago first. */
  readonly #ends = new Map<RoomId, End>();
  readonly #roomsMax: number;

  constructor(roomsMax: number) {
    this.#roomsMax = roomsMax;
  }

  /** Each of these groups, one for a room, stands right behind what was written, and its owner may write there. */
  precede(groups: readonly (readonly Entry[])[]): boolean {
    return groups.every(([first]) => {
      const end = first === undefined ? undefined : this.#ends.get(first.room);
      return first !== undefined && end !== undefined && end.pos === first.pos - 1 && end.fence <= first.fence;
    });
  }

  wrote(groups: readonly (readonly Entry[])[]): void {
    for (const group of groups) {
      const last = group.at(-1);
      if (last !== undefined) this.#put(last);
    }
  }

  #put({ room, pos, fence }: Entry): void {
    this.#ends.delete(room);
    this.#ends.set(room, { pos, fence });
    const [oldest] = this.#ends.keys();
    if (this.#ends.size > this.#roomsMax && oldest !== undefined) this.#ends.delete(oldest);
  }
}
