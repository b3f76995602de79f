// Owns what memcached's refusals mean: which of them say that it is well.
// memjs gives them as text only; a text that is not known here is a broken client.

import { GateError, type Verdict } from '../gate/mod.ts';

interface Meaning {
  readonly code: string;
  readonly verdict: Verdict;
}

/** By the texts in memjs's lib/memjs/protocol.js. */
const meanings: ReadonlyMap<string, Meaning> = new Map([
  ['Value too large', { code: 'tooLarge', verdict: 'answer' }],
  ['Item not stored', { code: 'notStored', verdict: 'answer' }],
  // A full server that may forget nothing: reading goes on, and the older value under the key is gone (measured).
  ['Out of memory', { code: 'outOfMemory', verdict: 'answer' }],
  ['Authentication error', { code: 'authentication', verdict: 'unwell' }],
  ['Unknown command', { code: 'unknownCommand', verdict: 'unwell' }],
  ['Not supported', { code: 'notSupported', verdict: 'unwell' }],
  ['Internal error', { code: 'internal', verdict: 'unwell' }],
  ['Busy', { code: 'busy', verdict: 'unwell' }],
  ['Temporary failure', { code: 'temporary', verdict: 'unwell' }],
]);

export class MemcachedError extends GateError {
  readonly verdict: Verdict;

  constructor({ code, verdict }: Meaning) {
    super(code, `memcached refused: ${code}`);
    this.verdict = verdict;
  }
}

export function meaningOf(error: unknown): unknown {
  const text = error instanceof Error ? /^MemJS [A-Z]+: (.+)$/.exec(error.message)?.[1] : undefined;
  const meaning = text === undefined ? undefined : meanings.get(text);
  return meaning === undefined ? error : new MemcachedError(meaning);
}

export function judge(error: unknown): Verdict {
  return error instanceof MemcachedError ? error.verdict : 'broken';
}
