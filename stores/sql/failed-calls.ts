// Owns what a store logs of calls that failed: a line for each kind of failure, and for its repeats one a minute.
// It says kinds and reasons only, never what was asked.

import type { Context, Failure } from '../../runtime/mod.ts';

const repeatMsMin = 60_000;

interface Kind {
  saidAt: number;
  /** How many of it came since. */
  more: number;
}

export class FailedCalls {
  /** By call and code: as many as there are of both. */
  readonly #kinds = new Map<string, Kind>();

  failed(call: string, { code, message }: Failure, context: Context): void {
    context.count('sql_failures', { code });
    const key = `${call} ${code}`;
    const kind = this.#kinds.get(key);
    const now = context.monotonic();
    if (kind !== undefined && now - kind.saidAt < repeatMsMin) {
      kind.more += 1;
      return;
    }
    context.log('warn', 'a call of the store failed', { call, reason: message, repeats: kind?.more ?? 0 });
    this.#kinds.set(key, { saidAt: now, more: 0 });
  }
}
