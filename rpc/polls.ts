// Owns the parked polls of all visitors: parking, waking, the one sweep that ends those whose time is up, and releasing
// them all for a drain. It writes no log: it reads from it for whoever is parked.

import type { Clock } from './clock.ts';
import type { Cursor } from './cursor.ts';
import { pollsParkedMax } from './limits.ts';
import { type Outbox, type ParkedPoll, type PollEnd, readAt } from './outbox.ts';

export interface PollRequest {
  readonly cursor: Cursor;
  readonly hidden: boolean;
  readonly holdMs: number;
  answer(end: PollEnd): void;
}

export class Polls {
  readonly #clock: Clock;
  readonly #parked = new Map<ParkedPoll, Outbox>();
  /** Outboxes with news since the last turn: casts of one turn are answered together. */
  readonly #news = new Set<Outbox>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#parked.size;
  }

  /** The returned function forgets the poll without answering it: its client is no more. */
  park(outbox: Outbox, request: PollRequest): () => void {
    const { cursor, hidden, holdMs, answer } = request;
    if (outbox.parked.length >= pollsParkedMax) this.#answer(outbox, outbox.parked[0]);
    const poll: ParkedPoll = { cursor, hidden, deadline: this.#clock.monotonic() + holdMs, answer };
    outbox.parked.push(poll);
    this.#parked.set(poll, outbox);
    return () => this.#unpark(outbox, poll);
  }

  /** Answered when this turn is over, with everything that came until then. */
  wake(outbox: Outbox): void {
    if (outbox.parked.length === 0) return;
    if (this.#news.size === 0) this.#clock.soon(() => this.#flush());
    this.#news.add(outbox);
  }

  /** Answers now whoever has something to read. */
  wakeNow(outbox: Outbox): void {
    for (const poll of [...outbox.parked]) {
      const reading = readAt(outbox, poll.cursor);
      if (reading.type === 'lost' || reading.events.length > 0) this.#finish(outbox, poll, reading);
    }
  }

  /** Answers those whose time is up. */
  sweep(): void {
    const now = this.#clock.monotonic();
    for (const [poll, outbox] of this.#parked) if (poll.deadline <= now) this.#answer(outbox, poll);
  }

  /** Answers up to `count`, oldest first. */
  release(count: number): void {
    let left = count;
    for (const [poll, outbox] of this.#parked) {
      if (left <= 0) return;
      left -= 1;
      this.#answer(outbox, poll);
    }
  }

  /** The outbox is dropped: whoever waits on it is sent away, and starts over when he comes back. */
  dismiss(outbox: Outbox): void {
    for (const poll of [...outbox.parked]) this.#finish(outbox, poll, { type: 'dropped' });
  }

  #flush(): void {
    const outboxes = [...this.#news];
    this.#news.clear();
    for (const outbox of outboxes) this.wakeNow(outbox);
  }

  #answer(outbox: Outbox, poll: ParkedPoll | undefined): void {
    if (poll !== undefined) this.#finish(outbox, poll, readAt(outbox, poll.cursor));
  }

  #finish(outbox: Outbox, poll: ParkedPoll, end: PollEnd): void {
    this.#unpark(outbox, poll);
    poll.answer(end);
  }

  #unpark(outbox: Outbox, poll: ParkedPoll): void {
    if (!this.#parked.delete(poll)) return;
    outbox.parked.splice(outbox.parked.indexOf(poll), 1);
    outbox.presence.heardAt = this.#clock.monotonic();
  }
}
