// Owns how a benchmark's figures are laid out for a person: one table, numbers to three figures.
// It computes nothing and hides nothing that the JSON document has.

import Table from 'cli-table3';
import type { LatencySummary } from './latency.ts';

export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const laid = new Table({ head: [...head], style: { head: [], border: [] }, colAligns: head.map(alignment) });
  for (const row of rows) laid.push(row.map((cell) => (typeof cell === 'number' ? figure(cell) : cell)));
  return laid.toString();
}

function alignment(_: string, column: number): 'left' | 'right' {
  return column === 0 ? 'left' : 'right';
}

export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Number.isInteger(value)) return value.toLocaleString('en');
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toFixed(digits);
}

export function latencyTable(summaries: { readonly [name: string]: LatencySummary }): string {
  return table(
    ['latency, ms, from the due time', 'count', 'p50', 'p99', 'max'],
    Object.entries(summaries).map(([name, each]) => [name, each.count, each.p50Ms, each.p99Ms, each.maxMs]),
  );
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}

export function kibibytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

/** The first lines of a list of faults: enough to begin looking. */
export function faults(title: string, list: readonly string[]): string {
  if (list.length === 0) return '';
  return `${title}: ${list.length}\n${list
    .slice(0, 10)
    .map((each) => `  ${each}\n`)
    .join('')}`;
}
