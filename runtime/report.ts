// Owns what is told of an actor that ended as it should not: one line for the log, one report for observers.
// It never tells what a message said, nor a whole key.

import { keyStart, type Pid, pidKey } from './address.ts';
import { errorOf, isQuiet, placeOf, reasonText } from './failures.ts';
import type { CrashReport } from './inspection.ts';
import type { Kernel } from './kernel.ts';
import type { ExitReason } from './outcome.ts';
import type { Process } from './process.ts';

export function report(kernel: Kernel, process: Process, reason: ExitReason): void {
  if (isQuiet(reason) || reason === 'killed' || reason === 'threadLost') return;
  const expected = typeof reason === 'object' && 'failure' in reason;
  const told = new Told(kernel, process, reason);
  if (!expected) {
    kernel.stats.crashes++;
    kernel.crashed(told);
  }
  const words = expected ? 'actor could not go on' : 'actor crashed';
  kernel.log(expected ? 'warn' : 'error', words, new Fields(told, reason));
}

/** The place is looked for when somebody looks: it needs the stack, see `Crash`, also for why the getter is so. */
class Told implements CrashReport {
  readonly at: number;
  readonly thread: string;
  readonly pid: Pid;
  readonly behaviour: string;
  readonly name: string | null;
  readonly key: string | null;
  readonly reason: string;
  readonly error: string;
  declare readonly where: string | null;
  readonly lastMessage: string;
  readonly handled: number;
  readonly mailbox: number;
  readonly restarts: number;
  readonly #reason: ExitReason;

  static readonly #where = {
    enumerable: true,
    get(this: Told): string | null {
      return placeOf(this.#reason);
    },
  };

  constructor(kernel: Kernel, process: Process, reason: ExitReason) {
    const { current } = process;
    this.at = kernel.clock.now();
    this.thread = kernel.name;
    this.pid = process.pid;
    this.behaviour = process.behaviour.name;
    this.name = process.name;
    this.key = keyStart(process.key);
    this.reason = reasonText(reason);
    this.error = errorOf(reason);
    this.lastMessage = current === null ? 'none' : `${current.kind} ${current.name}`;
    this.handled = process.handled;
    this.mailbox = process.mailbox.length;
    this.restarts = process.restarts;
    this.#reason = reason;
    Object.defineProperty(this, 'where', Told.#where);
  }
}

/** Of the line in the log. */
class Fields {
  readonly [name: string]: unknown;
  readonly behaviour: string;
  readonly pid: string;
  readonly key?: string;
  readonly name?: string;
  readonly reason: string;
  readonly lastMessage: string;
  readonly handled: number;
  readonly mailbox: number;
  readonly #reason: ExitReason;

  static readonly #stack = {
    enumerable: true,
    get(this: Fields): string | undefined {
      return stackOf(this.#reason);
    },
  };

  constructor(told: CrashReport, reason: ExitReason) {
    this.behaviour = told.behaviour;
    this.pid = pidKey(told.pid);
    if (told.key !== null) this.key = told.key;
    if (told.name !== null) this.name = told.name;
    this.reason = told.reason;
    this.lastMessage = told.lastMessage;
    this.handled = told.handled;
    this.mailbox = told.mailbox;
    this.#reason = reason;
    if (typeof reason === 'object' && 'crash' in reason) Object.defineProperty(this, 'stack', Fields.#stack);
  }
}

function stackOf(reason: ExitReason): string | undefined {
  return typeof reason === 'object' && 'crash' in reason ? reason.crash.stack : undefined;
}
