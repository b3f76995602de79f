// Owns what the parts of this edge share: settings, clock, the node. Plain references, made once in edge.ts.
// It decides nothing.

import type { ActorNode } from '../runtime/mod.ts';
import type { EdgeClock } from './clock.ts';
import type { Counters } from './counters.ts';
import type { Domains } from './jid.ts';
import type { Kept } from './kept.ts';
import type { XmppLimits } from './limits.ts';

export interface EdgeServices {
  readonly domains: Domains;
  readonly limits: XmppLimits;
  readonly clock: EdgeClock;
  /** The node starts after this edge was made. */
  readonly node: () => Pick<ActorNode, 'call' | 'cast'>;
  readonly kept: Kept;
  readonly counters: Counters;
  readonly log: EdgeLog;
  readonly version: string;
}

/** Fields are kinds and sizes, never text that a person wrote. */
export type EdgeLog = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields?: { readonly [name: string]: unknown },
) => void;
