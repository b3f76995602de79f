// Owns how latencies are kept and shown: one histogram for each thing that is timed, in microseconds.
// A mean never stands alone: it hides what the slowest hundredth waited for.

import { build, type Histogram } from 'hdr-histogram-js';

export interface LatencySummary {
  readonly count: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const usPerMs = 1000;

export class Latency {
  readonly name: string;
  readonly #histogram: Histogram = build({ autoResize: true, numberOfSignificantValueDigits: 3 });

  constructor(name: string) {
    this.name = name;
  }

  record(ms: number): void {
    this.#histogram.recordValue(Math.max(0, Math.round(ms * usPerMs)));
  }

  summary(): LatencySummary {
    const at = (percentile: number) => this.#histogram.getValueAtPercentile(percentile) / usPerMs;
    const count = this.#histogram.totalCount;
    const meanMs = count === 0 ? 0 : this.#histogram.mean / usPerMs;
    return { count, meanMs, p50Ms: at(50), p99Ms: at(99), maxMs: count === 0 ? 0 : this.#histogram.maxValue / usPerMs };
  }
}
