// Owns the rule by which one of several tabs leads where the browser has no Web Locks: a lease in shared storage.
// It never touches the storage; it says what a tab that reads this value at this moment may do.

export interface Lease {
  readonly tab: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

export const leaseMs = 5_000;
export const leaseRenewMs = 2_000;

/** Mine, free or run out: then it is mine until the returned moment; null while another tab leads. */
export function claim(held: Lease | null, tab: string, now: number): Lease | null {
  const foreign = held !== null && held.tab !== tab && held.until > now && held.until <= now + leaseMs;
  return foreign ? null : { tab, until: now + leaseMs };
}

export function parseLease(json: string | null): Lease | null {
  const [until, tab] = (json ?? '').split(' ');
  return tab && Number.isFinite(Number(until)) ? { tab, until: Number(until) } : null;
}

export function leaseText(lease: Lease): string {
  return `${lease.until} ${lease.tab}`;
}
