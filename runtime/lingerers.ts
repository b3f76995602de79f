// Owns the lives that were ended and are not gone yet: their threads are inside native code, which nothing interrupts.
// It ends nobody; it counts them, and holds back new lives while there are too many.

/** Each keeps its heap until its call returns: beyond this a lost thread is replaced only when another is gone. */
const lingerersMax = 8;

export class Lingerers {
  readonly #exits = new Set<Promise<void>>();
  readonly #waiting: (() => void)[] = [];

  get count(): number {
    return this.#exits.size;
  }

  get isFull(): boolean {
    return this.#exits.size > lingerersMax;
  }

  add(exited: Promise<void>): void {
    this.#exits.add(exited);
    void exited.then(() => {
      this.#exits.delete(exited);
      if (!this.isFull) this.#waiting.shift()?.();
    });
  }

  /** Resolves when another life may begin; who waited first is let in first. */
  async room(): Promise<void> {
    if (this.isFull) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
