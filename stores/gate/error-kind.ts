// Owns how an error is named in a metric, a log line and a status: its code, or the kind that its text begins with.
// It never repeats the text: a backend quotes in it what it was sent.

/** A failure that this side found. */
export class GateError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'GateError';
    this.code = code;
  }
}

/** Redis begins its errors with their kind. */
const leadingKind = /^[A-Z]{3,20}(?= )/;
const codePattern = /^\w{2,40}$/;

export function errorKind(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if ('code' in error && typeof error.code === 'string' && codePattern.test(error.code)) return error.code;
  return leadingKind.exec(error.message)?.[0] ?? (codePattern.test(error.name) ? error.name : 'unknown');
}
