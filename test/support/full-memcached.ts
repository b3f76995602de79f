// Owns a memcached that has no room left: every size of value that it distinguishes is filled up, and emptied again.
// It needs a server that refuses when it is full (`-M`): any other would forget what others put there.

import { askMemcached } from './ask-servers.ts';

/** memcached's own steps between the sizes that it keeps apart (`-f`), from its smallest to its largest in one piece. */
const bytesMin = 32;
const bytesMax = 500_000;
const step = 1.25;
const atOnceBytes = 1_000_000;

export class FullMemcached {
  readonly #port: number;
  /** How many values of each size were sent there; which of the last were refused does not matter. */
  readonly #counts = new Map<number, number>();

  constructor(port: number) {
    this.#port = port;
  }

  async fill(): Promise<void> {
    // From the smallest: every size has a first page of its own, and whatever is free goes to whoever comes first.
    for (let bytes = bytesMin; bytes <= bytesMax; bytes = Math.ceil(bytes * step)) await this.#fillWith(bytes);
  }

  async empty(): Promise<void> {
    for (const [bytes, count] of this.#counts) {
      const names = Array.from({ length: count }, (_, index) => `delete ${nameOf(bytes, index)}\r\n`);
      await askMemcached(this.#port, `${names.join('')}mn`, /MN\r\n$/);
    }
    this.#counts.clear();
  }

  async #fillWith(bytes: number): Promise<void> {
    const value = 'x'.repeat(bytes);
    const atOnce = Math.max(1, Math.floor(atOnceBytes / bytes));
    for (let stored = 0; ; ) {
      const sets = Array.from({ length: atOnce }, (_, index) => {
        return `set ${nameOf(bytes, stored + index)} 0 0 ${bytes}\r\n${value}\r\n`;
      });
      const said = await askMemcached(this.#port, `${sets.join('')}mn`, /MN\r\n$/);
      const kept = said.split('STORED\r\n').length - 1;
      this.#counts.set(bytes, stored + atOnce);
      stored += kept;
      if (kept < atOnce) return;
    }
  }
}

function nameOf(bytes: number, index: number): string {
  return `filling:${bytes}:${index}`;
}
