// Owns waiting for a condition under a deadline: asked again and again until it holds or the time is over.
// It never takes a fixed pause for an answer, and a deadline that passes says what it waited for.

const askAgainMs = 10;

export interface WaitOptions {
  readonly what: string;
  readonly deadlineMs: number;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The first value of `ask` that is neither false, null nor undefined. */
export async function until<T>(
  ask: () => T | false | null | undefined | Promise<T | false | null | undefined>,
  options: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + options.deadlineMs;
  for (;;) {
    const value = await ask();
    if (value !== false && value !== null && value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`waited ${options.deadlineMs} ms for ${options.what}`);
    await sleep(askAgainMs);
  }
}
