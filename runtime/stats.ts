// Owns the counts of one thread: what was handled, dropped, lost, and what behaviours counted themselves.
// It never holds a message or a key: kinds and numbers only.

import { DeadLetters } from './dead-letters.ts';
import type { Counter } from './node-options.ts';

/** A behaviour that puts an id into a label would grow this table for ever; beyond this nothing new is counted. */
const countersMax = 2_000;

interface MutableCounter extends Counter {
  value: number;
}

export class Stats {
  messages = 0;
  crashes = 0;
  /** Casts to nobody, and what was left in the mailbox of an actor that crashed. */
  deadLetters = 0;
  readonly letters = new DeadLetters();
  /** Casts that met a full mailbox or a full buffer, and calls refused for that. */
  dropped = 0;
  mailboxLongest = 0;
  readonly #counters = new Map<string, MutableCounter>();

  count(metric: string, labels: { readonly [label: string]: string } = {}, by = 1): void {
    let id = metric;
    for (const label in labels) id += `\u0000${label}\u0000${labels[label]}`;
    const counter = this.#counters.get(id);
    if (counter !== undefined) counter.value += by;
    else if (this.#counters.size < countersMax) this.#counters.set(id, { metric, labels, value: by });
  }

  counters(): Counter[] {
    return [...this.#counters.values()].map((counter) => ({ ...counter }));
  }
}
