// Owns the rules of presence: what an operator's devices together say of him, and when a site is online.
// It is pure; levels are repeated by whoever has them, so a lost one is repaired by the next.

import type { Show, StreamView } from './operator-protocol.ts';

export interface OperatorLevel {
  /** Has a stream, or lost one less than 60 s ago. */
  readonly attached: boolean;
  /** Attached and neither away, xa nor dnd. */
  readonly available: boolean;
  /** The best of his devices; null when none has presence. */
  readonly show: Show | null;
  readonly status: string;
}

export const offline: OperatorLevel = { attached: false, available: false, show: null, status: '' };

const best: readonly Show[] = ['chat', 'online', 'away', 'xa', 'dnd'];

/** A stream that broke without a word leaves everything as it was, until its time is over or another says more. */
export function operatorLevel(streams: readonly StreamView[], lost: number, before: OperatorLevel): OperatorLevel {
  const present = streams.filter((stream) => stream.show !== null);
  const chosen = present.toSorted((a, b) => rank(a) - rank(b) || b.priority - a.priority)[0];
  if (chosen !== undefined)
    return { attached: true, available: isAvailable(chosen.show), show: chosen.show, status: chosen.status };
  if (lost > 0) return { ...before, attached: true };
  return { ...offline, attached: streams.length > 0 };
}

/** Messages go to streams with presence that is not of a negative priority (RFC 6121 section 8.5.2.1). */
export function receives(stream: StreamView): boolean {
  return stream.show !== null && stream.priority >= 0;
}

function isAvailable(show: Show | null): boolean {
  return show === 'chat' || show === 'online';
}

function rank(stream: StreamView): number {
  return stream.show === null ? best.length : best.indexOf(stream.show);
}
