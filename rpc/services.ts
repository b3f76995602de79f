// Owns the list of parts that methods work with, made once by the edge.
// It is a type only.

import type { Clock } from './clock.ts';
import type { EdgeNode } from './edge-node.ts';
import type { FreshVisitors } from './fresh-visitors.ts';
import type { Outboxes } from './outboxes.ts';
import type { Polls } from './polls.ts';
import type { Sites } from './sites.ts';
import type { Throttle } from './throttle.ts';
import type { Tokens } from './token.ts';
import type { Visits } from './visits.ts';

export interface Services {
  readonly node: EdgeNode;
  readonly clock: Clock;
  readonly tokens: Tokens;
  readonly throttle: Throttle;
  readonly sites: Sites;
  readonly fresh: FreshVisitors;
  readonly outboxes: Outboxes;
  readonly polls: Polls;
  readonly visits: Visits;
}
