// Owns how much something stands out: from what waits in a mailbox, from what is at work, from a crash not long ago.
// It never chooses a colour's value; the stylesheet does, under the same four names.

import type { CrashReport, ObservedActor } from '../../rpc/observer-contract.ts';

export type Heat = 'calm' | 'well' | 'warm' | 'hot';

/** A crash stays in sight for so long. */
export const freshCrashMs = 60_000;
/** A few that wait at the moment of a look are nothing. */
const waitingWarm = 10;
const waitingHot = 100;

export function heatOf({ mailbox, messagesPerSecond }: Pick<ObservedActor, 'mailbox' | 'messagesPerSecond'>): Heat {
  if (mailbox >= waitingHot) return 'hot';
  if (mailbox >= waitingWarm) return 'warm';
  return messagesPerSecond > 0 ? 'well' : 'calm';
}

export function freshCrashes(seen: {
  readonly crashes: readonly CrashReport[];
  readonly now: number;
}): readonly CrashReport[] {
  return seen.crashes.filter(({ at }) => seen.now - at < freshCrashMs);
}
