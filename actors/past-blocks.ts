// Owns which blocks of a room's past make a page, and the page that they make.
// It is pure. Numbers have no gaps and a block is older than what the room holds, so a block never changes.
//
//   seq      1 ... 50 | 51 ... 100 | 101 ... 150 | 151 ... (in the room)
//   block       0     |     1      |      2      |
//   page                     [80 ............ 129]

import { pageBlockMessages } from './cache-port.ts';
import type { ChatMessage } from './chat.ts';

export interface Span {
  /** Both inclusive. */
  readonly first: number;
  readonly last: number;
}

/** The seqs of the page before `before`: what a room with `lastSeq` has of it. Null: nothing. */
export function pageSpan(before: number | null, limit: number, lastSeq: number): Span | null {
  const last = Math.min(lastSeq, (before ?? Number.MAX_SAFE_INTEGER) - 1);
  return last < 1 ? null : { first: Math.max(1, last - limit + 1), last };
}

/** Of the blocks that hold a span, in order. */
export function blocksOf({ first, last }: Span): readonly number[] {
  const from = blockOf(first);
  return Array.from({ length: blockOf(last) - from + 1 }, (_, index) => from + index);
}

export function spanOf(block: number): Span {
  return { first: block * pageBlockMessages + 1, last: (block + 1) * pageBlockMessages };
}

export function within(messages: readonly ChatMessage[], { first, last }: Span): readonly ChatMessage[] {
  return messages.filter(({ seq }) => seq >= first && seq <= last);
}

/** Only a whole one is kept: anything else could still change. */
export function isWhole(messages: readonly ChatMessage[], block: number): boolean {
  const { first } = spanOf(block);
  return messages.length === pageBlockMessages && messages.every(({ seq }, index) => seq === first + index);
}

function blockOf(seq: number): number {
  return Math.floor((seq - 1) / pageBlockMessages);
}
