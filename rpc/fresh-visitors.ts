// Owns the memory of visitors whose token this process made and who did nothing durable yet: no store can know them.
// Forgetting one is always safe (the stores are asked); remembering one for too long is not, so it forgets early.

import { LRUCache } from 'lru-cache';
import type { SessionId } from '../actors/mod.ts';
import type { Clock } from './clock.ts';
import { freshVisitorsMax, outboxUnusedMsMax } from './limits.ts';

export class FreshVisitors {
  readonly #sessions: LRUCache<SessionId, true>;

  constructor(clock: Clock) {
    this.#sessions = new LRUCache({
      max: freshVisitorsMax,
      ttl: outboxUnusedMsMax,
      ttlResolution: 0,
      updateAgeOnGet: true,
      perf: { now: () => clock.monotonic() },
    });
  }

  add(session: SessionId): void {
    this.#sessions.set(session, true);
  }

  has(session: SessionId): boolean {
    return this.#sessions.get(session) === true;
  }

  /** Something durable is about to happen, or the visitor may be chatting through another node. */
  forget(session: SessionId): void {
    this.#sessions.delete(session);
  }
}
