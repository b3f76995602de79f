// Owns what one thread told other threads of its full mailboxes, and what it was told of theirs.
// It is a memory of moments with two limits of time; pressure.ts is what producers see of it.

import { type Key, type Pid, pidKey } from './address.ts';

const tellEveryMs = 50;
const believedMs = 100;
/** Beyond this the oldest is forgotten: more actors than this are not told of at once. */
const actorsMax = 1_000;

/** What one thread told others of its full mailboxes, and was told. */
export class FullMailboxes {
  readonly #told = new Map<string, number>();
  readonly #heard = new Map<string, number>();

  /** True when that thread was not told of this actor just now. */
  mayTell(thread: number, to: Pid | Key, now: number): boolean {
    const id = `${thread} ${idOf(to)}`;
    if (now - (this.#told.get(id) ?? Number.NEGATIVE_INFINITY) < tellEveryMs) return false;
    remember(this.#told, id, now);
    return true;
  }

  heard(to: Pid | Key, now: number): void {
    remember(this.#heard, idOf(to), now);
  }

  isFull(to: Pid | Key, now: number): boolean {
    return now - (this.#heard.get(idOf(to)) ?? Number.NEGATIVE_INFINITY) < believedMs;
  }
}

function remember(times: Map<string, number>, id: string, now: number): void {
  times.delete(id);
  times.set(id, now);
  const oldest = times.keys().next();
  if (times.size > actorsMax && !oldest.done) times.delete(oldest.value);
}

function idOf(to: Pid | Key): string {
  return 'serial' in to ? pidKey(to) : `${to.family} ${to.key}`;
}
