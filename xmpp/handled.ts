// Owns how many of a client's stanzas are handled, as XEP-0198 counts them: the unbroken run from the first.
// It never counts a stanza whose outcome is still unknown, nor any after it, so `h` promises what is durable.

const wrap = 2 ** 32;

export class Handled {
  #received = 0;
  #settled = 0;
  #begunAt = 0;
  /** Tickets after the run that are done already. */
  readonly #ahead = new Set<number>();

  /** A stanza came; the ticket settles it. */
  received(): number {
    this.#received += 1;
    return this.#received;
  }

  /** Its outcome is known. */
  done(ticket: number): void {
    this.#ahead.add(ticket);
    while (this.#ahead.delete(this.#settled + 1)) this.#settled += 1;
  }

  /** The client counts from the stanza after this. */
  begin(): void {
    this.#begunAt = this.#received;
  }

  get h(): number {
    return Math.max(0, this.#settled - this.#begunAt) % wrap;
  }

  get pending(): number {
    return this.#received - this.#settled;
  }
}
