// Owns which rooms go through the journal: those of which it may hold something. It is pure, and errs on one side only:
// a room too many costs a sync, a room too few would let a later entry overtake an earlier one.
//
//   direct ----- SQL did not take a group, or is known to be unwell -----> journaled
//          <---- the journal was asked after the last group was sent
//                there, and holds nothing of the room -------------------
//
// The journal does one request after the other, so what it answers knows of everything sent before the question, even
// of a group whose own answer was lost.

import type { RoomId } from './ids.ts';

export class JournaledRooms {
  /** The last request that may have put something of the room there; 0: before this writer began. */
  readonly #rooms = new Map<RoomId, number>();
  #requests = 0;

  get size(): number {
    return this.#rooms.size;
  }

  has(room: RoomId): boolean {
    return this.#rooms.has(room);
  }

  some(count: number): readonly RoomId[] {
    return [...this.#rooms.keys()].slice(0, count);
  }

  enter(room: RoomId): void {
    if (!this.#rooms.has(room)) this.#rooms.set(room, 0);
  }

  /** Groups of these rooms are sent to the journal now. */
  sent(rooms: Iterable<RoomId>): void {
    this.#requests += 1;
    for (const room of rooms) this.#rooms.set(room, this.#requests);
  }

  /** The journal is asked now; what comes back is given to `answered` with this number. */
  asked(): number {
    this.#requests += 1;
    return this.#requests;
  }

  /** Which of them are direct again. */
  answered(question: number, rooms: readonly RoomId[], held: ReadonlySet<RoomId>): readonly RoomId[] {
    const left = rooms.filter((room) => !held.has(room) && (this.#rooms.get(room) ?? question) < question);
    for (const room of left) this.#rooms.delete(room);
    return left;
  }
}
