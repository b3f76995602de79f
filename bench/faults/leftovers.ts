// Owns what is counted after each lost thread, and what of it grows with the rounds.
// It decides nothing; it collects garbage first, so what it counts is held by somebody.

import { readdirSync } from 'node:fs';
import { queryObjects, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';

export interface Leftovers {
  /** Of the operating system. */
  readonly threads: number;
  readonly ports: number;
  /** Objects, arrays and functions alive on the main thread: an exact count, which no compiled code disturbs. */
  readonly objects: number;
  /** With the compiled code, of which there is more for a while. */
  readonly heapBytes: number;
  readonly residentBytes: number;
}

export function nativeThreads(): number {
  return readdirSync('/proc/self/task').length;
}

/** Those that are not gone, however they were made; never 0, for the class itself is counted. */
export function workers(): number {
  return Number(queryObjects(Worker));
}

export function countLeftovers(): Leftovers {
  collectGarbage();
  const objects = Number(queryObjects(Object));
  const { heapUsed, rss } = process.memoryUsage();
  return {
    threads: nativeThreads(),
    ports: process.getActiveResourcesInfo().filter((kind) => kind === 'MessagePort').length,
    objects,
    heapBytes: heapUsed,
    residentBytes: rss,
  };
}

export interface Growth {
  readonly threads: number;
  readonly ports: number;
  readonly objects: number;
  readonly heapBytes: number;
  readonly residentBytes: number;
}

/**
 * What each round of the last half added, of memory that of the last third: by then pools are full and code is compiled. Only rounds of one kind are
 * compared, a `period` or several apart: a thread that hoarded leaves the allocator with more than one that exits.
 */
export function growthOf(all: readonly Leftovers[], period: number): Growth {
  const half = all.slice(Math.floor(all.length / 2));
  const of = (what: keyof Leftovers) => {
    const values = half.map((one) => one[what]);
    return slope(values, period);
  };
  return {
    threads: of('threads'),
    ports: of('ports'),
    objects: of('objects'),
    heapBytes: of('heapBytes'),
    residentBytes: heightGrowth(all.map((one) => one.residentBytes)),
  };
}

/**
 * What each round of the last third added to the height of the third before. What is resident steps up and down by
 * 30 MiB, as V8 keeps or returns the pages of threads that ended, so that the slope of half a run says when the last step
 * was; but whatever is never given back is there at the heights too. Not the highest alone: in one run of 200 rounds it
 * stood 49 MiB above the third before, and all that the report shows of that run between 256 and 288.
 */
function heightGrowth(values: readonly number[]): number {
  const third = Math.floor(values.length / 3);
  const before = values.slice(values.length - 2 * third, values.length - third);
  const last = values.slice(values.length - third);
  return third === 0 ? 0 : (height(last) - height(before)) / third;
}

/** What a tenth of them reaches or passes. */
function height(values: readonly number[]): number {
  return values.toSorted((a, b) => b - a)[Math.floor(values.length / 10)] ?? 0;
}

/** Theil and Sen's: the median of the slopes between any two, which a few outliers do not move. */
function slope(values: readonly number[], period: number): number {
  const slopes = values.flatMap((later, j) =>
    values
      .slice(0, j)
      .map((earlier, i) => ({ rounds: j - i, more: later - earlier }))
      .filter(({ rounds }) => rounds % period === 0)
      .map(({ rounds, more }) => more / rounds),
  );
  slopes.sort((a, b) => a - b);
  return slopes[Math.floor(slopes.length / 2)] ?? 0;
}

/** The flag is set here so that nobody has to give it. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}
