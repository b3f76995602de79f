// Owns the messages that wait for one actor, in the order in which they came.
// It never decides whether a message may enter: the limit is the sender's side of the matter (delivery.ts).
//
//   [ name | body ]     a cast: nothing more is known of one, and an envelope would be 64 bytes for each
//   [ envelope |  ]     everything else

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
  /** Monotonic milliseconds. Null for none: a number in each would be a box of its own, 16 bytes of 80 for a cast. */
  readonly deadline: number | null;
}

export function castEnvelope(name: string, body: unknown): Envelope {
  return { kind: 'cast', name, body, from: null, deadline: null };
}

/** A ring with more slots than this is given back once it is empty: a burst does not cost memory for ever. */
const keptSlotsMax = 2_048;
const firstSlots = 8;
/** Stands for no ring; nothing is ever written to it. */
const noSlots: unknown[] = [];

/**
 * The first message that waits has a place of its own: an actor that never had two has no ring (120 bytes less).
 * A ring grows by doubling; two slots for each message, and 2^n of them, so that a place is found without a division.
 *
 * What it has is declared and set, and private by type only, here and in what extends it: of classes with fields or with
 * private methods V8 calls each constructor where it would make one of them all. 3.7 M starts a second for 2.8, 16 bytes.
 */
export class Mailbox {
  declare private head: Envelope | string | undefined;
  declare private headBody: unknown;
  declare private slots: unknown[];
  declare private firstSlot: number;
  declare private waiting: number;

  constructor() {
    this.head = undefined;
    this.headBody = undefined;
    this.slots = noSlots;
    this.firstSlot = 0;
    this.waiting = 0;
  }

  get length(): number {
    return this.waiting;
  }

  push(envelope: Envelope): void {
    if (envelope.kind === 'cast') this.pushCast(envelope.name, envelope.body);
    else this.put(envelope, undefined);
  }

  pushCast(name: string, body: unknown): void {
    this.put(name, body);
  }

  /** Of the first message when that is a cast; `shift` takes it away. Not returned by it: that would be an object for each. */
  get firstBody(): unknown {
    return this.slots === noSlots ? this.headBody : this.slots[this.firstSlot + 1];
  }

  /** A cast's name, anything else whole. */
  shift(): Envelope | string | undefined {
    if (this.waiting === 0) return undefined;
    this.waiting--;
    const slots = this.slots;
    if (slots === noSlots) {
      const head = this.head;
      this.head = undefined;
      this.headBody = undefined;
      return head;
    }
    const place = this.firstSlot;
    const first = slots[place] as Envelope | string;
    slots[place] = undefined;
    slots[place + 1] = undefined;
    this.firstSlot = (place + 2) & (slots.length - 1);
    if (this.waiting === 0 && slots.length > keptSlotsMax) this.slots = noSlots;
    return first;
  }

  /** Takes out everything that `unwanted` says yes to; the order of the rest stays. */
  remove(unwanted: (envelope: Envelope) => boolean): void {
    if (this.waiting === 0) return;
    for (const envelope of this.drain()) {
      if (!unwanted(envelope)) this.push(envelope);
    }
  }

  drain(): Envelope[] {
    const all: Envelope[] = [];
    while (this.waiting > 0) {
      const body = this.firstBody;
      const first = this.shift() as Envelope | string;
      all.push(typeof first === 'string' ? castEnvelope(first, body) : first);
    }
    return all;
  }

  private put(first: Envelope | string, body: unknown): void {
    if (this.slots === noSlots) {
      if (this.waiting === 0) {
        this.waiting = 1;
        this.head = first;
        this.headBody = body;
        return;
      }
      this.slots = new Array(firstSlots);
      this.firstSlot = 0;
      this.slots[0] = this.head;
      this.slots[1] = this.headBody;
      this.head = undefined;
      this.headBody = undefined;
    } else if (this.waiting * 2 === this.slots.length) {
      this.grow(this.slots);
    }
    const slots = this.slots;
    const place = (this.firstSlot + this.waiting * 2) & (slots.length - 1);
    slots[place] = first;
    slots[place + 1] = body;
    this.waiting++;
  }

  private grow(old: readonly unknown[]): void {
    const slots: unknown[] = new Array(old.length * 2);
    for (let i = 0; i < old.length; i++) slots[i] = old[(this.firstSlot + i) & (old.length - 1)];
    this.slots = slots;
    this.firstSlot = 0;
  }
}
