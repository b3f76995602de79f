// Owns the port of the store of record: what the chat needs of it, as the protocol of an actor on a gate thread.
// It answers the truth or a failure, never an empty past. The caches' port is another file's (cache-port.ts).

import { type Address, named } from '../runtime/mod.ts';
import type { ChatMessage, Entry, VisitorCard } from './chat.ts';
import type { GateProtocol } from './gate-status.ts';
import type { OperatorName, RoomId, SiteId } from './ids.ts';

/**
 * What became of one group of entries (consecutive entries of one room, stored together or not at all).
 * `repeat`: the room holds another entry with the same author and cmid. `conflict`: a pos or seq is taken, the group
 * does not follow the room's last pos, or the last entry's fence is higher: another owner writes there. `behind`: an
 * earlier group of the same room in this request was not stored. `failed`: this group cannot be stored, or the store
 * cannot answer (retryable).
 */
export type AppendOutcome =
  /** `inJournal`: on this machine's disk only, until SQL takes it. */
  | { readonly type: 'stored'; readonly inJournal?: true }
  | { readonly type: 'repeat'; readonly entry: Entry }
  | { readonly type: 'conflict' }
  | { readonly type: 'behind' }
  | { readonly type: 'failed'; readonly code: string; readonly retryable: boolean };

/** The end of a room's log. All 0 where nothing was said; `fence` is its last entry's, and no earlier one is higher. */
export interface RoomTail {
  readonly pos: number;
  readonly seq: number;
  readonly fence: number;
}

/** What a room needs to begin: its last messages and the entries that make its current conversation. */
export interface RoomPast {
  readonly pos: number;
  readonly seq: number;
  readonly site: SiteId | null;
  /** Last 75, ascending. */
  readonly messages: readonly ChatMessage[];
  /** All entries but `said` of the latest conversation, ascending by pos. */
  readonly turns: readonly Entry[];
  readonly card: VisitorCard | null;
}

export interface SiteRecord {
  readonly id: SiteId;
  readonly name: string;
  readonly origins: readonly string[];
  readonly theme: { readonly color: string; readonly mode: 'auto' | 'light' | 'dark' };
  readonly locale: string;
  readonly routing: 'firstAnswer' | 'roundRobin' | 'leastBusy';
  readonly keepQueryStrings: boolean;
  readonly identitySecret: string | null;
  readonly createdAt: number;
}

/** RFC 5802 stored credentials; base64. The password itself is never kept. */
export interface ScramKeys {
  readonly salt: string;
  readonly iterations: number;
  readonly storedKey: string;
  readonly serverKey: string;
}

export interface OperatorRecord {
  readonly name: OperatorName;
  readonly displayName: string;
  readonly sites: readonly SiteId[];
  readonly admin: boolean;
  readonly scram: { readonly sha1: ScramKeys; readonly sha256: ScramKeys };
  readonly createdAt: number;
}

/** SQL: messages, accounts, sites, delivery marks. One actor, named `store`, on the gate that owns the database. */
export type StoreProtocol = {
  readonly calls: {
    /** One transaction where possible; one outcome for each group, in order. A failed batch is split. */
    readonly append: {
      readonly request: { readonly groups: readonly (readonly Entry[])[] };
      readonly answer: { readonly outcomes: readonly AppendOutcome[] };
    };
    /** What a new owner asks once. */
    readonly tail: { readonly request: { readonly room: RoomId }; readonly answer: RoomTail };
    readonly load: { readonly request: { readonly room: RoomId }; readonly answer: RoomPast };
    /** Ascending by seq; `before` exclusive, null for the end; `after` exclusive. */
    readonly page: {
      readonly request: {
        readonly room: RoomId;
        readonly before: number | null;
        readonly after: number | null;
        readonly limit: number;
      };
      readonly answer: { readonly messages: readonly ChatMessage[]; readonly more: boolean };
    };
    /** Rooms of a site with an open conversation, or one closed after `closedAfter`. `since`: nothing older is open. */
    readonly conversations: {
      readonly request: { readonly site: SiteId; readonly since: number; readonly closedAfter: number };
      readonly answer: { readonly pasts: readonly (RoomPast & { readonly room: RoomId })[] };
    };
    /** How far each operator's client has confirmed. Multi-row upsert; a mark never goes back. */
    readonly saveMarks: {
      readonly request: {
        readonly marks: readonly { readonly operator: OperatorName; readonly room: RoomId; readonly seq: number }[];
      };
      readonly answer: Record<string, never>;
    };
    readonly marks: {
      readonly request: { readonly operator: OperatorName; readonly rooms: readonly RoomId[] };
      readonly answer: { readonly marks: readonly { readonly room: RoomId; readonly seq: number }[] };
    };

    readonly sites: {
      readonly request: Record<string, never>;
      readonly answer: { readonly sites: readonly SiteRecord[] };
    };
    readonly site: { readonly request: { readonly id: SiteId }; readonly answer: { readonly site: SiteRecord | null } };
    readonly putSite: { readonly request: { readonly site: SiteRecord }; readonly answer: Record<string, never> };
    readonly removeSite: { readonly request: { readonly id: SiteId }; readonly answer: { readonly removed: boolean } };
    readonly operators: {
      readonly request: { readonly site: SiteId | null };
      readonly answer: { readonly operators: readonly OperatorRecord[] };
    };
    readonly operator: {
      readonly request: { readonly name: OperatorName };
      readonly answer: { readonly operator: OperatorRecord | null };
    };
    readonly putOperator: {
      readonly request: { readonly operator: OperatorRecord };
      readonly answer: Record<string, never>;
    };
    readonly removeOperator: {
      readonly request: { readonly name: OperatorName };
      readonly answer: { readonly removed: boolean };
    };
    /** For doctor and /readyz: answers when the database does. */
    readonly ping: {
      readonly request: Record<string, never>;
      readonly answer: { readonly engine: string; readonly version: string; readonly migration: string };
    };
  } & GateProtocol['calls'];
  readonly casts: Record<never, never>;
};

export const store: Address<StoreProtocol> = named('store');
