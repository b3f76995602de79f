// Owns the names under which Redis holds what it holds.
// All of one visitor bears one hash tag, so that a script may touch it in one step in a Cluster as well.

import type { SessionId } from '../../actors/mod.ts';

export type Kind = 'session' | 'room' | 'presence';

export const nodesKey = 'parla:nodes';
export const probeKey = 'parla:probe';
/** On many slots, so that in a Cluster some of them have a master whatever part of it is lost. */
export const probeKeys: readonly string[] = Array.from({ length: 8 }, (_, index) => `${probeKey}:${index}`);

export function leaseKey(session: SessionId): string {
  return `parla:{${session}}:lease`;
}

export function copyKey(kind: Kind, session: SessionId): string {
  return `parla:{${session}}:${kind}`;
}

export function blockKey(session: SessionId, block: number): string {
  return `parla:{${session}}:block:${block}`;
}
