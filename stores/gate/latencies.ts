// Owns how long the last answers took.
// It sorts only when somebody asks.

const rememberedMax = 256;

export class Latencies {
  readonly #ring = new Float64Array(rememberedMax);
  #added = 0;

  add(ms: number): void {
    this.#ring[this.#added % rememberedMax] = ms;
    this.#added += 1;
  }

  /** In hundredths of a millisecond. */
  percentiles(): { readonly p50: number; readonly p99: number } {
    const sorted = this.#ring.slice(0, Math.min(this.#added, rememberedMax)).sort();
    const at = (part: number) => Math.round((sorted[Math.floor(part * sorted.length)] ?? 0) * 100) / 100;
    return { p50: at(0.5), p99: at(0.99) };
  }
}
