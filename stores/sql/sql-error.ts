// Owns what went wrong in an engine, in the few words that the queries understand.
// It knows no engine's own codes: each adapter reads those of its own.

import type { Failure } from '../../runtime/mod.ts';

/**
 * `duplicate`: what is to be made has a key that is taken. `guilty`: the values of this row are at fault, and nothing
 * else. `refused`: the engine is there and cannot do it now (a full disk, a lock, read-only), and has done nothing.
 * `lost`: nobody knows whether it was done, and this connection will not tell.
 */
export type SqlErrorKind = 'duplicate' | 'guilty' | 'refused' | 'lost';

/** Its message names no value and no credential: it may be logged. What the engine said in full is its cause. */
export class SqlError extends Error {
  readonly kind: SqlErrorKind;
  /** The engine's name or number for it, to count by. */
  readonly code: string;

  constructor(kind: SqlErrorKind, of: { readonly code: string; readonly message: string; readonly cause: unknown }) {
    super(of.message, { cause: of.cause });
    this.name = 'SqlError';
    this.kind = kind;
    this.code = of.code;
  }
}

export function isSqlError(error: unknown, ...kinds: readonly SqlErrorKind[]): error is SqlError {
  return error instanceof SqlError && (kinds.length === 0 || kinds.includes(error.kind));
}

export function sqlFailure({ kind, message }: SqlError): Failure {
  const retryable = kind === 'refused' || kind === 'lost';
  return { code: retryable ? 'unavailable' : 'failed', message, retryable };
}

/** A database that cannot be used as it is; the message is for the person who runs the node. */
export class StoreOpenError extends Error {
  readonly code: 'locked' | 'damaged' | 'newer' | 'foreign' | 'unfit' | 'unavailable';

  constructor(code: StoreOpenError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StoreOpenError';
    this.code = code;
  }
}
