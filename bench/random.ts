// Owns the chance of a benchmark: a seeded generator, so that two runs and two servers get the same stream of requests.
// It is for arrivals and shuffles only, never for secrets.

/** Uniform in [0, 1). */
export type Random = () => number;

/** Mulberry32: 32 bits of state, good enough for arrivals and the same on every machine. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Due times in [0, `durationMs`) of independent arrivals, ascending. */
export function poissonArrivals(random: Random, perSecond: number, durationMs: number): number[] {
  const due: number[] = [];
  for (let at = 0; ; ) {
    at += (-Math.log(1 - random()) / perSecond) * 1000;
    if (at >= durationMs) return due;
    due.push(at);
  }
}

export function pick<T>(random: Random, list: readonly T[]): T {
  const one = list[Math.floor(random() * list.length)];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
}
