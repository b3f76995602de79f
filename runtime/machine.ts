// Owns one running state machine: the state it is in, what it postponed, and the order in which events are tried.
// It knows no actor and no handler: machine-run.ts runs those, and carries out what they decide.
//
//   event --> handler of this state --> postpone? it waits for another state
//                 |
//                 +--> next(other): enter(other), then the postponed again, oldest first, before anything newer

/** Events that may wait for another state; one more ends the machine: nothing would ever take them. */
const postponedMax = 1_000;

export class Machine<Name extends string = string, Data = unknown, Event = unknown> {
  name: Name;
  readonly data: Data;
  #postponed: Event[] = [];
  #queue: Event[] = [];

  constructor(name: Name, data: Data) {
    this.name = name;
    this.data = data;
  }

  get postponed(): number {
    return this.#postponed.length;
  }

  push(event: Event): void {
    this.#queue.push(event);
  }

  /** What is to be tried now; undefined when nothing is left. */
  shift(): Event | undefined {
    return this.#queue.shift();
  }

  postpone(event: Event): void {
    if (this.#postponed.length >= postponedMax) throw new Error(`more than ${postponedMax} events are postponed`);
    this.#postponed.push(event);
  }

  /** In another state what was postponed is tried again, before what came later. */
  change(name: Name): void {
    this.name = name;
    this.#queue = [...this.#postponed, ...this.#queue];
    this.#postponed = [];
  }
}
