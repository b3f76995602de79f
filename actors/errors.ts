// Owns the catalogue of the chat's expected failures: every code that an actor may refuse with, each made in one place.
// It never decides how an edge words them: rpc/ and xmpp/ each have a table from these codes.

import type { Failure } from '../runtime/mod.ts';

/** Codes beside the runtime's own (`timeout`, `noproc`, `exited`, `threadLost`, `overloaded`). */
export type ChatCode =
  /** A store cannot answer now; the same request may succeed later. */
  | 'unavailable'
  /** Too many entries of this room await their commit. */
  | 'throttled'
  | 'unknownSite'
  | 'unknownOperator'
  /** No such visitor, room or conversation for who asks. */
  | 'notFound'
  /** Another operator answered first; `data.winner` names him. */
  | 'taken'
  /** A repeated cmid came with another text, or a value is out of bounds; `data.field` names it. */
  | 'invalid'
  /** Another verified identity is bound to this session. */
  | 'unauthorized'
  | 'blocked'
  | 'exists';

export function refusal(code: ChatCode, message: string, data?: Failure['data']): Failure {
  const retryable = code === 'unavailable' || code === 'throttled';
  return data === undefined ? { code, message, retryable } : { code, message, retryable, data };
}
