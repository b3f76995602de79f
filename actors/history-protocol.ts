// Owns what the durable writer understands: the actor named `history`, the one path of every durable entry.
// It answers an append after the commit, or after the journal's sync while SQL does not answer, and never before.

import { type Address, named } from '../runtime/mod.ts';
import type { ChatMessage, Entry } from './chat.ts';
import type { OperatorName, RoomId, SiteId } from './ids.ts';
import type { AppendOutcome, RoomPast, RoomTail } from './ports.ts';

/** `sure` false: SQL cannot be asked, and this is where this node saw the log end last. */
export type KnownTail = RoomTail & { readonly sure: boolean };

export type HistoryProtocol = {
  readonly calls: {
    /** One group of consecutive entries of one room. Answered after the commit, or with what stood in its way. */
    readonly append: { readonly request: { readonly entries: readonly Entry[] }; readonly answer: AppendOutcome };
    readonly tail: { readonly request: { readonly room: RoomId }; readonly answer: KnownTail };
    /** `copy`: what a cache has, for when SQL cannot be read and the journal continues it. */
    readonly load: { readonly request: { readonly room: RoomId; readonly copy?: RoomPast }; readonly answer: RoomPast };
    readonly page: {
      readonly request: {
        readonly room: RoomId;
        readonly before: number | null;
        readonly after: number | null;
        readonly limit: number;
      };
      readonly answer: { readonly messages: readonly ChatMessage[]; readonly more: boolean };
    };
    readonly conversations: {
      readonly request: { readonly site: SiteId; readonly since: number; readonly closedAfter: number };
      /** `whole` false: SQL cannot be read, and these are those that the journal knows. */
      readonly answer: { readonly pasts: readonly (RoomPast & { readonly room: RoomId })[]; readonly whole: boolean };
    };
    readonly marks: {
      readonly request: { readonly operator: OperatorName; readonly rooms: readonly RoomId[] };
      readonly answer: { readonly marks: readonly { readonly room: RoomId; readonly seq: number }[] };
    };
  };
  readonly casts: {
    /** Coalesced: only the last seq of each operator and room is written, every few seconds. */
    readonly mark: { readonly operator: OperatorName; readonly room: RoomId; readonly seq: number };
    /** To itself: what has gathered is sent when everybody who came in the same moment is among it. */
    readonly send: Readonly<Record<never, never>>;
  };
};

export const history: Address<HistoryProtocol> = named('history');
