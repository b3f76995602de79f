// Owns ready-made entries of a room's log for tests: each whole, with an id, a time and a cmid made from its place.
// It stores nothing.

import type { Entry, OperatorName, RoomId, SiteId } from '../../actors/mod.ts';

export const site = 'demo' as SiteId;

/** A second of the log for each pos. */
const msPerPos = 1_000;

export function room(letters: string): RoomId {
  return `r${letters}` as RoomId;
}

export function operatorNamed(name: string): OperatorName {
  return name as OperatorName;
}

export function entry(of: RoomId, pos: number, more: Partial<Entry>): Entry {
  return {
    id: `m${of}p${pos}`,
    room: of,
    site,
    pos,
    seq: null,
    kind: 'opened',
    at: pos * msPerPos,
    conversation: `c${of}` as Entry['conversation'],
    author: { kind: 'visitor', id: `s${of.slice(1)}`, name: 'Visitor' },
    cmid: null,
    text: null,
    data: null,
    fence: 1,
    ...more,
  };
}

export function opened(of: RoomId, pos: number): Entry {
  return entry(of, pos, { kind: 'opened' });
}

export function said(of: RoomId, pos: number, seq: number, more: Partial<Entry> = {}): Entry {
  return entry(of, pos, { kind: 'said', seq, cmid: `k${pos}`, text: `line ${seq}`, ...more });
}
