// Owns where log lines go: standard error, as JSON, or in colours where that is a terminal.
// It never waits for its reader: what cannot be written is kept up to a bound and then dropped.

import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import { type DestinationStream, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface AppLogLine {
  readonly level: LogLevel;
  readonly message: string;
  /** Which thread says it; the edge by default. */
  readonly thread?: string;
  /** Kinds and sizes, never what a person wrote. */
  readonly fields?: { readonly [name: string]: unknown };
}

export interface Log {
  readonly write: (line: AppLogLine) => void;
  /** Before the process ends: what is still held goes out as far as its reader takes it. */
  readonly flush: () => void;
}

const stderr = 2;
const heldBytesMax = 4 * 1_024 * 1_024;

export function createLog(least: LogLevel): Log {
  // A file cannot stall its writer; a pipe or a terminal can.
  const sync = fstatSync(stderr).isFile();
  const out = pino.destination({ dest: stderr, sync, maxLength: heldBytesMax });
  const options = {
    level: least,
    base: null,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const logger = pino(options, isatty(stderr) ? pretty(out) : out);
  return {
    write: (line) => logger[line.level]({ thread: line.thread ?? 'edge', ...line.fields }, line.message),
    flush: () => {
      try {
        out.flushSync();
      } catch (error) {
        // sonic-boom refuses before its file is open, and a closed pipe has no reader: nobody is left to be told.
        if (!(error instanceof Error)) throw error;
      }
    },
  };
}

function pretty(out: DestinationStream): DestinationStream {
  const format = prettyFactory({ colorize: true, translateTime: 'SYS:HH:MM:ss' });
  return { write: (line) => out.write(format(JSON.parse(line))) };
}
