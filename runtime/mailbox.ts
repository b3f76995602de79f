// Owns the messages that wait for one actor: a ring that grows by doubling and keeps arrival order.
// It never decides whether a message may enter: the limit is the sender's side of the matter (delivery.ts).

import type { From } from './outcome.ts';

export type EnvelopeKind =
  | 'cast'
  | 'call'
  /** What the behaviour does after init; it never waits in a mailbox. */
  | 'afterInit'
  /** A timer of this actor fired; `body` is the timer. */
  | 'timer'
  /** A down or an exit; `body` is the info. */
  | 'info'
  /** The answer to an ask; `body` is what to run. */
  | 'answer'
  /** The parent wants this actor to end after what came before; `body` is the reason. */
  | 'stop';

export interface Envelope {
  readonly kind: EnvelopeKind;
  readonly name: string;
  readonly body: unknown;
  readonly from: From | null;
  /** Monotonic milliseconds; 0 for none. */
  readonly deadline: number;
}

const firstSlots = 4;
/** A ring larger than this is given back once it is empty: a burst does not cost memory for ever. */
const keptSlotsMax = 1_024;

/** The first message that waits has a place of its own: an actor that never had two has no ring (120 bytes less). */
export class Mailbox {
  #only: Envelope | undefined = undefined;
  #ring: Ring | null = null;

  get length(): number {
    if (this.#ring !== null) return this.#ring.length;
    return this.#only === undefined ? 0 : 1;
  }

  push(envelope: Envelope): void {
    if (this.#ring !== null) {
      this.#ring.push(envelope);
    } else if (this.#only === undefined) {
      this.#only = envelope;
    } else {
      this.#ring = new Ring(this.#only, envelope);
      this.#only = undefined;
    }
  }

  shift(): Envelope | undefined {
    const ring = this.#ring;
    if (ring === null) {
      const only = this.#only;
      this.#only = undefined;
      return only;
    }
    const envelope = ring.shift();
    if (ring.length === 0 && ring.isLarge) this.#ring = null;
    return envelope;
  }

  /** Takes out everything that `unwanted` says yes to; the order of the rest stays. */
  remove(unwanted: (envelope: Envelope) => boolean): void {
    if (this.length === 0) return;
    for (const envelope of this.drain()) {
      if (!unwanted(envelope)) this.push(envelope);
    }
  }

  drain(): Envelope[] {
    const all: Envelope[] = [];
    for (let next = this.shift(); next !== undefined; next = this.shift()) all.push(next);
    return all;
  }
}

/** Its length is a power of two, so that a place is found without a division. */
class Ring {
  #slots: (Envelope | undefined)[] = new Array(firstSlots);
  #head = 0;
  length = 2;

  constructor(first: Envelope, second: Envelope) {
    this.#slots[0] = first;
    this.#slots[1] = second;
  }

  get isLarge(): boolean {
    return this.#slots.length > keptSlotsMax;
  }

  push(envelope: Envelope): void {
    if (this.length === this.#slots.length) this.#grow(this.#slots);
    this.#slots[(this.#head + this.length) & (this.#slots.length - 1)] = envelope;
    this.length++;
  }

  shift(): Envelope | undefined {
    if (this.length === 0) return undefined;
    const envelope = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.length--;
    return envelope;
  }

  #grow(old: (Envelope | undefined)[]): void {
    const slots: (Envelope | undefined)[] = new Array(old.length * 2);
    for (let i = 0; i < this.length; i++) slots[i] = old[(this.#head + i) & (old.length - 1)];
    this.#slots = slots;
    this.#head = 0;
  }
}
