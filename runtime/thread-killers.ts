// Owns the memory of keys at whose work a thread got stuck: the second time a key rests, and its neighbours with it no more.
// It is a pure rule over the times it is told; it knows keys by their hash only, which is what shared memory can hold.

/** The first time is forgiven: it may have been the machine, or a message that never comes again. */
const forgiven = 1;
const restMinMs = 30_000;
const restMaxMs = 30 * 60_000;
const forgetAfterMs = 60 * 60_000;
const killersMax = 1_000;

export interface Shunned {
  readonly hash: number;
  /** Monotonic milliseconds. */
  readonly until: number;
}

interface Killer {
  kills: number;
  lastAt: number;
  until: number;
}

export class ThreadKillers {
  readonly #killers = new Map<number, Killer>();

  /** The thread got stuck while this key's actor was at work. */
  killed(hash: number, now: number): void {
    const known = this.#killers.get(hash);
    const killer =
      known !== undefined && now - known.lastAt < forgetAfterMs ? known : { kills: 0, lastAt: now, until: 0 };
    killer.kills++;
    killer.lastAt = now;
    if (killer.kills > forgiven)
      killer.until = now + Math.min(restMaxMs, restMinMs * 2 ** (killer.kills - forgiven - 1));
    this.#killers.delete(hash);
    this.#killers.set(hash, killer);
    const oldest = this.#killers.keys().next();
    if (this.#killers.size > killersMax && !oldest.done) this.#killers.delete(oldest.value);
  }

  shunned(now: number): Shunned[] {
    return [...this.#killers].filter(([, { until }]) => until > now).map(([hash, { until }]) => ({ hash, until }));
  }
}
