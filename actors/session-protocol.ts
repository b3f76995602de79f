// Owns what a session understands: the family `session`, keyed by session id, one actor for each visitor of a site.
// The edge and the session's room speak to it; it answers the edge's outbox by casts (edge-protocol.ts).

import { type Address, keyed, keyedIfAlive } from '../runtime/mod.ts';
import type {
  ChatMessage,
  ConversationState,
  ConversationView,
  Page,
  SessionEvent,
  VisitorCard,
  VisitorLevel,
} from './chat.ts';
import type { ConversationId, SessionId, SiteId } from './ids.ts';

/** Every request from the edge names the site: the edge has verified the token that binds the two. */
export type SessionProtocol = {
  readonly calls: {
    /** A page was loaded by a known visitor, or a reader's cursor was too old: what is there now. Null: never chatted. */
    readonly view: {
      readonly request: { readonly site: SiteId; readonly page?: Page; readonly locale?: string };
      readonly answer: { readonly conversation: ConversationView | null };
    };
    /** Answered after the message is durable; a repeated cmid gets the first answer. */
    readonly send: {
      readonly request: { readonly site: SiteId; readonly cmid: string; readonly text: string };
      readonly answer: { readonly id: string; readonly seq: number; readonly at: number };
    };
    readonly history: {
      readonly request: { readonly site: SiteId; readonly before: number | null; readonly limit: number };
      readonly answer: { readonly messages: readonly ChatMessage[]; readonly more: boolean };
    };
    /** `verified` came from a token that the edge has checked; it is never asked for by the page itself. */
    readonly identify: {
      readonly request: { readonly site: SiteId; readonly card: VisitorCard };
      readonly answer: { readonly verified: boolean };
    };
    readonly read: {
      readonly request: { readonly site: SiteId; readonly seq: number };
      readonly answer: Record<string, never>;
    };
    readonly close: { readonly request: { readonly site: SiteId }; readonly answer: Record<string, never> };
    readonly rate: {
      readonly request: { readonly site: SiteId; readonly score: number; readonly comment: string | null };
      readonly answer: Record<string, never>;
    };
  };
  readonly casts: {
    /** A level, from the edge: on every change, every 30 s while anybody polls, and after a thread was lost. */
    readonly present: {
      readonly site: SiteId;
      readonly level: VisitorLevel;
      readonly page: Page | null;
      /** The last message seq in the edge's log, so that a reborn session sends the difference. */
      readonly lastSeq: number;
      /** The edge made this visitor's token a moment ago: nothing about him can be stored anywhere. */
      readonly fresh: boolean;
    };
    readonly typing: { readonly site: SiteId; readonly on: boolean };
    /** From the room. */
    readonly said: { readonly message: ChatMessage };
    readonly event: { readonly event: SessionEvent };
    readonly conversation: {
      readonly id: ConversationId;
      readonly state: ConversationState;
      readonly operator: { readonly name: string } | null;
      readonly lastSeq: number;
    };
  };
};

export function sessionAt(session: SessionId): Address<SessionProtocol> {
  return keyed('session', session);
}

/** For whoever only has news: a visitor who is away reads them from the room when he comes back. */
export function sessionIfAlive(session: SessionId): Address<SessionProtocol> {
  return keyedIfAlive('session', session);
}
