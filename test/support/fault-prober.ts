// Owns those who ask what needs only a cache while a fault lasts, and how long each answer took.
// It never writes anything, and one that is slow keeps nobody from asking.

import { keepAliveAgent, rpc, sleep } from '../../bench/mod.ts';

const probeEveryMs = 20;
/** So many that each is far from what one visitor may ask. */
const probersMax = 20;

export interface Asked {
  readonly count: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly refused: number;
}

/** Those whose requests need no more than a cache: they come back with their token, look at pages, and never write. */
export class Prober {
  readonly #url: string;
  readonly #agent = keepAliveAgent();
  #latencies: number[] = [];
  #refused = 0;
  #running: Promise<void> | null = null;
  #stopped = false;
  #underWay = new Set<Promise<void>>();

  constructor(url: string) {
    this.#url = url;
  }

  async begin(): Promise<void> {
    const asks: (() => Promise<unknown>)[] = [];
    for (let number = 1; number <= probersMax; number++) asks.push(...(await this.#comes(number)));
    this.#running = this.#run(asks);
  }

  async #comes(number: number): Promise<readonly (() => Promise<unknown>)[]> {
    const target = { url: this.#url, agent: this.#agent, address: `10.255.0.${number}` };
    const page = { url: 'https://shop.example/', title: 'Shop' };
    const { visitor, session } = await rpc(target, 'session.open', { params: { site: 'demo', page } });
    return [
      () => rpc(target, 'session.open', { params: { site: 'demo', visitor, page }, session }),
      () => rpc(target, 'session.page', { params: { visitor, page }, session }),
    ];
  }

  reset(): void {
    this.#latencies = [];
    this.#refused = 0;
  }

  seen(): Asked {
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    const p99Ms = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0;
    return { count: sorted.length, p99Ms, maxMs: sorted.at(-1) ?? 0, refused: this.#refused };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await Promise.all(this.#underWay);
    this.#agent.destroy();
  }

  /** Open loop: one that is slow keeps nobody from asking. */
  async #run(asks: readonly (() => Promise<unknown>)[]): Promise<void> {
    for (let turn = 0; !this.#stopped; turn++) {
      const ask = asks[turn % asks.length];
      if (ask !== undefined) this.#keep(this.#time(ask));
      await sleep(probeEveryMs);
    }
  }

  async #time(ask: () => Promise<unknown>): Promise<void> {
    const began = performance.now();
    try {
      await ask();
    } catch {
      this.#refused += 1;
    }
    this.#latencies.push(performance.now() - began);
  }

  #keep(asked: Promise<void>): void {
    this.#underWay.add(asked);
    void asked.finally(() => this.#underWay.delete(asked));
  }
}
