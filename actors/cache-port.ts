// Owns the port of the caches: what sessions and rooms leave behind, who may go on from it, and how much of it to believe.
// A cache answers with less at any time, never with another key's copy, and never says that it is sure when it is not.

import { type Address, named } from '../runtime/mod.ts';
import type { ChatMessage, Page, VisitorCard, VisitorLevel } from './chat.ts';
import type { GateProtocol } from './gate-status.ts';
import type { OperatorName, RoomId, SessionId, SiteId } from './ids.ts';
import type { RoomPast } from './ports.ts';

/** Of two copies of one thing the one with the higher fence is the later; of the same fence, the higher version. */
export interface Stamp {
  readonly fence: number;
  readonly version: number;
}

/** What a session leaves behind. */
export interface SessionCopy extends Stamp {
  readonly site: SiteId;
  /** False: this visitor never said anything, so no store needs to be asked. Only a verified copy may say so. */
  readonly chatted: boolean;
  readonly card: VisitorCard | null;
  readonly visitorRead: number;
  /** Where the visitor was last. */
  readonly level: VisitorLevel | null;
  readonly page: Page | null;
}

/** What a room leaves behind: believed only as far as the store's tail says the same pos, or verified without one. */
export interface RoomCopy extends Stamp {
  readonly past: RoomPast;
  readonly visitorRead: number;
  readonly operatorRead: number;
  /** The operators who were in it. */
  readonly members: readonly OperatorName[];
}

/**
 * Who may act for a visitor (his session and his room, which share one lease). The owner counts `ttlMs` from before its
 * request on its own monotonic clock; afterwards it neither commits nor journals until the lease was renewed.
 */
export type Lease =
  /** Go on: nobody keeps leases here, or (`kept`) who does is silent, and no other node was seen lately. */
  | { readonly type: 'free'; readonly kept: boolean }
  /** This node's. `fence` grows with each owner. `ttlMs` null: no other node is about, so it does not end by time. */
  | { readonly type: 'held'; readonly fence: number; readonly ttlMs: number | null }
  /** Another node's, or it cannot be known whose: `unavailable`. */
  | { readonly type: 'elsewhere' };

/** A copy, or why there is none. */
export interface Found<Copy> {
  readonly copy: Copy | null;
  readonly reason: string;
}

/** `verified`: there is no later copy, and nothing happened since that should have made one. */
export interface Opened<Copy> extends Found<Copy> {
  readonly verified: boolean;
  readonly lease: Lease;
}

/** Consecutive messages of a room's past, whole: seq `block * pageBlockMessages + 1` to `(block + 1) * pageBlockMessages`. */
export interface PastBlock {
  readonly room: RoomId;
  readonly block: number;
}

/** So a page of a hundred touches three blocks at most, and each block is the same for everybody who reads it. */
export const pageBlockMessages = 50;

/** Whether a copy is there now; `reason` says why not, or `kept`. */
export interface Kept {
  readonly kept: boolean;
  readonly reason: string;
}

/** Signed by the life of the cache that wrote it: after a lost write it signs anew, and vouches no more for what it had. */
export type Signed<Copy> = Copy & { readonly writer: string };

interface Write<Copy> {
  readonly copy: Copy;
  readonly ttlMs: number;
}
type SessionWrite<Copy> = Write<Copy> & { readonly session: SessionId };
type RoomWrite<Copy> = Write<Copy> & { readonly room: RoomId };
type BlockWrite = PastBlock & { readonly messages: readonly ChatMessage[]; readonly ttlMs: number };

interface FoundBlock {
  readonly messages: readonly ChatMessage[] | null;
  readonly reason: string;
}

type Forgetting = {
  readonly forgetSession: { readonly session: SessionId };
  readonly forgetRoom: { readonly room: RoomId };
  readonly forgetBlock: PastBlock;
};

/** What one tier does: copies by key. A failure is a miss with a reason, and a copy that was not kept says why. */
export type CopiesProtocol = {
  readonly calls: {
    readonly readSession: {
      readonly request: { readonly session: SessionId };
      readonly answer: Found<Signed<SessionCopy>>;
    };
    readonly readRoom: { readonly request: { readonly room: RoomId }; readonly answer: Found<Signed<RoomCopy>> };
    readonly readBlock: { readonly request: PastBlock; readonly answer: FoundBlock };
    readonly keepSession: { readonly request: SessionWrite<Signed<SessionCopy>>; readonly answer: Kept };
    readonly keepRoom: { readonly request: RoomWrite<Signed<RoomCopy>>; readonly answer: Kept };
  } & GateProtocol['calls'];
  readonly casts: Forgetting & {
    /** A block never changes, so it bears no stamp. */
    readonly writeBlock: BlockWrite;
  };
};

/** All tiers together, as the chat sees them. The actor is named `cache`. */
export type CacheProtocol = {
  readonly calls: {
    /** Also takes the visitor's lease for this node. */
    readonly openSession: { readonly request: { readonly session: SessionId }; readonly answer: Opened<SessionCopy> };
    readonly openRoom: { readonly request: { readonly room: RoomId }; readonly answer: Opened<RoomCopy> };
    /** As the casts `write…`, but told within the tiers' budget whether the copy is there. */
    readonly keepSession: { readonly request: SessionWrite<SessionCopy>; readonly answer: Kept };
    readonly keepRoom: { readonly request: RoomWrite<RoomCopy>; readonly answer: Kept };
    /** From the ticks of whoever holds it. */
    readonly renewLease: {
      readonly request: { readonly session: SessionId; readonly fence: number };
      readonly answer: { readonly lease: Lease };
    };
    readonly readBlock: { readonly request: PastBlock; readonly answer: FoundBlock };
  } & GateProtocol['calls'];
  readonly casts: Forgetting & {
    readonly writeSession: SessionWrite<SessionCopy>;
    readonly writeRoom: RoomWrite<RoomCopy>;
    readonly writeBlock: BlockWrite;
    /** The node is leaving: the next one need not wait for the lease's end. */
    readonly releaseLease: { readonly session: SessionId; readonly fence: number };
  };
};

export const cache: Address<CacheProtocol> = named('cache');
