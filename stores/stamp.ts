// Owns the order of copies: of two copies of one thing, which one is the later.
// It is pure, and it is the same rule that the scripts in Redis apply.

import type { Stamp } from '../actors/mod.ts';

/** The same stamp again is the same copy, and not older. */
export function isOlder(stamp: Stamp, than: Stamp | null): boolean {
  if (than === null) return false;
  return stamp.fence === than.fence ? stamp.version < than.version : stamp.fence < than.fence;
}

export function sameStamp(a: Stamp, b: Stamp): boolean {
  return a.fence === b.fence && a.version === b.version;
}
