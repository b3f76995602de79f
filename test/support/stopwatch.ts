// Owns time as a test may judge it on a machine that others use too: moments in which this process was not let run are not counted.
// On a quiet machine it is the clock; on a busy one a bound says what the code does and not what its neighbours do.

const tickMs = 5;
/** A tick that comes later than this was kept from running. */
const tickMsMax = 25;

export class Stopwatch {
  readonly #timer: NodeJS.Timeout;
  #counted = 0;
  #last = performance.now();

  constructor() {
    // A test that failed did not stop it, and must end all the same.
    this.#timer = setInterval(() => this.#tick(), tickMs).unref();
  }

  /** Milliseconds since it was made; it is right within a tick. */
  get ms(): number {
    return this.#counted + Math.min(performance.now() - this.#last, tickMsMax);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    this.#counted += Math.min(now - this.#last, tickMsMax);
    this.#last = now;
  }
}

/** Asks again until it holds; the time that it took. Fails when that is more than `msMax`. */
export async function eventually(msMax: number, holds: () => Promise<boolean> | boolean): Promise<number> {
  const watch = new Stopwatch();
  try {
    for (;;) {
      const held = await holds();
      const tookMs = watch.ms;
      if (tookMs > msMax)
        throw new Error(`it ${held ? `took ${Math.round(tookMs)}` : 'did not happen in'} ms, more than ${msMax}`);
      if (held) return tookMs;
      await new Promise((resolve) => setTimeout(resolve, tickMs));
    }
  } finally {
    watch.stop();
  }
}
