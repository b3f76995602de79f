// Owns the port of the journal: the local, fsynced log that takes what SQL does not, and gives it back in order.
// Its one writer is `history`; a group that is answered as stored is on this machine's disk.
//
//   put -->  [r1: 7,8] [r2: 1,2] [r1: 9]  --> oldest --> SQL --> remove
//                        | SQL refuses for ever             | a number was taken
//                        v                                  v
//                      setAside                           replace

import { type Address, named } from '../runtime/mod.ts';
import type { Entry } from './chat.ts';
import type { GateProtocol } from './gate-status.ts';
import type { RoomId, SiteId } from './ids.ts';
import type { Mark } from './marks.ts';
import type { AppendOutcome, OperatorRecord, SiteRecord } from './ports.ts';

type Nothing = Record<string, never>;

/** One group of consecutive entries of one room, and its place in the journal: numbers are never given twice. */
export interface JournalGroup {
  readonly number: number;
  readonly entries: readonly Entry[];
}

/** Where the journal's part of a room begins and ends. */
export interface JournalTail {
  readonly firstPos: number;
  readonly pos: number;
  /** Null when nothing of this part was said by anybody: the last seq is then SQL's. */
  readonly seq: number | null;
  readonly fence: number;
}

export interface JournalContents {
  readonly groups: number;
  readonly entries: number;
  readonly rooms: number;
  readonly bytes: number;
  readonly bytesMax: number;
  /** When the oldest was put, milliseconds since 1970; null when it is empty. */
  readonly oldestAt: number | null;
  /** Groups that SQL refuses for ever, kept for a person to look at. */
  readonly aside: number;
}

export type JournalProtocol = {
  readonly calls: {
    /** The caller is the writer from now on: whatever an earlier one still sends is refused. */
    readonly begin: {
      readonly request: Nothing;
      readonly answer: { readonly writer: number; readonly rooms: readonly RoomId[]; readonly marks: readonly Mark[] };
    };
    /** As the store's `append`, after one fsync for all. A room's first group is taken wherever it begins. */
    readonly put: {
      readonly request: { readonly writer: number; readonly groups: readonly (readonly Entry[])[] };
      readonly answer: { readonly outcomes: readonly AppendOutcome[] };
    };
    /** `more`: there are others behind. */
    readonly oldest: {
      readonly request: { readonly limit: number };
      readonly answer: { readonly groups: readonly JournalGroup[]; readonly more: boolean };
    };
    /** SQL has these. Answers which of the rooms still have something here. */
    readonly remove: {
      readonly request: {
        readonly writer: number;
        readonly numbers: readonly number[];
        readonly rooms: readonly RoomId[];
      };
      readonly answer: { readonly held: readonly RoomId[] };
    };
    /** Everything of one room up to this number becomes these, in one step; refused where there is more by now. */
    readonly replace: {
      readonly request: {
        readonly writer: number;
        readonly room: RoomId;
        readonly upTo: number;
        readonly groups: readonly (readonly Entry[])[];
      };
      readonly answer: { readonly replaced: boolean };
    };
    /** Kept, counted and never tried again. */
    readonly setAside: {
      readonly request: { readonly writer: number; readonly number: number; readonly reason: string };
      readonly answer: Nothing;
    };
    /** Everything of one room, in order. */
    readonly room: {
      readonly request: { readonly room: RoomId };
      readonly answer: { readonly groups: readonly JournalGroup[] };
    };
    readonly tail: {
      readonly request: { readonly room: RoomId };
      readonly answer: { readonly tail: JournalTail | null };
    };
    readonly rooms: {
      readonly request: { readonly site: SiteId };
      readonly answer: { readonly rooms: readonly RoomId[] };
    };

    /** Delivery marks that SQL did not take; a mark never goes back. */
    readonly keepMarks: { readonly request: { readonly marks: readonly Mark[] }; readonly answer: Nothing };
    readonly dropMarks: { readonly request: { readonly marks: readonly Mark[] }; readonly answer: Nothing };

    /** Accounts as SQL had them last, so that they can be looked up while it is away. */
    readonly remembered: {
      readonly request: Nothing;
      readonly answer: { readonly sites: readonly SiteRecord[]; readonly operators: readonly OperatorRecord[] };
    };
    readonly remember: {
      readonly request: { readonly sites: readonly SiteRecord[]; readonly operators: readonly OperatorRecord[] };
      readonly answer: Nothing;
    };
    readonly forget: {
      readonly request: { readonly sites: readonly SiteId[]; readonly operators: readonly OperatorRecord['name'][] };
      readonly answer: Nothing;
    };

    readonly contents: { readonly request: Nothing; readonly answer: JournalContents };
  } & GateProtocol['calls'];
  readonly casts: Record<never, never>;
};

export const journal: Address<JournalProtocol> = named('journal');
