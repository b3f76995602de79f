// Owns the rule that makes a visitor here, away or gone from what his pages did.
// It is pure: it hears of polls and goodbyes and tells nobody.

import type { VisitorLevel } from '../actors/mod.ts';
import { betweenPollsMs, goneAfterLeaveMs, goneWithoutPollMs } from './limits.ts';

export interface Presence {
  /** What the latest page said of its tab. */
  hidden: boolean;
  /** When a poll last came or was answered. */
  heardAt: number;
  /** When the page said goodbye; null once a poll or an opening came after it. */
  leftAt: number | null;
}

/** What is parked now: a page in sight outweighs one in the background. */
export type Parked = 'visible' | 'hidden' | 'none';

export function newPresence(now: number): Presence {
  return { hidden: false, heardAt: now, leftAt: null };
}

export function heard(presence: Presence, hidden: boolean, now: number): void {
  presence.hidden = hidden;
  presence.heardAt = now;
  presence.leftAt = null;
}

export function levelOf(presence: Presence, parked: Parked, now: number): VisitorLevel {
  if (parked === 'visible') return 'here';
  if (parked === 'none' && isGone(presence, now)) return 'gone';
  return presence.hidden ? 'away' : 'here';
}

function isGone({ heardAt, leftAt }: Presence, now: number): boolean {
  if (now >= heardAt + goneWithoutPollMs) return true;
  return leftAt !== null && now >= Math.max(leftAt + goneAfterLeaveMs, heardAt + betweenPollsMs);
}
