// Owns the order in which a node's parts end: the reverse of the order in which they came.
// One that fails to end never keeps the others from it.

import type { Log } from './log.ts';

interface Part {
  readonly name: string;
  readonly stop: () => Promise<void> | void;
}

export class Stops {
  readonly #parts: Part[] = [];
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  push(name: string, stop: Part['stop']): void {
    this.#parts.push({ name, stop });
  }

  async run(): Promise<void> {
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      try {
        await part.stop();
        this.#log.write({ level: 'debug', message: 'stopped', fields: { part: part.name } });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#log.write({ level: 'error', message: 'a part failed to stop', fields: { part: part.name, reason } });
      }
    }
  }
}
