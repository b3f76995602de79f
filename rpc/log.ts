// Owns the shape of the edge's log lines, and how a thrown error is told in one.
// Their fields are kinds, sizes and places: never a token, never text that a person wrote.

export interface RpcLogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields?: { readonly [name: string]: unknown };
}

export type Log = (line: RpcLogLine) => void;

/** Where it was thrown: an error's message may quote what a visitor sent. */
export function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return [error.name, ...frames.slice(0, 3)].join('');
}
