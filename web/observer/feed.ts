// Owns how the page hears of the node: it asks once a second while somebody looks, and goes on after a failure.
// It never asks twice at once, and a hidden tab asks nothing.

import type { Observation, Trace } from '../../rpc/observer-contract.ts';
import { grown, type Past } from './history.ts';

export type Connection = 'live' | 'paused' | 'lost';

export interface Seen {
  readonly past: Past | null;
  readonly connection: Connection;
}

const everyMs = 1_000;
const answerMsMax = 10_000;

export class Feed {
  readonly #show: (seen: Seen) => void;
  #past: Past | null = null;
  #connection: Connection = 'live';
  #asking = false;

  constructor(show: (seen: Seen) => void) {
    this.#show = show;
  }

  start(): void {
    setInterval(() => void this.#ask(), everyMs);
    document.addEventListener('visibilitychange', () => void this.#ask());
    void this.#ask();
  }

  pause(paused: boolean): void {
    this.#connection = paused ? 'paused' : 'live';
    this.#tell();
  }

  async #ask(): Promise<void> {
    if (this.#asking || this.#connection === 'paused' || document.hidden) return;
    this.#asking = true;
    const came = await observed(this.#past);
    this.#asking = false;
    if (this.#isPaused()) return;
    if (came !== null) this.#past = grown(this.#past, came);
    this.#connection = came === null ? 'lost' : 'live';
    this.#tell();
  }

  /** Somebody may have pressed the button while the node was answering. */
  #isPaused(): boolean {
    return this.#connection === 'paused';
  }

  #tell(): void {
    this.#show({ past: this.#past, connection: this.#connection });
  }
}

/** Null: nobody answers, or nothing of use. */
export async function traced(pid: string, ms: number): Promise<Trace | null> {
  return asked<Trace>(`/observer/trace?actor=${encodeURIComponent(pid)}&ms=${ms}`, ms + answerMsMax);
}

async function observed(past: Past | null): Promise<Observation | null> {
  const last = past?.observation;
  const query = last === undefined ? '' : `?after=${last.sequence}&epoch=${encodeURIComponent(last.epoch)}`;
  return asked<Observation>(`/observer/data${query}`, answerMsMax);
}

async function asked<T>(address: string, ms: number): Promise<T | null> {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(ms), cache: 'no-store' });
    return answer.ok ? ((await answer.json()) as T) : null;
  } catch {
    // Not there, too slow or not whole: the page says that the node is lost, and asks again.
    return null;
  }
}
