// Owns the expected failures that the runtime itself makes, and their wording for a log.
// It never makes a failure of the application: those come from handlers as they are.

import type { ExitReason } from './outcome.ts';
import { type Failure, failure, type Result, type RuntimeCode } from './result.ts';

const retryable: { readonly [C in RuntimeCode]: boolean } = {
  timeout: true,
  noproc: true,
  exited: true,
  threadLost: true,
  overloaded: true,
  ignore: false,
  undef: false,
  callingSelf: false,
};

const firstFrame = /^\s+at (.+)$/m;
const folders = /[^\s(]*[/\\]([^/\\()]+:\d+:\d+)/;

export function runtimeFailure(code: RuntimeCode, message: string): Failure {
  return { code, message, retryable: retryable[code] };
}

export function failed(code: RuntimeCode, message: string): Result<never> {
  return failure(runtimeFailure(code, message));
}

/** What the callers of an actor get that ended for this reason. */
export function failureOfExit(reason: ExitReason): Failure {
  if (typeof reason === 'object' && 'failure' in reason) return reason.failure;
  if (reason === 'threadLost') return runtimeFailure('threadLost', 'the thread was lost');
  if (reason === 'noproc') return runtimeFailure('noproc', 'nobody is there');
  return runtimeFailure('exited', `ended before it answered: ${reasonText(reason)}`);
}

/** One line for a log; a crash without its stack. */
export function reasonText(reason: ExitReason): string {
  if (typeof reason === 'string') return reason;
  if ('shutdown' in reason) return `shutdown: ${reason.shutdown}`;
  if ('failure' in reason) return `${reason.failure.code}: ${reason.failure.message}`;
  return `${reason.crash.name}: ${reason.crash.message}`;
}

/** The error's name alone, which a crash report can show to anybody. */
export function errorOf(reason: ExitReason): string {
  if (typeof reason === 'string') return reason;
  if ('crash' in reason) return reason.crash.name;
  return 'failure' in reason ? reason.failure.code : 'shutdown';
}

/** The first frame of its stack without its folders, which a crash report can show to anybody. */
export function placeOf(reason: ExitReason): string | null {
  if (typeof reason === 'string' || !('crash' in reason)) return null;
  const { message, stack = '' } = reason.crash;
  // The words come first in a stack, and may hold a line that looks like a frame.
  const begins = stack.indexOf(message);
  const frame = begins === -1 ? null : firstFrame.exec(stack.slice(begins + message.length));
  return frame?.[1]?.replace(folders, '$1') ?? null;
}

/**
 * Its stack is written out when somebody reads it, a log or another thread: that was half of the 12.7 us of a restart.
 * The getter is the object's own, since only what is its own crosses threads, and the same for all: one in a literal
 * costs 550 ns and 400 bytes, because V8 then makes a hidden class for each object.
 */
class Crash {
  readonly name: string;
  readonly message: string;
  declare readonly stack: string;
  readonly #thrown: Error;

  static readonly #stack = {
    enumerable: true,
    get(this: Crash): string {
      return this.#thrown.stack ?? '';
    },
  };

  constructor(thrown: Error) {
    this.name = thrown.name;
    this.message = thrown.message;
    this.#thrown = thrown;
    Object.defineProperty(this, 'stack', Crash.#stack);
  }
}

/** An end that needs no crash report and, for a transient child, no restart. */
export function isQuiet(reason: ExitReason): boolean {
  return reason === 'normal' || reason === 'shutdown' || (typeof reason === 'object' && 'shutdown' in reason);
}

/** What was thrown, as data that crosses threads. */
export function crashOf(thrown: unknown): ExitReason {
  if (thrown instanceof Error) return { crash: new Crash(thrown) };
  return {
    crash: { name: 'Thrown', message: typeof thrown === 'string' ? thrown : `a value of type ${typeof thrown}` },
  };
}
