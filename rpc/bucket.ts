// Owns the token bucket: a rate with a burst, as numbers and one function.
// It knows no clock and no visitor; who asks says what time it is.

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export interface Bucket {
  tokens: number;
  at: number;
}

export function fullBucket(rate: Rate, now: number): Bucket {
  return { tokens: rate.burst, at: now };
}

/** Takes one token: 0, or the milliseconds after which there will be one (then nothing was taken). */
export function take(bucket: Bucket, rate: Rate, now: number): number {
  const elapsed = Math.max(0, now - bucket.at);
  bucket.tokens = Math.min(rate.burst, bucket.tokens + (elapsed * rate.perSecond) / 1_000);
  bucket.at = now;
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return 0;
  }
  const missingMs = ((1 - bucket.tokens) * 1_000) / rate.perSecond;
  // Fractions leave a rest in the last binary digits that is no millisecond.
  return Math.max(1, Math.ceil(missingMs - 1e-6));
}
