// Owns the conversation with the server of the one tab that leads: open, then poll after poll, with patience in between.
// It never draws and never stores; what it learns goes to its listener.
//
//   closed -> open (session.open) -> poll, poll, poll …
//                ^  unauthorized: token dropped |
//                +------------------------------+     any other failure: wait (full jitter), then the same again

import type { Conversation, Event, Page, Site } from '../../../rpc/contract.ts';
import { pollHoldMsMax } from '../../../rpc/contract.ts';
import { retryDelayMs } from '../core/backoff.ts';
import type { RpcFailure } from '../core/outbox.ts';
import { Pause } from './pause.ts';
import type { Rpc } from './rpc.ts';

/** What any tab needs to speak for the visitor. */
export interface Link {
  readonly visitor: string;
  readonly session: string;
  readonly cursor: string;
}

export interface ConnectionListener {
  opened(link: Link, site: Site, conversation: Conversation | null): void;
  moved(link: Link): void;
  events(events: readonly Event[]): void;
  /** The token is worth nothing any more. */
  refused(): void;
  /** This page may not use this site: nothing will ever work. */
  impossible(code: string): void;
  trouble(attempt: number, failure: RpcFailure): void;
}

export interface ConnectionOptions {
  readonly rpc: Rpc;
  readonly site: string;
  readonly listener: ConnectionListener;
  visitor(): string | null;
  page(): Page | undefined;
  locale(): string;
  random(): number;
  now(): number;
}

/** A poll may take its hold and this much more before it counts as lost. */
const pollGraceMs = 10_000;
const refusalsMax = 2;
/** So many polls without news that came back at once are a fault of the server, not news. */
const quickPollsMax = 4;
const quickMs = 1_000;

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #pause = new Pause();
  #link: Link | null = null;
  #poll = new AbortController();
  #attempt = 0;
  #refusals = 0;
  #quickPolls = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get link(): Link | null {
    return this.#link;
  }

  /** Goes on where another tab was. */
  adopt(link: Link | null): void {
    this.#link = link;
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const failure = await (this.#link === null ? this.#open(signal) : this.#next(this.#link, signal));
      if (failure !== null && !signal.aborted) await this.#wait(failure, signal);
    }
  }

  /** Asks at once, whatever it was waiting for: the tab is back, or the network. */
  now(): void {
    this.#pause.wake();
    this.#poll.abort();
  }

  /** Ends the session's token, so that the next step opens a new one. */
  drop(): void {
    this.#link = null;
    this.now();
  }

  async #open(signal: AbortSignal): Promise<RpcFailure | null> {
    const { rpc, site, visitor, page, locale, listener } = this.#options;
    const token = visitor();
    const reply = await rpc(
      'session.open',
      { site, ...pageParam(page()), locale: locale(), ...(token && { visitor: token }) },
      { signal },
    );
    if (signal.aborted) return null;
    if (!reply.ok) return this.#notOpened(reply.error, token);
    const { result } = reply;
    this.#refusals = 0;
    this.#link = { visitor: result.visitor, session: result.session, cursor: result.cursor };
    listener.opened(this.#link, result.site, result.conversation);
    return null;
  }

  #notOpened(failure: RpcFailure, token: string | null): RpcFailure | null {
    const isRefused = failure.code === 'unauthorized';
    if (isRefused && token !== null && this.#refusals++ < refusalsMax) {
      this.#options.listener.refused();
      return null;
    }
    if (isRefused || failure.code === 'unknownSite') this.#options.listener.impossible(failure.code);
    return failure;
  }

  async #next(link: Link, signal: AbortSignal): Promise<RpcFailure | null> {
    const { rpc, page, listener } = this.#options;
    this.#poll = new AbortController();
    const early = this.#poll.signal;
    // After a failure the first poll is short, so that "connected again" is not 25 s away.
    const holdMs = this.#attempt > 0 ? 0 : pollHoldMsMax;
    const began = this.#options.now();
    const reply = await rpc(
      'session.poll',
      { visitor: link.visitor, cursor: link.cursor, holdMs, ...pageParam(page()) },
      { session: link.session, timeoutMs: holdMs + pollGraceMs, signal: AbortSignal.any([signal, early]) },
    );
    if (signal.aborted || this.#link !== link) return null;
    if (!reply.ok && early.aborted) return null;
    if (!reply.ok) return this.#notPolled(reply.error);
    const { result } = reply;
    this.#link = { ...link, cursor: result.cursor };
    if ('reset' in result) listener.opened(this.#link, result.site, result.conversation);
    else listener.events(result.events);
    listener.moved(this.#link);
    this.#attempt = 0;
    const isQuick = result.events.length === 0 && holdMs > 0 && this.#options.now() - began < quickMs;
    this.#quickPolls = isQuick ? this.#quickPolls + 1 : 0;
    return this.#quickPolls > quickPollsMax ? { code: 'unavailable' } : null;
  }

  #notPolled(failure: RpcFailure): RpcFailure | null {
    // The token is shown once more to `session.open`, which alone decides that it is worth nothing.
    if (failure.code === 'unauthorized' || failure.code === 'invalidParams') this.#link = null;
    return failure;
  }

  async #wait(failure: RpcFailure, signal: AbortSignal): Promise<void> {
    this.#options.listener.trouble(this.#attempt, failure);
    await this.#pause.wait(retryDelayMs(this.#attempt, this.#options.random(), failure.retryAfterMs), signal);
    this.#attempt++;
  }
}

/** A parameter is there or absent, never undefined. */
function pageParam(page: Page | undefined): { readonly page?: Page } {
  return page ? { page } : {};
}
