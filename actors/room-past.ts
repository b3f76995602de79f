// Owns a room's pages past the last 75: from blocks in the cache, and what is missing there from the store in one read.
// A page that cannot be read is a failure, never a shorter one.

import { type Context, failure, type Result, success } from '../runtime/mod.ts';
import { cache } from './cache-port.ts';
import type { ChatMessage } from './chat.ts';
import { history } from './history-protocol.ts';
import type { RoomId } from './ids.ts';
import { blockTtlMs, cacheDeadlineMs, storeReadDeadlineMs } from './limits.ts';
import { blocksOf, isWhole, type Span, spanOf, within } from './past-blocks.ts';

type Messages = readonly ChatMessage[];
type Then = (messages: Result<Messages>) => void;

/** The messages of a span that is older than what the room holds. */
export function readPast(room: RoomId, span: Span, context: Context, then: Then): void {
  const blocks = blocksOf(span);
  const found = new Map<number, Messages>();
  let left = blocks.length;
  for (const block of blocks) {
    context.ask(cache, 'readBlock', { room, block }, { deadlineMs: cacheDeadlineMs }, (result) => {
      const messages = result.ok ? result.value.messages : null;
      if (messages !== null && isWhole(messages, block)) found.set(block, messages);
      left -= 1;
      if (left > 0) return;
      if (found.size === blocks.length) then(success(pageOf(blocks, found, span)));
      else readFromStore(room, { blocks, found, span }, context, then);
    });
  }
}

interface Reading {
  readonly blocks: readonly number[];
  readonly found: Map<number, Messages>;
  readonly span: Span;
}

/** The whole span of blocks at once: one statement, however many of them were missing. */
function readFromStore(room: RoomId, { blocks, found, span }: Reading, context: Context, then: Then): void {
  const { first } = spanOf(blocks[0] ?? 0);
  const { last } = spanOf(blocks.at(-1) ?? 0);
  const wanted = { room, before: last + 1, after: null, limit: last - first + 1 };
  context.ask(history, 'page', wanted, { deadlineMs: storeReadDeadlineMs }, (result) => {
    if (!result.ok) return then(failure(result.error));
    const { messages } = result.value;
    for (const block of blocks.filter((one) => !found.has(one))) {
      const whole = within(messages, spanOf(block));
      if (isWhole(whole, block)) context.cast(cache, 'writeBlock', { room, block, messages: whole, ttlMs: blockTtlMs });
    }
    then(success(within(messages, span)));
  });
}

function pageOf(blocks: readonly number[], found: ReadonlyMap<number, Messages>, span: Span): Messages {
  return within(
    blocks.flatMap((block) => found.get(block) ?? []),
    span,
  );
}
