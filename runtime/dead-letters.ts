// Owns a sample of the messages that reached nobody on one thread: the last few, by kind.
// It never keeps a message itself, nor a key: whoever looks for a lost message learns where to look, not what it said.

import { type Address, pidText } from './address.ts';
import type { DeadLetter } from './inspection.ts';

const lettersMax = 20;

export class DeadLetters {
  readonly #letters: DeadLetter[] = [];

  add(letter: DeadLetter): void {
    this.#letters.push(letter);
    if (this.#letters.length > lettersMax) this.#letters.shift();
  }

  /** Oldest first. */
  sample(): DeadLetter[] {
    return [...this.#letters];
  }
}

export function addressText(to: Address): string {
  if ('serial' in to) return pidText(to);
  return 'family' in to ? to.family : to.name;
}
