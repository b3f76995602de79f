// Owns when the first accounts are made: at the start, or as soon as the database answers for the first time.
// It keeps no node from being ready.

import type { DataDir } from './data-dir.ts';
import type { Desk } from './desk.ts';
import { type FirstOperator, firstStart, Unanswered } from './first-start.ts';
import type { Log } from './log.ts';

const againMs = 2_000;

export class FirstAccounts {
  readonly #desk: Desk;
  readonly #directory: DataDir;
  readonly #log: Log;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(desk: Desk, directory: DataDir, log: Log) {
    this.#desk = desk;
    this.#directory = directory;
    this.#log = log;
  }

  /** Null: they were made in an earlier start, or are made later, by itself. */
  async make(): Promise<FirstOperator | null> {
    try {
      return await firstStart(this.#desk, this.#directory);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      this.#log.write({ level: 'warn', message: error.message });
      this.#later();
      return null;
    }
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #later(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#again(), againMs).unref();
  }

  async #again(): Promise<void> {
    try {
      const first = await firstStart(this.#desk, this.#directory);
      // What a start says of the operator it made, said late.
      if (first !== null)
        process.stdout.write(`\n  Operator      ${first.name}\n  Password      ${first.password}\n\n`);
    } catch (error) {
      if (!(error instanceof Unanswered))
        this.#log.write({ level: 'error', message: error instanceof Error ? error.message : String(error) });
      this.#later();
    }
  }
}
