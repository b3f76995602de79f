// Owns what a command prints: one JSON document with --json, else lines for a person; and how a failure is worded.
// Standard output is for answers only; everything else goes to standard error.

import type { Failure, Result } from '../../runtime/mod.ts';
import { UserError } from '../user-error.ts';

export interface OutputOptions {
  readonly json?: boolean;
}

export function print(options: OutputOptions, document: unknown, text: string): void {
  process.stdout.write(options.json === true ? `${JSON.stringify(document)}\n` : `${text}\n`);
}

/** The value, or a UserError in the words of `what`. */
export function need<T>(result: Result<T>, what: string): T {
  if (result.ok) return result.value;
  throw new UserError(`${what}: ${worded(result.error)}`);
}

/** Columns as wide as their longest cell; the last one is not padded. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? [];
  return rows
    .map((row) => row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join('  '))
    .join('\n');
}

function worded(error: Failure): string {
  const detail = Object.values(error.data ?? {})
    .map(String)
    .join(', ');
  return `${error.message}${detail === '' ? '' : ` (${detail})`}${error.retryable ? '; try again' : ''}`;
}
