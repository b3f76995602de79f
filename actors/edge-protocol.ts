// Owns what the chat tells its two edges: the outbox (rpc/, for visitors' pages) and the bridge (xmpp/, for Jabber).
// Both are actors on the edge thread, and everything to them is a cast: the chat never waits for an edge.

import { type Address, named } from '../runtime/mod.ts';
import type { ChatMessage, Contact, ConversationView, SessionEvent, SiteView } from './chat.ts';
import type { OperatorName, RoomId, SessionId, SiteId } from './ids.ts';
import type { Show } from './operator-protocol.ts';

export type OutboxProtocol = {
  readonly calls: Record<never, never>;
  readonly casts: {
    readonly event: { readonly session: SessionId; readonly event: SessionEvent };
    /**
     * A session's actor was made (again): the current conversation and marks, and the messages after the `lastSeq` of
     * the edge's log. The outbox adds only what it does not have, so that repeating it shows nothing twice.
     */
    readonly sync: { readonly session: SessionId; readonly conversation: ConversationView | null };
    /** Messages that were shown have other numbers now: every page starts over. */
    readonly renumbered: { readonly session: SessionId };
    /** A level: on change and every 30 s. */
    readonly site: { readonly site: SiteView };
    /** Its settings changed, or it is there no more: what the edge remembers of it is forgotten. */
    readonly siteChanged: { readonly site: SiteId };
  };
};

export const outbox: Address<OutboxProtocol> = named('outbox');

export type BridgeProtocol = {
  readonly calls: Record<never, never>;
  readonly casts: {
    /** All contacts of this operator at one site; the bridge pushes the difference to what its streams know. */
    readonly contacts: {
      readonly operator: OperatorName;
      readonly site: SiteId;
      readonly siteName: string;
      readonly contacts: readonly Contact[];
    };
    readonly contact: { readonly operator: OperatorName; readonly siteName: string; readonly contact: Contact };
    readonly contactGone: { readonly operator: OperatorName; readonly session: SessionId };
    /** To every stream with presence, or to one. `delayed`: it was said before this delivery (XEP-0203). */
    readonly message: {
      readonly operator: OperatorName;
      readonly session: SessionId;
      readonly room: RoomId;
      readonly message: ChatMessage;
      readonly delayed: boolean;
      readonly stream: string | null;
    };
    readonly typing: { readonly operator: OperatorName; readonly session: SessionId; readonly on: boolean };
    /** An `[info]` line in the chat with this visitor; not durable. */
    readonly notice: {
      readonly operator: OperatorName;
      readonly session: SessionId;
      readonly id: string;
      readonly text: string;
    };
    readonly colleague: {
      readonly operator: OperatorName;
      readonly colleague: OperatorName;
      readonly name: string;
      readonly show: Show | null;
      readonly status: string;
    };
    /** `removed` and `password` close the operator's streams. */
    readonly account: { readonly operator: OperatorName; readonly change: 'removed' | 'password' | 'sites' };
  };
};

export const bridge: Address<BridgeProtocol> = named('bridge');
