// Owns the terms between a gate and the adapter whose client it guards.
// It runs nothing.

import type { BackendName, GateStatus } from '../../actors/mod.ts';
import type { GateClock } from './clock.ts';

/**
 * What an error says of the backend. `answer`: it is well and said no. `part`: one of its servers cannot serve; a probe
 * tells whether any other does, and while one does nobody else is stopped. `unwell`: it answers and cannot serve; the
 * client is kept. `broken`: transport or protocol, so nothing in this client is trusted any more.
 */
export type Verdict = 'answer' | 'part' | 'unwell' | 'broken';

export interface GateOptions<Client> {
  readonly backend: BackendName;
  /** Host and port, or a file's name; never a credential. */
  readonly target: string;
  /**
   * Makes a client. What breaks it later is told to `failed`, and the generation that made it is retired. Calls may
   * already wait for the first client; from then on a gate opens a new one only to probe with it. Whoever takes his time
   * to open tells `opening` how to end what is there already: it runs when nobody waits for this client any more.
   */
  readonly open: (failed: (error: unknown) => void, opening: (end: () => void) => void) => Client | Promise<Client>;
  /** Destroys sockets, buffers and waiters at once; it never waits. */
  readonly close: (client: Client) => void;
  /** The cheapest call that shows that the backend serves: any of its servers, where it has several. */
  readonly probe: (client: Client, call: GateCall) => Promise<unknown>;
  /** How long opening and probing may take together, and the least time before silence retires a client. */
  readonly probeMs: number;
  readonly judge: (error: unknown) => Verdict;
  /** Calls that may wait at once; beyond it `overload`, at once. */
  readonly pendingMax: number;
  /**
   * Calls that expire in a row until the client is retired; default 1. A pool, whose adapter destroys the one
   * connection that is silent (`onExpiry`), takes more.
   */
  readonly expiredMax?: number;
  /** For the log: a change of `state`, the same one at most once a minute. */
  readonly onChange?: (status: GateStatus) => void;
  /** The shape of `context.count`. */
  readonly count?: (metric: string, labels: { readonly [label: string]: string }) => void;
  readonly clock?: GateClock;
}

/** One call as the work inside it sees it. */
export interface GateCall {
  /** Runs `end` when this call's time is over and nothing came: to destroy what only this call uses. */
  onExpiry(end: () => void): void;
}

/**
 * `answer`: the backend said no. `deadline`: nothing came in time. `broken`: the client was lost meanwhile. `unwell`:
 * the backend cannot serve. `open`: it was not asked, because it failed lately. `overload`: too many wait already.
 * After `deadline` and `broken` the outcome is unknown: the backend may still do what it was asked.
 */
export type GateFailure = 'answer' | 'deadline' | 'broken' | 'unwell' | 'open' | 'overload' | 'closed';

export type GateResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: GateFailure; readonly error: unknown };
