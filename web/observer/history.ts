// Owns what the page keeps of a node's past: samples in their order, bounded, and the lines that plots draw of them.
// It asks for nothing and draws nothing.

import type { Observation, Sample, ThreadSample } from '../../rpc/observer-contract.ts';

/** Five minutes of a sample a second. */
export const samplesMax = 300;

export interface Past {
  readonly observation: Observation;
  readonly samples: readonly Sample[];
}

/** What came, after what was there; another life of the node begins anew. */
export function grown(past: Past | null, came: Observation): Past {
  const kept = past === null || past.observation.epoch !== came.epoch ? [] : past.samples;
  const last = kept.at(-1)?.sequence ?? -1;
  const samples = [...kept, ...came.samples.filter(({ sequence }) => sequence > last)].slice(-samplesMax);
  return { observation: came, samples };
}

export interface Line {
  /** The thread's index. */
  readonly thread: number;
  /** One for each sample; null where the thread did not answer. */
  readonly values: readonly (number | null)[];
}

export function lines(samples: readonly Sample[], value: (thread: ThreadSample) => number): readonly Line[] {
  const threads = [...new Set(samples.flatMap((sample) => sample.threads.map(({ index }) => index)))].sort(
    (a, b) => a - b,
  );
  return threads.map((thread) => ({
    thread,
    values: samples.map((sample) => {
      const found = sample.threads.find(({ index }) => index === thread);
      return found === undefined ? null : value(found);
    }),
  }));
}

/** How much a growing count grew since it was last known: a thread that is being replaced does not answer. */
export function growth({ thread, values }: Line): Line {
  let known: number | null = null;
  const grown = values.map((value) => {
    if (value === null) return null;
    const before: number = known ?? value;
    known = value;
    return Math.max(0, value - before);
  });
  return { thread, values: grown };
}

/** All threads together, for a tile. */
export function total(
  samples: readonly Sample[],
  value: (thread: ThreadSample) => number,
  join: (all: readonly number[]) => number = sum,
): readonly number[] {
  return samples.map(({ threads }) => join(threads.map(value)));
}

export function sum(all: readonly number[]): number {
  return all.reduce((before, one) => before + one, 0);
}

export function longest(all: readonly number[]): number {
  return Math.max(0, ...all);
}
