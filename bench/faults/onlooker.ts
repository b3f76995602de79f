// Owns the benchmark's view of an idle process beside it (idle-process.ts): a stall that both saw is the machine's.
// It never excuses one: it is a column of the report.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export class Onlooker {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(fileURLToPath(new URL('./idle-process.ts', import.meta.url)), { execArgv: ['--no-warnings'] });
  }

  /** Its longest stall since it was asked before. */
  async longestMs(): Promise<number> {
    const answered = once(this.#child, 'message') as Promise<[number]>;
    this.#child.send('longest');
    const [ms] = await answered;
    return ms;
  }

  end(): void {
    this.#child.disconnect();
  }
}
