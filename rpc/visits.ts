// Owns what happens when a verified visitor's page does something: his outbox begins, his level is noted, and where a
// reader must start over, his session is asked what is there now. It answers no client: methods do.

import { randomBytes } from 'node:crypto';
import { type ConversationView, type Page, type SiteView, sessionAt } from '../actors/mod.ts';
import type { Clock } from './clock.ts';
import type { Place } from './cursor.ts';
import type { EdgeNode } from './edge-node.ts';
import { EventLog } from './event-log.ts';
import { faultOf, type Outcome, success } from './fault.ts';
import type { FreshVisitors } from './fresh-visitors.ts';
import type { Levels } from './levels.ts';
import { callDeadlineMs } from './limits.ts';
import { newOutbox, type Outbox } from './outbox.ts';
import type { Outboxes } from './outboxes.ts';
import type { Polls } from './polls.ts';
import { heard } from './presence.ts';
import type { Sites } from './sites.ts';
import type { Visitor } from './token.ts';

/** What a page says of itself with an opening or a poll. */
export interface Sight {
  readonly page: Page | null;
  readonly hidden: boolean;
}

export interface About {
  readonly site: SiteView;
  readonly page?: Page;
  readonly locale?: string;
}

export interface Shown {
  readonly conversation: ConversationView | null;
  /** Where its reader goes on. */
  readonly place: Place;
}

const epochBytes = 9;

export class Visits {
  readonly #parts: VisitParts;

  constructor(parts: VisitParts) {
    this.#parts = parts;
  }

  /** The visitor's outbox, made now if he has none. A new visitor's session learns at once that nothing is stored. */
  begin(visitor: Visitor): Outbox {
    const { outboxes, clock, fresh, sites, levels } = this.#parts;
    const known = outboxes.find(visitor.session);
    if (known !== null) {
      outboxes.used(known);
      return known;
    }
    const isFresh = fresh.has(visitor.session);
    const online = sites.peek(visitor.site)?.online ?? null;
    const log = new EventLog(randomBytes(epochBytes).toString('base64url'), { lastSeq: isFresh ? 0 : null, online });
    const outbox = newOutbox({ ...visitor, log }, clock.monotonic());
    outboxes.add(outbox);
    if (isFresh) levels.tell(outbox);
    return outbox;
  }

  /** Like `begin`, for what is neither an opening nor a poll: the session hears of the visitor before the request. */
  act(visitor: Visitor): Outbox {
    const outbox = this.begin(visitor);
    this.#parts.levels.update(outbox);
    return outbox;
  }

  /** A page polls, or was loaded. While the log is not anchored the level waits for the session's answer. */
  see(outbox: Outbox, sight: Sight): void {
    heard(outbox.presence, sight.hidden, this.#parts.clock.monotonic());
    this.turn(outbox, sight.page);
  }

  /** The visitor is on another page, or his tab went into the background or came back. */
  turn(outbox: Outbox, page: Page | null): void {
    const { levels } = this.#parts;
    if (!outbox.log.anchored) outbox.page = page ?? outbox.page;
    else if (page === null) levels.update(outbox);
    else levels.turnTo(outbox, page);
  }

  /** Asks the session what is there now. What arrives meanwhile is read from the place where the question was asked. */
  async show(outbox: Outbox, about: About): Promise<Outcome<Shown>> {
    const { node, clock, levels } = this.#parts;
    const { log, session } = outbox;
    const { site, ...more } = about;
    const asked = log.head;
    const isFirst = !log.anchored;
    const request = { site: site.id, ...more };
    const answer = await node.call(sessionAt(session), 'view', request, { deadlineMs: callDeadlineMs });
    if (!answer.ok) return { ok: false, fault: faultOf(answer.error) };
    const { conversation } = answer.value;
    const position = log.shown(conversation, asked, clock.monotonic());
    log.siteShown(site.online);
    outbox.hasConversation ||= conversation !== null;
    if (isFirst) levels.tell(outbox);
    this.#parts.polls.wake(outbox);
    return success({ conversation, place: { epoch: log.epoch, position, lastSeq: conversation?.lastSeq ?? 0 } });
  }
}

export interface VisitParts {
  readonly node: EdgeNode;
  readonly clock: Clock;
  readonly outboxes: Outboxes;
  readonly polls: Polls;
  readonly fresh: FreshVisitors;
  readonly sites: Sites;
  readonly levels: Levels;
}
