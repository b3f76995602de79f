// Owns the messages that wait for one actor: a ring that grows by doubling and keeps arrival order.
// It never decides whether a message may enter: the limit is the sender's side of the matter (delivery.ts).

import type { From } from './outcome.ts';

export type EnvelopeKind =
  | 'cast'
  | 'call'
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

/** The first message that waits has a place of its own: an actor that never had two has no ring (80 bytes less). */
export class Mailbox {
  #only: Envelope | undefined = undefined;
  #slots: (Envelope | undefined)[] | null = null;
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(envelope: Envelope): void {
    if (this.#slots === null) {
      if (this.#length === 0) {
        this.#only = envelope;
        this.#length = 1;
        return;
      }
      this.#slots = new Array(firstSlots);
      this.#slots[0] = this.#only;
      this.#only = undefined;
    } else if (this.#length === this.#slots.length) {
      this.#grow(this.#slots);
    }
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = envelope;
    this.#length++;
  }

  shift(): Envelope | undefined {
    const slots = this.#slots;
    if (slots === null) return this.#takeOnly();
    if (this.#length === 0) return undefined;
    const envelope = slots[this.#head];
    slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (slots.length - 1);
    this.#length--;
    if (this.#length === 0 && slots.length > keptSlotsMax) this.#slots = null;
    if (this.#slots === null) this.#head = 0;
    return envelope;
  }

  /** Takes out everything that `unwanted` says yes to; the order of the rest stays. */
  remove(unwanted: (envelope: Envelope) => boolean): void {
    for (const envelope of this.drain()) {
      if (!unwanted(envelope)) this.push(envelope);
    }
  }

  drain(): Envelope[] {
    const all: Envelope[] = [];
    for (let next = this.shift(); next !== undefined; next = this.shift()) all.push(next);
    return all;
  }

  #takeOnly(): Envelope | undefined {
    const envelope = this.#only;
    this.#only = undefined;
    this.#length = 0;
    return envelope;
  }

  #grow(old: (Envelope | undefined)[]): void {
    const slots: (Envelope | undefined)[] = new Array(old.length * 2);
    for (let i = 0; i < this.#length; i++) slots[i] = old[(this.#head + i) & (old.length - 1)];
    this.#slots = slots;
    this.#head = 0;
  }
}
