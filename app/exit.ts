// Owns how the process ends: on a signal or a command it drains once, within its bound; a second signal ends it at once.
// It never leaves the end to chance: whatever hangs, the process is gone when the bound is over.

import type { Log } from './log.ts';

/** A supervisor above (systemd, compose, haproxy's check) counts on ten seconds. */
const drainMsMax = 9_500;
const signals = ['SIGTERM', 'SIGINT'] as const;
/** npm passes a signal on that a terminal or `timeout` has sent to the whole group: one wish arrives twice. */
const sameWishMs = 1_000;

export interface Exit {
  /** Begins to drain, or does nothing where that has begun. */
  drain(why: string): void;
  /** Ends at once with status 1, after what the log holds is written. */
  fatal(why: string, fields?: { readonly [name: string]: unknown }): never;
}

export function installExit(stop: () => Promise<void>, log: Log): Exit {
  let drainingSince: number | null = null;
  const end = (status: number): never => {
    log.flush();
    process.exit(status);
  };
  const fatal: Exit['fatal'] = (why, fields = {}) => {
    log.write({ level: 'error', message: why, fields });
    return end(1);
  };
  const drain = (why: string) => {
    if (drainingSince !== null) return;
    drainingSince = performance.now();
    log.write({ level: 'info', message: 'draining', fields: { why } });
    setTimeout(() => fatal('the drain took too long: ending with parts still open'), drainMsMax).unref();
    stop().then(
      () => end(0),
      (error: unknown) => fatal('the drain failed', { reason: String(error) }),
    );
  };
  const onSignal = (signal: string) => {
    if (drainingSince === null) drain(signal);
    else if (performance.now() - drainingSince > sameWishMs) fatal('a second signal: ending at once', { signal });
  };
  for (const signal of signals) process.on(signal, onSignal);
  process.on('uncaughtException', (error) => fatal('the edge thread failed', crash(error)));
  process.on('unhandledRejection', (error) => fatal('the edge thread failed', crash(error)));
  return { drain, fatal };
}

function crash(error: unknown): { readonly [name: string]: unknown } {
  return error instanceof Error
    ? { name: error.name, reason: error.message, stack: error.stack }
    : { reason: String(error) };
}
