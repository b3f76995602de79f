// Owns the rules by which a room knows that somebody says again what he has said: a repeat gets the first answer.
// It is pure and compares what it is given; older repeats are found by the store, which keeps every key.
//
//   visitor    the same cmid, compared by bytes; with another text it is an error
//   operator   the same origin-id (XEP-0359), whatever stream; or the same id on the same stream; or, on a new stream
//              within 5 minutes of the old one's loss, the same id and text as one that the lost stream delivered
//   without an id it is new (RFC 6120 section 8.1.3: ids are unique within a stream only)

import type { StanzaKey } from './room-protocol.ts';

/** Something that was said, or waits for its commit. */
export interface Spoken {
  readonly author: string;
  readonly cmid: string | null;
  readonly text: string;
  readonly at: number;
}

/** What the operator's actor knows of his streams. */
export interface KnownStreams {
  readonly live: readonly string[];
  /** Lost less than 5 minutes ago. */
  readonly lost: readonly string[];
}

export interface Stanza {
  readonly operator: string;
  readonly key: StanzaKey;
  readonly text: string;
  readonly streams: KnownStreams;
}

/** How long after its stream's loss a stanza may come again. */
export const repeatAfterLossMsMax = 300_000;
/** A longer id is no key: cut short it could equal another. */
const keyUnitsMax = 512;

/** How an operator's stanza is remembered: one text, unique for room and author. */
export function stanzaCmid(key: StanzaKey): string | null {
  const cmid = key.originId !== null ? `o:${key.originId}` : key.id !== null ? `i:${key.stream}:${key.id}` : null;
  return cmid !== null && cmid.length <= keyUnitsMax ? cmid : null;
}

export function repeatsVisitor(spoken: Spoken, author: string, cmid: string): boolean {
  return spoken.author === author && spoken.cmid === cmid;
}

export function repeatsOperator(spoken: Spoken, stanza: Stanza): boolean {
  if (spoken.author !== stanza.operator || spoken.cmid === null) return false;
  return spoken.cmid === stanzaCmid(stanza.key) || cameOnLostStream(spoken, stanza);
}

function cameOnLostStream(spoken: Spoken, { key, text, streams }: Stanza): boolean {
  if (key.originId !== null || key.id === null || spoken.text !== text) return false;
  const before = streamAndId(spoken.cmid);
  if (before === null || before.id !== key.id || before.stream === key.stream) return false;
  if (streams.live.includes(before.stream)) return false;
  if (streams.lost.includes(before.stream)) return true;
  // Nobody remembers that stream (the operator's actor was made anew): its last words tell about when it was lost.
  return spoken.at <= key.streamAt && key.streamAt - spoken.at <= repeatAfterLossMsMax;
}

function streamAndId(cmid: string | null): { readonly stream: string; readonly id: string } | null {
  const match = cmid === null ? null : /^i:([^:]*):(.*)$/s.exec(cmid);
  return match === null ? null : { stream: match[1] ?? '', id: match[2] ?? '' };
}
