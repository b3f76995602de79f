// Owns what the visitor has written and nobody has acknowledged: its order, its states, and what an error means for it.
// It never sends and never stores; an entry leaves only by an acknowledgement or by the visitor's own hand.

import type { ErrorName } from '../../../rpc/contract.ts';

export interface Entry {
  /** The sender's id: a repeat with the same one is the same message. */
  readonly cmid: string;
  readonly text: string;
  /** Milliseconds since 1970, by the visitor's clock. */
  readonly at: number;
  /** Set when it can never succeed as it is; the visitor decides. */
  readonly failed?: ErrorName | 'expired';
}

/** What the caller of an RPC learns when it fails. */
export interface RpcFailure {
  readonly code: ErrorName | 'network';
  readonly retryAfterMs?: number;
  /** The parameter at fault. */
  readonly field?: string;
}

export const outboxEntriesMax = 100;
export const outboxAgeMsMax = 24 * 3_600_000;

const hopeless: readonly string[] = [
  'invalidParams',
  'tooLarge',
  'blocked',
  'invalidRequest',
  'methodNotFound',
  'parseError',
];

/** Plain data, so that every tab can make the same change to what it holds. */
export type OutboxChange =
  | { readonly type: 'add'; readonly entries: readonly Entry[] }
  | { readonly type: 'settle'; readonly cmids: readonly string[] }
  | { readonly type: 'fail'; readonly cmid: string; readonly code: ErrorName | 'expired' }
  /** Tried again at the end, because what was written after it may have been sent meanwhile. */
  | { readonly type: 'retry'; readonly cmid: string; readonly at: number };

/** Changes of different tabs may cross: each is by cmid, and made twice it is made once. */
export function applied(entries: readonly Entry[], change: OutboxChange): readonly Entry[] {
  switch (change.type) {
    case 'add':
      return change.entries.reduce(queued, entries);
    case 'settle':
      return entries.filter(({ cmid }) => !change.cmids.includes(cmid));
    case 'fail':
      return entries.map((entry) => (entry.cmid === change.cmid ? { ...entry, failed: change.code } : entry));
    case 'retry':
      return retried(entries, change.cmid, change.at);
  }
}

/** The next to send: strictly the oldest that has not failed, so that lines arrive as they were written. */
export function nextOf(entries: readonly Entry[]): Entry | undefined {
  return entries.find(({ failed }) => failed === undefined);
}

function queued(entries: readonly Entry[], entry: Entry): readonly Entry[] {
  return entries.length >= outboxEntriesMax || entries.some(({ cmid }) => cmid === entry.cmid)
    ? entries
    : [...entries, entry];
}

function retried(entries: readonly Entry[], cmid: string, at: number): readonly Entry[] {
  const again = entries.find((entry) => entry.cmid === cmid);
  return again === undefined
    ? entries
    : [...entries.filter((entry) => entry !== again), { cmid, text: again.text, at }];
}

/** `wait` keeps the text and tries again; `reopen` needs a new token first; `fail` tells the visitor. */
export function verdict(failure: RpcFailure): 'wait' | 'reopen' | 'fail' {
  if (failure.code === 'unauthorized') return 'reopen';
  return hopeless.includes(failure.code) ? 'fail' : 'wait';
}

export function parseEntries(json: string | null): readonly Entry[] {
  const value = parsed(json);
  return Array.isArray(value) ? value.filter(isEntry).slice(0, outboxEntriesMax) : [];
}

function parsed(json: string | null): unknown {
  try {
    return JSON.parse(json ?? 'null');
  } catch {
    return null;
  }
}

function isEntry(value: unknown): value is Entry {
  const { cmid, text, at } = (value ?? {}) as Partial<Record<keyof Entry, unknown>>;
  return typeof cmid === 'string' && typeof text === 'string' && typeof at === 'number';
}
