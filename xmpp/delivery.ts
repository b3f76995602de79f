// Owns what one stream was sent and has not confirmed, in order, and what a confirmation therefore settles.
// It sends nothing and knows no time; XEP-0198's counters are compared modulo 2^32.
//
//   sent:      presence  m5  m6  presence  m7        each stanza has a number: 1 2 3 4 5
//   <a h='3'/>           <-- confirms m5 and m6 --   m7 waits
//   pong of a ping sent after m7 confirms everything before it

import type { RoomId } from '../actors/mod.ts';

export interface Mark {
  readonly room: RoomId;
  readonly seq: number;
}

interface Unconfirmed extends Mark {
  /** The number of the last stanza that has to have arrived. */
  readonly stanza: number;
}

const wrap = 2 ** 32;

export class Delivery {
  readonly #unconfirmed: Unconfirmed[] = [];
  /** Stanzas sent since the stream began; `#enabledAt` is where the client's own count began. */
  #sent = 0;
  #enabledAt: number | null = null;
  #acknowledged = 0;

  /** One more stanza went out, whatever it was. */
  stanzaSent(): void {
    this.#sent += 1;
  }

  /** What was sent last carried this message (or, for a line that this stream needs not be shown, nothing). */
  messageSent(mark: Mark): void {
    this.#unconfirmed.push({ ...mark, stanza: this.#sent });
  }

  /** The client counts stanzas from here on (XEP-0198 section 3). */
  enableAcks(): void {
    this.#enabledAt = this.#sent;
    this.#acknowledged = this.#sent;
  }

  get acksEnabled(): boolean {
    return this.#enabledAt !== null;
  }

  /** Where everything sent so far ends; a ping's answer confirms up to where it was asked. */
  get position(): number {
    return this.#sent;
  }

  get waiting(): number {
    return this.#unconfirmed.length;
  }

  /** As the client counts: for the error that names it. */
  get sentCount(): number {
    return (this.#sent - (this.#enabledAt ?? 0)) % wrap;
  }

  /** `<a h='…'/>`: what it confirms, or `tooHigh` when the client counts stanzas that were never sent. */
  acknowledged(h: number): readonly Mark[] | 'tooHigh' {
    if (this.#enabledAt === null) return 'tooHigh';
    const before = this.#acknowledged - this.#enabledAt;
    const forward = (((h - before) % wrap) + wrap) % wrap;
    if (this.#acknowledged + forward > this.#sent) return 'tooHigh';
    this.#acknowledged += forward;
    return this.confirmedUpTo(this.#acknowledged);
  }

  /** The last seq of each room among what this settles. */
  confirmedUpTo(position: number): readonly Mark[] {
    const end = this.#unconfirmed.findIndex((message) => message.stanza > position);
    const settled = this.#unconfirmed.splice(0, end < 0 ? this.#unconfirmed.length : end);
    const last = new Map<RoomId, number>();
    for (const { room, seq } of settled) last.set(room, Math.max(seq, last.get(room) ?? 0));
    return [...last].map(([room, seq]) => ({ room, seq }));
  }
}
