// Owns what a benchmark is: a name, its options, and one run that ends with a verdict, a table and a JSON document.
// It measures nothing itself and never decides what is fast enough.

export interface BenchmarkOption {
  readonly name: string;
  readonly help: string;
  /** Null: a switch that is off unless it is given. */
  readonly byDefault: string | null;
}

export interface Outcome {
  /** False: something was lost, doubled or out of its bounds; the process then ends with status 1. */
  readonly ok: boolean;
  readonly json: { readonly [name: string]: unknown };
  readonly text: string;
}

/** Progress goes to standard error, so that `--json` prints one document and nothing else. */
export type Progress = (line: string) => void;

export interface BenchmarkRequest {
  readonly values: { readonly [name: string]: string | boolean | undefined };
  readonly progress: Progress;
}

export interface Benchmark {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly BenchmarkOption[];
  run(request: BenchmarkRequest): Promise<Outcome>;
}

/** A positive number from the command line, or an error that names the option. */
export function numberOption(request: BenchmarkRequest, name: string): number {
  const text = request.values[name];
  const value = typeof text === 'string' ? Number(text) : Number.NaN;
  if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} must be a number, not ${String(text)}`);
  return value;
}

export function switchOption(request: BenchmarkRequest, name: string): boolean {
  return request.values[name] === true;
}

export function textOption(request: BenchmarkRequest, name: string): string | null {
  const text = request.values[name];
  return typeof text === 'string' && text !== '' ? text : null;
}
