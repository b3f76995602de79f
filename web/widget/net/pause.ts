// Owns a wait that can be ended early, because the tab came back or there is something to do.
// It never outlives its signal.

export class Pause {
  #end: (() => void) | null = null;

  /** Resolves after the time, at `wake`, or when the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = deferred();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', resolve, { once: true });
    this.#end = resolve;
    await promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', resolve);
    this.#end = null;
  }

  wake(): void {
    this.#end?.();
  }
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => undefined as void;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
