// Owns the shape of an expected failure, the only kind of failure that crosses a thread or an edge.
// It never carries an Error: an Error loses its class, name and code when it is cloned to another thread.

/** What went wrong, as data. `code` comes from the catalogue of the folder that made it; `message` is for a log. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  /** True when the same request may succeed later without a change. */
  readonly retryable: boolean;
  /** Plain, small facts for the caller (a winner's name, milliseconds to wait). Never what a person wrote. */
  readonly data?: { readonly [name: string]: string | number | boolean };
}

/** What a call gives: the answer, or an expected failure. Nothing that can be expected is ever thrown. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Failure };

/** Codes that the runtime itself gives to a call; every other code is the callee's. */
export type RuntimeCode =
  /** The deadline passed. The callee may still do the work: only ids make a repeat safe. */
  | 'timeout'
  /** Nobody has this pid or name. */
  | 'noproc'
  /** The callee died (or its init failed) before it answered. */
  | 'exited'
  /** The callee's thread was lost before it answered. */
  | 'threadLost'
  /** The callee's mailbox was full: nothing was done. */
  | 'overloaded'
  /** Of a start: the init chose not to run (`InitIgnored`). */
  | 'ignore'
  /** The callee has no such call: a wrong address, or another version. */
  | 'undef'
  /** An actor called itself: it would wait for itself. `ask` or `cast` can do that. */
  | 'callingSelf';

/** A result that is an answer. */
export function success<T>(value: T): Result<T> {
  return { ok: true, value };
}

/** A result that is a failure. */
export function failure(error: Failure): { readonly ok: false; readonly error: Failure } {
  return { ok: false, error };
}
