// Owns what an operator understands: the family `operator`, keyed by name: presence over all devices, what was not
// yet delivered, commands. The Jabber edge speaks to it; it answers the edge's bridge by casts (edge-protocol.ts).

import { type Address, keyed, keyedIfAlive } from '../runtime/mod.ts';
import type { ChatMessage, Contact, ConversationView } from './chat.ts';
import type { OperatorName, RoomId, SessionId, SiteId } from './ids.ts';
import type { Said, StanzaKey } from './room-protocol.ts';

export type Show = 'chat' | 'online' | 'away' | 'xa' | 'dnd';

/** One bound device. A stream without presence yet has `show` null and gets nothing. */
export interface StreamView {
  readonly stream: string;
  readonly resource: string;
  readonly show: Show | null;
  readonly status: string;
  readonly priority: number;
}

export type OperatorProtocol = {
  readonly calls: {
    /** Text for a visitor (a command is executed and answered by a notice, then `said` is null). */
    readonly say: {
      readonly request: { readonly session: SessionId; readonly key: StanzaKey; readonly text: string };
      readonly answer: { readonly said: Said | null };
    };
    /** Who may be addressed: `notFound` unless the visitor is of one of the operator's sites. */
    readonly contact: {
      readonly request: { readonly session: SessionId };
      readonly answer: { readonly contact: Contact };
    };
  };
  readonly casts: {
    /** A level, from the edge: all streams of this operator; on change, every 30 s, after a thread was lost. */
    readonly streams: {
      readonly streams: readonly StreamView[];
      /** Streams that broke without `unavailable` less than 60 s ago: still routable. */
      readonly lost: number;
    };
    /** The client acknowledged (XEP-0198 or a ping) everything up to this seq of the room. */
    readonly confirmed: { readonly room: RoomId; readonly seq: number };
    readonly typing: { readonly session: SessionId; readonly on: boolean };
    /** A stream died with something unconfirmed, or a new one wants what is not confirmed yet. */
    readonly redeliver: { readonly stream: string | null };
    /** From a site: one contact's new state, or all of them (after a start; every 30 s). */
    readonly contact: { readonly contact: Contact };
    readonly contacts: { readonly site: SiteId; readonly contacts: readonly Contact[] };
    readonly contactGone: { readonly site: SiteId; readonly session: SessionId };
    readonly colleague: {
      readonly operator: OperatorName;
      readonly name: string;
      readonly show: Show | null;
      readonly status: string;
    };
    /** From a room that is followed. */
    readonly said: { readonly room: RoomId; readonly message: ChatMessage };
    /** From a site: what was said after this seq has other numbers now, and is told again under the same ids. */
    readonly renumbered: { readonly room: RoomId; readonly after: number };
    readonly visitorTyping: { readonly session: SessionId; readonly on: boolean };
    readonly conversation: { readonly room: RoomId; readonly conversation: ConversationView };
    /** The account was changed or removed in the store. */
    readonly changed: Record<string, never>;
  };
};

export function operatorAt(operator: OperatorName): Address<OperatorProtocol> {
  return keyed('operator', operator);
}

export function operatorIfAlive(operator: OperatorName): Address<OperatorProtocol> {
  return keyedIfAlive('operator', operator);
}
