// Owns what one actor is bound to beyond its parent: links, monitors, timers, names, groups, answers it owes.
// It is data only, made when an actor gets the first of them: most have none, and are 80 bytes smaller for it.

import type { Key, Pid } from './address.ts';
import type { ExitReason, From } from './outcome.ts';
import type { PidSet } from './pid-set.ts';
import type { Timer } from './timers.ts';
import { Deadline } from './wheel.ts';

/** One monitor that this actor holds. `onDown` is the runtime's own; without it an info arrives. */
export interface Watch {
  readonly thread: number;
  readonly incarnation: number;
  /** Null: nobody had that name. */
  readonly target: Pid | Key | null;
  readonly onDown: ((reason: ExitReason) => void) | null;
}

/** Somebody who monitors this actor. */
export interface Watcher {
  readonly pid: Pid;
  readonly ref: number;
}

/** A call that was taken and not answered yet, with the time after which nobody waits any more. */
export interface Owed {
  readonly from: From;
  readonly deadline: number;
}

export class Ties {
  /** Without the parent, see `linkedToParent`. */
  links: PidSet | null = null;
  watches: Map<number, Watch> | null = null;
  watchers: Map<string, Watcher> | null = null;
  timers: Map<string, Timer> | null = null;
  names: string[] | null = null;
  groups: Set<string> | null = null;
  owed: Map<string, Owed> | null = null;
  patience: Patience | null = null;
  atEnd: (() => void) | null = null;
}

/** How long the runtime waits for an async handler, init or terminate of one actor. */
export class Patience extends Deadline {
  readonly #ranOut: () => void;

  constructor(ranOut: () => void) {
    super();
    this.#ranOut = ranOut;
  }

  override expire(): void {
    this.#ranOut();
  }
}
