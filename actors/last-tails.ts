// Owns where each room's log ended when this node last wrote or read it: what can be said while SQL cannot be asked.
// It is pure, bounded, and never goes back; whatever shows that somebody else writes a room makes it forget the room.

import type { Entry } from './chat.ts';
import type { RoomId } from './ids.ts';
import type { RoomTail } from './ports.ts';

export class LastTails {
  /** Least recently touched first. */
  readonly #tails = new Map<RoomId, RoomTail>();
  readonly #roomsMax: number;

  constructor(roomsMax: number) {
    this.#roomsMax = roomsMax;
  }

  of(room: RoomId): RoomTail | null {
    return this.#tails.get(room) ?? null;
  }

  read(room: RoomId, tail: RoomTail): void {
    if (tail.pos < (this.#tails.get(room)?.pos ?? 0)) return;
    this.#put(room, tail);
  }

  /** A group is durable. Where nothing was said in it, the last number is the one before, if that is known. */
  written(entries: readonly Entry[]): void {
    const [first, last] = [entries[0], entries.at(-1)];
    if (first === undefined || last === undefined) return;
    const { room } = first;
    const before = this.#tails.get(room);
    if (before !== undefined && before.pos >= last.pos) return;
    const follows = first.pos === 1 || before?.pos === first.pos - 1;
    const seq = entries.findLast((entry) => entry.seq !== null)?.seq ?? (follows ? (before?.seq ?? 0) : null);
    if (seq === null) this.forget(room);
    else this.#put(room, { pos: last.pos, seq, fence: last.fence });
  }

  forget(room: RoomId): void {
    this.#tails.delete(room);
  }

  #put(room: RoomId, tail: RoomTail): void {
    this.#tails.delete(room);
    this.#tails.set(room, tail);
    const [oldest] = this.#tails.keys();
    if (this.#tails.size > this.#roomsMax && oldest !== undefined) this.#tails.delete(oldest);
  }
}
