// Owns sending what waits in the outbox: one at a time, oldest first, again and again until acknowledged or hopeless.
// It never changes a text or a cmid, so a repeat is the same message to the server.

import type { Message } from '../../../rpc/contract.ts';
import { retryDelayMs } from '../core/backoff.ts';
import { type Entry, nextOf, type OutboxChange, outboxAgeMsMax, type RpcFailure, verdict } from '../core/outbox.ts';
import type { Link } from './connection.ts';
import { Pause } from './pause.ts';
import type { Rpc } from './rpc.ts';

export interface SenderOptions {
  readonly rpc: Rpc;
  link(): Link | null;
  entries(): readonly Entry[];
  change(change: OutboxChange): void;
  acked(message: Message): void;
  throttled(): void;
  reopen(): void;
  random(): number;
  now(): number;
}

/** While there is no session; a kick comes sooner. */
const linkWaitMs = 5_000;

export class Sender {
  readonly #options: SenderOptions;
  readonly #pause = new Pause();
  #attempt = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Something was written, or the connection is back. */
  kick(): void {
    this.#pause.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const entry = nextOf(this.#options.entries());
      const link = this.#options.link();
      if (entry === undefined || link === null) await this.#pause.wait(linkWaitMs, signal);
      else await this.#send(entry, link, signal);
    }
  }

  async #send(entry: Entry, link: Link, signal: AbortSignal): Promise<void> {
    const { rpc, change, acked, now } = this.#options;
    const { cmid, text } = entry;
    // An answer that comes after this tab has stopped leading is not used: the next leader asks again.
    const reply = await rpc('message.send', { visitor: link.visitor, cmid, text }, { session: link.session, signal });
    if (signal.aborted) return;
    if (reply.ok) {
      this.#attempt = 0;
      acked({ ...reply.result, cmid, from: { kind: 'visitor', name: '' }, text });
      return change({ type: 'settle', cmids: [cmid] });
    }
    const fate = now() - entry.at > outboxAgeMsMax ? 'expire' : verdict(reply.error);
    if (fate === 'fail' || fate === 'expire') this.#fail(entry, reply.error, fate);
    else await this.#again(fate, reply.error, signal);
  }

  #fail(entry: Entry, failure: RpcFailure, fate: 'fail' | 'expire'): void {
    const code = fate === 'expire' || failure.code === 'network' ? 'expired' : failure.code;
    this.#options.change({ type: 'fail', cmid: entry.cmid, code });
  }

  async #again(fate: 'wait' | 'reopen', failure: RpcFailure, signal: AbortSignal): Promise<void> {
    if (fate === 'reopen') this.#options.reopen();
    if (failure.code === 'throttled') this.#options.throttled();
    await this.#pause.wait(retryDelayMs(this.#attempt++, this.#options.random(), failure.retryAfterMs), signal);
  }
}
