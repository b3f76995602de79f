// Owns a wait that can be ended early, because the tab came back or there is something to do.
// It never outlives its signal.

export class Pause {
  #end: (() => void) | null = null;

  /** Resolves after the time, at `wake`, or when the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = () => resolve();
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
    this.#end = end;
    await promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    if (this.#end === end) this.#end = null;
  }

  wake(): void {
    this.#end?.();
  }
}
