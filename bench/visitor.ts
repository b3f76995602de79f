// Owns one visitor of a benchmark: opens a session, polls without a pause, looks at pages, says things.
// It repeats a message under its own cmid until the node has it, and never decides what was lost: it only tells.

import { randomBytes } from 'node:crypto';
import type { Methods, Page, PollResult } from '../rpc/mod.ts';
import { RpcRefused, type RpcTarget, rpc } from './rpc-client.ts';
import { sleep } from './wait.ts';

const retryMsMin = 50;
const sendAttemptsMax = 40;

export type Opened = Methods['session.open']['result'];

export interface VisitorOptions {
  readonly target: RpcTarget;
  readonly site: string;
  readonly holdMs: number;
  readonly onEvents: (result: PollResult, visitor: Visitor) => void;
  /** Each RPC that was answered, by method, and how long its answer took. */
  readonly onRpc: (method: string, ms: number) => void;
  readonly onTrouble: (method: string, error: unknown) => void;
}

export class Visitor {
  readonly #options: VisitorOptions;
  readonly #stop = new AbortController();
  #opened: Opened | null = null;
  #cursor = '';
  #polling: Promise<void> | null = null;

  constructor(options: VisitorOptions) {
    this.#options = options;
  }

  get session(): string {
    return this.#known().session;
  }

  /** Throttled opens are repeated when the node says so: a benchmark opens faster than people come. */
  async open(page: Page): Promise<Opened> {
    const token = this.#opened?.visitor;
    const params = { site: this.#options.site, page, ...(token === undefined ? {} : { visitor: token }) };
    const opened = await this.#repeat('session.open', () => rpc(this.#options.target, 'session.open', { params }));
    this.#opened = opened;
    this.#cursor = opened.cursor;
    return opened;
  }

  startPolling(): void {
    this.#polling ??= this.#pollOn();
  }

  /** One poll, answered at once or held. */
  async pollOnce(holdMs: number): Promise<PollResult> {
    const { visitor, session } = this.#known();
    const params = { visitor, cursor: this.#cursor, holdMs };
    const began = performance.now();
    const result = await rpc(this.#options.target, 'session.poll', { params, session, signal: this.#stop.signal });
    this.#cursor = result.cursor;
    this.#answered('session.poll', began);
    this.#options.onEvents(result, this);
    return result;
  }

  async view(page: Page): Promise<void> {
    const { visitor, session } = this.#known();
    const began = performance.now();
    await rpc(this.#options.target, 'session.page', { params: { visitor, page }, session });
    this.#answered('session.page', began);
  }

  /** Resolves when the node says that the message is kept. */
  async say(text: string): Promise<Methods['message.send']['result']> {
    const { visitor, session } = this.#known();
    const params = { visitor, cmid: randomBytes(12).toString('base64url'), text };
    return this.#repeat('message.send', () => rpc(this.#options.target, 'message.send', { params, session }));
  }

  async close(): Promise<void> {
    const { visitor, session } = this.#known();
    await this.#repeat('conversation.close', () =>
      rpc(this.#options.target, 'conversation.close', { params: { visitor }, session }),
    );
  }

  async leave(): Promise<void> {
    const { visitor, session } = this.#known();
    const began = performance.now();
    await rpc(this.#options.target, 'session.leave', { params: { visitor }, session });
    this.#answered('session.leave', began);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#polling;
  }

  #answered(method: string, began: number): void {
    this.#options.onRpc(method, performance.now() - began);
  }

  #known(): Opened {
    if (this.#opened === null) throw new Error('this visitor has not opened a session');
    return this.#opened;
  }

  async #pollOn(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.pollOnce(this.#options.holdMs);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#options.onTrouble('session.poll', error);
        await sleep(retryAfter(error));
      }
    }
  }

  async #repeat<T>(method: string, ask: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const began = performance.now();
      try {
        const result = await ask();
        this.#answered(method, began);
        return result;
      } catch (error) {
        this.#options.onTrouble(method, error);
        if (attempt === sendAttemptsMax || !mayRepeat(error)) throw error;
        await sleep(retryAfter(error));
      }
    }
  }
}

function mayRepeat(error: unknown): boolean {
  if (!(error instanceof RpcRefused)) return true;
  return error.code === 'throttled' || error.code === 'unavailable' || error.code === 'http';
}

function retryAfter(error: unknown): number {
  const told = error instanceof RpcRefused ? error.retryAfterMs : null;
  return told ?? retryMsMin + Math.random() * retryMsMin;
}
