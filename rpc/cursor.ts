// Owns the text of a cursor: where a reader stands in a log. Clients see it as opaque.
// It is no secret and grants nothing: a made-up one only makes its own reader start over.

import { cursorUnitsMax } from './limits.ts';

/** A reader's place: events before `position` are read, and messages up to `lastSeq` are known. */
export interface Place {
  readonly epoch: string;
  readonly position: number;
  readonly lastSeq: number;
}

export type Cursor =
  | ({ readonly type: 'place' } & Place)
  /** From the opening of a new visitor, before there was a log: what was said of the site then. */
  | { readonly type: 'fresh'; readonly online: boolean };

const placeShape = /^p\.([A-Za-z0-9_-]{1,32})\.(\d{1,15})\.(\d{1,15})$/;
const freshShape = /^f\.([01])$/;

export function cursorText(cursor: Cursor): string {
  const plain =
    cursor.type === 'fresh' ? `f.${cursor.online ? 1 : 0}` : `p.${cursor.epoch}.${cursor.position}.${cursor.lastSeq}`;
  return Buffer.from(plain, 'latin1').toString('base64url');
}

/** Null: not one of ours, so its reader starts over. */
export function parseCursor(text: string): Cursor | null {
  if (text.length > cursorUnitsMax) return null;
  const plain = Buffer.from(text, 'base64url').toString('latin1');
  const fresh = freshShape.exec(plain);
  if (fresh !== null) return { type: 'fresh', online: fresh[1] === '1' };
  const place = placeShape.exec(plain);
  if (place === null) return null;
  const [, epoch = '', position, lastSeq] = place;
  return { type: 'place', epoch, position: Number(position), lastSeq: Number(lastSeq) };
}
