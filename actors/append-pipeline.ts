// Owns what of one room awaits its commit, in order, and what each outcome allows: nothing later than an unknown outcome
// is acknowledged, and the same (id, seq, text) is said again until it is known. It sends nothing and knows no clock.
//
//             head                                  A store takes a group only when it follows the room's last pos,
//   groups    [pos 4,5]  [pos 6]  [pos 7]           so a group behind one that was not stored cannot be stored either.
//   status     unknown    sent     new
//
//   stored, at the head    committed, acknowledged, taken out
//   repeat, or never       the head was not stored and will not be: it is answered; those behind are composed anew
//   unknown, or behind     once nothing is under way, all are sent again from the head, the same as before
//   conflict, at the head  somebody else writes this room: the owner stops and reads the store

import type { Entry } from './chat.ts';
import type { AppendOutcome } from './ports.ts';

export type Rejection = Extract<AppendOutcome, { readonly type: 'repeat' | 'failed' }>;

type Status =
  /** Not sent in this round. */
  | { readonly type: 'new' }
  | { readonly type: 'sent' }
  | { readonly type: 'stored'; readonly inJournal: boolean }
  | { readonly type: 'rejected'; readonly outcome: Rejection }
  | { readonly type: 'unknown' }
  | { readonly type: 'behind' }
  | { readonly type: 'conflict' };

export interface Group<W> {
  readonly wish: W;
  entries: readonly Entry[];
  status: Status;
}

export type Settled<W> =
  /** `inJournal`: SQL does not have it yet. */
  | { readonly type: 'stored'; readonly group: Group<W>; readonly inJournal: boolean }
  | { readonly type: 'rejected'; readonly group: Group<W>; readonly outcome: Rejection }
  | { readonly type: 'conflict' };

export type Step = 'wait' | 'send' | 'compose' | 'backOff';

export class AppendPipeline<W> {
  #groups: Group<W>[] = [];
  #underWay = 0;
  #numbersFree = false;

  get groups(): readonly Group<W>[] {
    return this.#groups;
  }

  get entries(): number {
    return this.#groups.reduce((sum, group) => sum + group.entries.length, 0);
  }

  get idle(): boolean {
    return this.#groups.length === 0 && this.#underWay === 0;
  }

  add(wish: W, entries: readonly Entry[]): Group<W> {
    const group: Group<W> = { wish, entries, status: { type: 'new' } };
    this.#groups.push(group);
    return group;
  }

  /** What is to be sent now, in order; from here on it counts as under way. */
  take(): readonly Group<W>[] {
    if (this.step() !== 'send') return [];
    const fresh = this.#groups.filter((group) => group.status.type === 'new');
    const taken = fresh.filter((group) => group.entries.length > 0);
    // What is so already has nothing to store; it is answered when all before it are.
    for (const group of fresh)
      group.status = group.entries.length === 0 ? { type: 'stored', inJournal: false } : { type: 'sent' };
    this.#underWay += taken.length;
    return taken;
  }

  /** Null: nobody knows what became of it. A failure that may pass is the same: it may have been stored before. */
  answered(group: Group<W>, outcome: AppendOutcome | null): void {
    this.#underWay -= 1;
    group.status = statusOf(outcome);
  }

  /** What is known of the head, taken out; null when it must be waited for. */
  settle(): Settled<W> | null {
    const [head] = this.#groups;
    if (head === undefined || this.#numbersFree) return null;
    const { status } = head;
    if (status.type === 'conflict') return { type: 'conflict' };
    if (status.type === 'stored') {
      this.#groups.shift();
      return { type: 'stored', group: head, inJournal: status.inJournal };
    }
    if (status.type !== 'rejected') return null;
    this.#groups.shift();
    this.#numbersFree = this.#groups.length > 0;
    return { type: 'rejected', group: head, outcome: status.outcome };
  }

  step(): Step {
    const types = new Set(this.#groups.map((group) => group.status.type));
    if (this.#groups.length === 0) return 'wait';
    if (this.#underWay > 0) {
      const allWell =
        !this.#numbersFree && [...types].every((type) => type === 'new' || type === 'sent' || type === 'stored');
      return allWell && types.has('new') ? 'send' : 'wait';
    }
    if (this.#numbersFree) return 'compose';
    return [...types].some((type) => type !== 'new' && type !== 'stored')
      ? 'backOff'
      : types.has('new')
        ? 'send'
        : 'wait';
  }

  /** After a pause: everything that is not known to be stored goes out again, the same as before. */
  again(): void {
    for (const group of this.#groups) if (group.status.type !== 'stored') group.status = { type: 'new' };
  }

  /**
   * The numbers of a rejected head are free and nothing behind it can be stored: each gets entries anew, or leaves
   * when `entriesFor` answers null. False when one of them was stored all the same: somebody else writes here.
   */
  composeAnew(entriesFor: (group: Group<W>) => readonly Entry[] | null): boolean {
    this.#numbersFree = false;
    if (this.#groups.some((group) => group.status.type === 'stored' && group.entries.length > 0)) return false;
    const kept: Group<W>[] = [];
    for (const group of this.#groups) {
      const entries = entriesFor(group);
      if (entries === null) continue;
      kept.push(Object.assign(group, { entries, status: { type: 'new' } as const }));
    }
    this.#groups = kept;
    return true;
  }
}

function statusOf(outcome: AppendOutcome | null): Status {
  if (outcome === null) return { type: 'unknown' };
  if (outcome.type === 'repeat') return { type: 'rejected', outcome };
  if (outcome.type === 'stored') return { type: 'stored', inJournal: outcome.inJournal ?? false };
  if (outcome.type === 'failed') return outcome.retryable ? { type: 'unknown' } : { type: 'rejected', outcome };
  return { type: outcome.type };
}
