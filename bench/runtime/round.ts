// Owns what one row of the runtime's table is: a shape, who runs it, what it should reach, and how a round is timed.
// It starts nothing: contenders do.

/** One who runs a shape: Parla, Erlang, nact, comedy, or what there would be without a library. */
export interface Contender {
  readonly name: string;
  /** One round: the figure in the shape's unit. */
  round(): Promise<number>;
}

export type Unit = 'per s' | 'us' | 'ms' | 'bytes';

export interface Shape {
  readonly name: string;
  readonly unit: Unit;
  /** What the figure should be at least (per s) or at most (everything else). */
  readonly target: number | null;
  /** By how much Parla should be better than these. */
  readonly ratios: { readonly [contender: string]: number };
  readonly contenders: readonly Contender[];
  readonly rounds?: number;
}

/** Operations per second of one timed piece of work. */
export async function rate(operations: number, work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (operations * 1_000) / (performance.now() - started);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
