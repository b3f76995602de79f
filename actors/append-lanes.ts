// Owns where each group that came to the durable writer stands: on one of two lanes, and for each room on one of them
// only, in the order in which its room sent it. It is pure: it sends nothing and answers nobody.
//
//   direct      gathering  [r1: 7] [r2: 3,4] ...   -->  flushing    [r3: 1,2] [r1: 6]   one `append` at SQL
//                   | SQL is unwell, or did not take what stood before it    |
//                   v                                                        v
//   journaled   diverted   [r3: 1,2] [r4: 9] ...   -->  journaling  [r5: 2]             one `put` at the journal
//
// A room changes lanes with all that waits of it, and only while nothing of it is under way on the lane it leaves.

import type { From } from '../runtime/mod.ts';
import type { Entry } from './chat.ts';
import type { RoomId } from './ids.ts';
import type { AppendOutcome } from './ports.ts';

export interface Append {
  readonly entries: readonly Entry[];
  readonly room: RoomId;
  readonly from: From<AppendOutcome>;
}

type Lane = 'gathering' | 'diverted';

export class AppendLanes {
  #gathering: Append[] = [];
  #flushing: readonly Append[] = [];
  #diverted: Append[] = [];
  #journaling: readonly Append[] = [];

  get waiting(): number {
    return this.#gathering.length + this.#diverted.length;
  }

  get flushing(): readonly Append[] {
    return this.#flushing;
  }

  get journaling(): readonly Append[] {
    return this.#journaling;
  }

  add(append: Append, lane: Lane): void {
    (lane === 'gathering' ? this.#gathering : this.#diverted).push(append);
  }

  /** Rooms that wait for SQL with nothing of theirs under way there. */
  notAtSql(): ReadonlySet<RoomId> {
    const atSql = new Set(this.#flushing.map(({ room }) => room));
    return new Set(this.#gathering.map(({ room }) => room).filter((room) => !atSql.has(room)));
  }

  /** Everything that waits of these rooms goes to the other lane, behind what is there. */
  divert(rooms: ReadonlySet<RoomId>): void {
    if (rooms.size === 0) return;
    this.#diverted.push(...this.#gathering.filter(({ room }) => rooms.has(room)));
    this.#gathering = this.#gathering.filter(({ room }) => !rooms.has(room));
  }

  /** The journal holds nothing of them any more. */
  direct(rooms: ReadonlySet<RoomId>): void {
    if (rooms.size === 0) return;
    this.#gathering.push(...this.#diverted.filter(({ room }) => rooms.has(room)));
    this.#diverted = this.#diverted.filter(({ room }) => !rooms.has(room));
  }

  flush(max: number): readonly Append[] {
    this.#flushing = this.#gathering.slice(0, max);
    this.#gathering = this.#gathering.slice(max);
    return this.#flushing;
  }

  flushed(): readonly Append[] {
    const done = this.#flushing;
    this.#flushing = [];
    return done;
  }

  /** All but those of one room, which is being renumbered. */
  journal(max: number, except: RoomId | null): readonly Append[] {
    const allowed = this.#diverted.filter(({ room }) => room !== except).slice(0, max);
    this.#journaling = allowed;
    const taken = new Set(allowed);
    this.#diverted = this.#diverted.filter((append) => !taken.has(append));
    return allowed;
  }

  journaled(): readonly Append[] {
    const done = this.#journaling;
    this.#journaling = [];
    return done;
  }

  /** Another writer had begun: the same again, before everything else. */
  journalAgain(): void {
    this.#diverted = [...this.#journaling, ...this.#diverted];
    this.#journaling = [];
  }

  /** What waits of these rooms is taken out: it cannot follow what was not stored. */
  drop(rooms: ReadonlySet<RoomId>): readonly Append[] {
    if (rooms.size === 0) return [];
    const dropped = [...this.#gathering, ...this.#diverted].filter(({ room }) => rooms.has(room));
    this.#gathering = this.#gathering.filter(({ room }) => !rooms.has(room));
    this.#diverted = this.#diverted.filter(({ room }) => !rooms.has(room));
    return dropped;
  }
}
