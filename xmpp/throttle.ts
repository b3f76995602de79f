// Owns two counts for each network address: connections that are open, and failures of the last minutes.
// It never decides what a refusal looks like.

export interface BucketLimits {
  readonly burst: number;
  readonly perMinute: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

const bucketsMax = 10_000;

/** A budget for each key, refilled as time goes by. */
export class Throttle {
  readonly #limits: BucketLimits;
  readonly #monotonic: () => number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: BucketLimits, monotonic: () => number) {
    this.#limits = limits;
    this.#monotonic = monotonic;
  }

  /** Whether anything is left for this key. */
  allows(key: string): boolean {
    return this.#bucket(key).tokens >= 1;
  }

  spend(key: string): void {
    const bucket = this.#bucket(key);
    bucket.tokens = Math.max(0, bucket.tokens - 1);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const oldest = this.#buckets.keys().next();
    if (this.#buckets.size > bucketsMax && !oldest.done) this.#buckets.delete(oldest.value);
  }

  #bucket(key: string): Bucket {
    const now = this.#monotonic();
    const bucket = this.#buckets.get(key) ?? { tokens: this.#limits.burst, at: now };
    const earned = ((now - bucket.at) / 60_000) * this.#limits.perMinute;
    bucket.tokens = Math.min(this.#limits.burst, bucket.tokens + earned);
    bucket.at = now;
    return bucket;
  }
}

/** How many are there of each key; a key without any is forgotten. */
export class Tally {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string): void {
    this.#counts.set(key, this.of(key) + 1);
  }

  remove(key: string): void {
    const left = this.of(key) - 1;
    if (left > 0) this.#counts.set(key, left);
    else this.#counts.delete(key);
  }
}

/** What counts as one sender: an IPv4 address, or the first 64 bits of an IPv6 one. */
export function networkOf(address: string): string {
  const text = address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').replace(/%.*$/, '');
  if (!text.includes(':')) return text;
  const [head = '', tail] = text.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  return `${[...front, ...Array<string>(gap).fill('0'), ...back].slice(0, 4).join(':')}::/64`;
}

export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/i.test(address);
}
