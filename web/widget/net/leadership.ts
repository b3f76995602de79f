// Owns which of a visitor's tabs polls: the one in front, by a Web Lock, or by a lease in storage where there are no locks.
// It never polls itself: it runs the given work with a signal that aborts when another tab takes over.

import { claim, leaseRenewMs, leaseText, parseLease } from '../core/lease.ts';
import type { Shelf } from '../page/shelf.ts';
import { Pause } from './pause.ts';

export interface LeadershipOptions {
  readonly name: string;
  readonly tab: string;
  readonly shelf: Shelf;
  readonly locks: LockManager | undefined;
  work(signal: AbortSignal): Promise<void>;
}

export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #pause = new Pause();
  #request: AbortController | null = null;
  #term: AbortController | null = null;

  constructor(options: LeadershipOptions) {
    this.#options = options;
  }

  get isLeading(): boolean {
    return this.#term !== null;
  }

  /** Waits for its turn; with `steal` it takes over from whoever leads. */
  stand(steal: boolean): void {
    if (this.#term !== null || (this.#request !== null && !steal)) return;
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    const { locks, shelf } = this.#options;
    const candidacy =
      locks && shelf.shared ? this.#byLock(locks, request, steal) : this.#byLease(request.signal, steal);
    candidacy.catch(() => this.#lost(request));
  }

  /** Gives up the lead and stops waiting for it. */
  resign(): void {
    this.#request?.abort();
    this.#request = null;
    this.#end();
    const held = parseLease(this.#options.shelf.read('l'));
    if (held?.tab === this.#options.tab) this.#options.shelf.write('l', null);
  }

  async #byLock(locks: LockManager, request: AbortController, steal: boolean): Promise<void> {
    const options = steal ? { steal: true } : { signal: request.signal };
    await locks.request(this.#options.name, options, () => this.#lead(request));
    if (this.#request === request) this.#request = null;
  }

  /** A stolen lock rejects the request of the tab that had it: that one lines up again. */
  #lost(request: AbortController): void {
    if (this.#request !== request) return;
    this.#request = null;
    this.#end();
    if (!request.signal.aborted) this.stand(false);
  }

  async #byLease(signal: AbortSignal, steal: boolean): Promise<void> {
    const { shelf, tab } = this.#options;
    let force = steal;
    while (!signal.aborted) {
      const lease = claim(force || !shelf.shared ? null : parseLease(shelf.read('l')), tab, Date.now());
      force = false;
      if (lease === null) this.#end();
      else {
        shelf.write('l', leaseText(lease));
        if (this.#term === null && this.#request) void this.#lead(this.#request);
      }
      await this.#pause.wait(leaseRenewMs, signal);
    }
  }

  async #lead(request: AbortController): Promise<void> {
    if (request.signal.aborted) return;
    const term = new AbortController();
    this.#term = term;
    const ended = new Promise<void>((resolve) =>
      term.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    await Promise.race([ended, this.#options.work(term.signal)]);
  }

  #end(): void {
    this.#term?.abort();
    this.#term = null;
  }
}
