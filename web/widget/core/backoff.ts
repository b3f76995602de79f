// Owns how long to wait before the next try: full jitter that doubles, and what a server asks for.
// It never waits itself and never looks at a clock.

export const backoffMsMin = 500;
export const backoffMsMax = 30_000;
const doublingsMax = 10;

/** Anything up to 0.5 s, 1 s, 2 s … 30 s: many browsers that lost one server do not come back at one moment. */
export function backoffMs(attempt: number, random: number): number {
  const ceiling = Math.min(backoffMsMax, backoffMsMin * 2 ** Math.min(attempt, doublingsMax));
  return Math.max(1, Math.round(ceiling * random));
}

/** Never sooner than the server asked for, with a little jitter on top of it. */
export function retryDelayMs(attempt: number, random: number, askedMs: number | undefined): number {
  const own = backoffMs(attempt, random);
  return askedMs === undefined ? own : Math.round(askedMs + Math.min(own, backoffMsMin) * random);
}

/** `Retry-After` in seconds; a date, or nonsense, counts as not given. */
export function retryAfterMs(header: string | null): number | undefined {
  const seconds = header === null ? Number.NaN : Number.parseFloat(header);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
