// Owns the actor named `outbox`: what the chat casts to visitors' pages goes into their logs and wakes their polls.
// It lives on the edge thread and shares memory with the sockets; news for a visitor without an outbox is dropped here.

import type { OutboxProtocol } from '../actors/mod.ts';
import { type Behaviour, defineBehaviour } from '../runtime/mod.ts';
import type { Clock } from './clock.ts';
import type { Levels } from './levels.ts';
import type { Outboxes } from './outboxes.ts';
import type { Polls } from './polls.ts';
import type { Sites } from './sites.ts';

export interface OutboxCounts {
  added: number;
  known: number;
  gap: number;
  /** Nobody of this session was here in the last two minutes. */
  nobody: number;
}

export type OutboxBehaviour = Behaviour<OutboxProtocol, unknown, null>;

export interface OutboxActorParts {
  readonly clock: Clock;
  readonly outboxes: Outboxes;
  readonly polls: Polls;
  readonly levels: Levels;
  readonly sites: Sites;
  readonly counts: OutboxCounts;
}

export function outboxActor({ clock, outboxes, polls, levels, sites, counts }: OutboxActorParts): OutboxBehaviour {
  return defineBehaviour<OutboxProtocol, unknown, null>({
    name: 'outbox',
    init: () => null,
    calls: {},
    casts: {
      event: (_, { session, event }) => {
        const outbox = outboxes.find(session);
        if (outbox === null) {
          counts.nobody += 1;
          return;
        }
        const added = outbox.log.append(event, clock.monotonic());
        counts[added] += 1;
        if (event.type === 'message' || event.type === 'conversation') outbox.hasConversation = true;
        if (added === 'gap') levels.askForMissing(outbox);
        if (added === 'added') polls.wake(outbox);
      },
      sync: (_, { session, conversation }) => {
        const outbox = outboxes.find(session);
        if (outbox === null) return;
        outbox.hasConversation ||= conversation !== null;
        if (outbox.log.sync(conversation, clock.monotonic()) === 'added') polls.wake(outbox);
      },
      // The next poll finds another log, and starts over.
      renumbered: (_, { session }) => outboxes.forget(session),
      site: (_, { site }) => sites.learn(site),
      siteChanged: (_, { site }) => sites.changed(site),
    },
  });
}
