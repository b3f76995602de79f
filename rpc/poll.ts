// Owns `session.poll`: a reader is answered from the log, is parked on it, or starts over.
// Without news it asks no actor anything, and it never touches a store.

import type { Caller } from './caller.ts';
import type { PollResult } from './contract.ts';
import { type Cursor, cursorText, parseCursor } from './cursor.ts';
import type { Reading } from './event-log.ts';
import { type Outcome, success } from './fault.ts';
import { type Outbox, type PollEnd, readAt } from './outbox.ts';
import { pageOf } from './page.ts';
import type { ParamsOf } from './params.ts';
import type { Services } from './services.ts';
import type { Visitor } from './token.ts';
import { conversationOf, siteOf } from './view.ts';

type PollParams = ParamsOf<'session.poll'>;

export async function poll(
  services: Services,
  visitor: Visitor,
  params: PollParams,
  caller: Caller,
): Promise<Outcome<PollResult>> {
  const outbox = seen(services, visitor, params);
  const cursor = parseCursor(params.cursor);
  const reading: Reading = cursor === null ? { type: 'lost' } : readAt(outbox, cursor);
  if (reading.type === 'lost' || cursor === null) return startOver(services, outbox);
  if (reading.events.length > 0 || params.holdMs === 0 || !caller.mayHold) return success(resultOf(reading));
  const end = await parked(services, outbox, { cursor, holdMs: params.holdMs, hidden: outbox.presence.hidden }, caller);
  if (end.type === 'lost') return startOver(services, services.visits.begin(visitor));
  return success(end.type === 'dropped' ? { cursor: params.cursor, events: [] } : resultOf(end));
}

function seen({ visits, sites }: Services, visitor: Visitor, { page }: PollParams): Outbox {
  const outbox = visits.begin(visitor);
  const keepQuery = sites.peek(visitor.site)?.keepQueryStrings ?? false;
  const hidden = page === undefined ? outbox.presence.hidden : page.hidden === true;
  visits.see(outbox, { page: page === undefined ? null : pageOf(page, keepQuery), hidden });
  return outbox;
}

/** Resolves with why the poll ends; a client that is gone gets nothing, since nobody is there to be answered. */
function parked(
  { polls }: Services,
  outbox: Outbox,
  of: { readonly cursor: Cursor; readonly holdMs: number; readonly hidden: boolean },
  caller: Caller,
): Promise<PollEnd> {
  return new Promise((resolve) => {
    const forget = caller.whenGone(() => {
      unpark();
      resolve({ type: 'dropped' });
    });
    const unpark = polls.park(outbox, {
      ...of,
      answer: (end) => {
        forget();
        resolve(end);
      },
    });
  });
}

/** The cursor is from another log, too old, or has missed something: everything that is there now. */
async function startOver({ visits, sites }: Services, outbox: Outbox): Promise<Outcome<PollResult>> {
  const found = await sites.find(outbox.site);
  if (!found.ok) return found;
  const page = outbox.page === null ? {} : { page: outbox.page };
  const shown = await visits.show(outbox, { site: found.value, ...page });
  if (!shown.ok) return shown;
  const { conversation, place } = shown.value;
  return success({
    cursor: cursorText({ type: 'place', ...place }),
    events: [],
    reset: true,
    site: siteOf(found.value),
    conversation: conversation === null ? null : conversationOf(conversation),
  });
}

function resultOf(reading: Extract<Reading, { type: 'events' }>): PollResult {
  return { cursor: cursorText({ type: 'place', ...reading.place }), events: reading.events };
}
