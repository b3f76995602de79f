// Owns what a gate says of itself when it changes: up, down, and since when.
// A backend that comes and goes says each at most once a minute; what was held back is said then, if it is still so.

import type { GateStatus } from '../../actors/mod.ts';
import type { Alarm } from '../../runtime/mod.ts';
import type { GateClock } from './clock.ts';

type State = GateStatus['state'];

const repeatMsMin = 60_000;

export class Notices {
  readonly #clock: GateClock;
  readonly #say: () => void;
  readonly #saidAt = new Map<State, number>();
  #state: State = 'untried';
  #said: State = 'untried';
  #changedAt: number;
  #later: Alarm | null = null;

  constructor(clock: GateClock, say: () => void) {
    this.#clock = clock;
    this.#say = say;
    this.#changedAt = clock.now();
  }

  get state(): State {
    return this.#state;
  }

  /** Milliseconds since 1970. */
  get changedAt(): number {
    return this.#changedAt;
  }

  set(state: State): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#changedAt = this.#clock.now();
    this.#announce();
  }

  close(): void {
    this.#later?.cancel();
  }

  #announce(): void {
    this.#later?.cancel();
    this.#later = null;
    if (this.#state === this.#said) return;
    const now = this.#clock.monotonic();
    const earliest = (this.#saidAt.get(this.#state) ?? Number.NEGATIVE_INFINITY) + repeatMsMin;
    if (now < earliest) {
      this.#later = this.#clock.alarm(earliest, () => this.#announce());
      return;
    }
    this.#said = this.#state;
    this.#saidAt.set(this.#state, now);
    this.#say();
  }
}
