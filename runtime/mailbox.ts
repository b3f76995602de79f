// Owns the messages that wait for one actor, in the order in which they came.
// It never decides whether a message may enter: the limit is the sender's side of the matter (delivery.ts).

import type { From } from './outcome.ts';
import { Ring } from './ring.ts';

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

/** A ring larger than this is given back once it is empty: a burst does not cost memory for ever. */
const keptSlotsMax = 1_024;

/** The first message that waits has a place of its own: an actor that never had two has no ring (120 bytes less). */
export class Mailbox {
  #only: Envelope | undefined = undefined;
  #ring: Ring<Envelope> | null = null;

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
      this.#ring = new Ring();
      this.#ring.push(this.#only);
      this.#ring.push(envelope);
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
    if (ring.length === 0 && ring.slots > keptSlotsMax) this.#ring = null;
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
