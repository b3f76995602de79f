// Owns how figures are written for a person: short, with their unit, and of a steady width.
// It never rounds a count that is small enough to be shown whole.

const mebibyte = 1_048_576;

export interface Written {
  readonly text: string;
  readonly unit: string;
}

export type Writer = (value: number) => Written;

export function count(value: number): Written {
  if (value >= 1e6) return { text: (value / 1e6).toFixed(value >= 1e7 ? 1 : 2), unit: 'M' };
  if (value >= 1e5) return { text: (value / 1e3).toFixed(0), unit: 'k' };
  return { text: Math.round(value).toLocaleString('en-GB'), unit: '' };
}

export function rate(value: number): Written {
  const small = value > 0 && value < 10;
  const { text, unit } = small ? { text: value.toFixed(1), unit: '' } : count(value);
  return { text, unit: `${unit}/s` };
}

export function milliseconds(value: number): Written {
  if (value >= 10_000) return { text: (value / 1_000).toFixed(1), unit: 's' };
  return { text: value < 10 ? value.toFixed(1) : value.toFixed(0), unit: 'ms' };
}

/** A trace's handlers are measured in microseconds more often than not. */
export function duration(value: number): Written {
  if (value >= 1) return milliseconds(value);
  return value < 0.001 ? { text: '<1', unit: 'µs' } : { text: (value * 1_000).toFixed(0), unit: 'µs' };
}

export function bytes(value: number): Written {
  if (value >= 1_024 * mebibyte) return { text: (value / mebibyte / 1_024).toFixed(2), unit: 'GiB' };
  const mebibytes = value / mebibyte;
  return { text: mebibytes.toFixed(mebibytes < 10 ? 1 : 0), unit: 'MiB' };
}

export function words({ text, unit }: Written): string {
  if (unit === '') return text;
  return unit.startsWith('/') || unit.length === 1 || unit === 'k/s' || unit === 'M/s'
    ? text + unit
    : `${text} ${unit}`;
}

/** `now`, `12 s ago`, `3 min ago`, then the time of day. */
export function ago(at: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - at) / 1_000));
  if (seconds < 2) return 'now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  return new Date(at).toLocaleTimeString();
}
