// Owns what a group of entries must look like before any store takes it: its size, and that its entries belong together.
// It asks no store: what is wrong here is wrong everywhere and for ever.

import type { Entry } from '../../actors/mod.ts';
import { isTooLong } from './entry-row.ts';

/** A room lets 32 entries await their commit; a group has all of them at most, with room to spare. */
export const groupEntriesMax = 100;
/** Text, names and data of one entry; a text of 10,000 units is at most 30,000 bytes of it. */
export const entryBytesMax = 256 * 1_024;
/** What a column of type TEXT holds in MySQL. */
export const nameBytesMax = 65_535;
/** Of pos and seq: what a column of type INTEGER holds in MySQL. */
export const placeMax = 2 ** 31 - 1;
/** Of a group: less than any server takes in one packet, also when every byte needs six (`\u0001`). */
export const groupBytesMax = 1_024 * 1_024;

/** What no repeat can cure: such a group must fail by itself, and not take the others of its batch along. */
export function misshapen(group: readonly Entry[]): string | null {
  const [first] = group;
  if (first === undefined) return 'invalid';
  if (group.length > groupEntriesMax || group.some(isTooLarge)) return 'tooLarge';
  if (group.length > 1 && groupBytes(group) > groupBytesMax) return 'tooLarge';
  const { room, pos, fence } = first;
  const follows = group.every(
    (entry, index) => entry.room === room && entry.pos === pos + index && entry.fence === fence,
  );
  return follows && group.every(isSound) ? null : 'invalid';
}

/** What the tables' constraints say as well. Engines differ in what they make of other numbers: none gets one. */
function isSound({ kind, pos, seq, at, fence, text }: Entry): boolean {
  const isSaid = kind === 'said';
  if (isSaid !== (seq !== null) || (isSaid && text === null)) return false;
  return isNumber(pos) && isNumber(seq ?? 1) && Number.isSafeInteger(at) && Number.isSafeInteger(fence) && fence >= 0;
}

function isNumber(place: number): boolean {
  return Number.isInteger(place) && place >= 1 && place <= placeMax;
}

export function groupBytes(group: readonly Entry[]): number {
  return group.reduce((sum, entry) => sum + bytes(entry), 0);
}

function isTooLarge(entry: Entry): boolean {
  return bytes(entry) > entryBytesMax || Buffer.byteLength(entry.author.name) > nameBytesMax || isTooLong(entry);
}

function bytes({ text, author, data }: Entry): number {
  const beside = data === null ? 0 : Buffer.byteLength(JSON.stringify(data));
  return Buffer.byteLength(text ?? '') + Buffer.byteLength(author.name) + beside;
}
