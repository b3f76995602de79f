// Owns what a room understands: the family `room`, keyed by room id, where messages are said in one order.
// Its followers are addressed by name (session, operators), never by a kept pid.

import { type Address, keyed, keyedIfAlive } from '../runtime/mod.ts';
import type { ChatMessage, Contact, ConversationView, Page, VisitorCard, VisitorLevel } from './chat.ts';
import type { OperatorName, RoomId, SiteId } from './ids.ts';

/** How a repeat of an operator's stanza is known (XEP-0359 origin-id; else id and stream, RFC 6120 8.1.3). */
export interface StanzaKey {
  readonly originId: string | null;
  readonly id: string | null;
  /** Random name of the stream that carried it, and wall clock ms when that stream was bound. */
  readonly stream: string;
  readonly streamAt: number;
}

export interface Said {
  readonly id: string;
  readonly seq: number;
  readonly at: number;
}

export type RoomProtocol = {
  readonly calls: {
    /** From the visitor's session. `create` false: answers null where there never was a conversation. */
    readonly view: {
      readonly request: { readonly site: SiteId };
      readonly answer: { readonly conversation: ConversationView | null; readonly card: VisitorCard | null };
    };
    readonly say: {
      readonly request: {
        readonly site: SiteId;
        readonly cmid: string;
        readonly text: string;
        readonly card: VisitorCard | null;
        readonly level: VisitorLevel;
        readonly page: Page | null;
        /** Nothing of this room can be stored yet: the edge made the visitor's token in this run. */
        readonly fresh: boolean;
      };
      readonly answer: Said;
    };
    /** The first answer to a waiting conversation has it; everybody later is refused with `taken`. */
    readonly answer: {
      readonly request: {
        readonly operator: OperatorName;
        readonly name: string;
        /** The operator's sites: a room of another is `notFound`. */
        readonly sites: readonly SiteId[];
        readonly key: StanzaKey;
        readonly text: string;
        /** What his actor knows of his streams: those there are, and those lost less than 5 minutes ago. */
        readonly streams: { readonly live: readonly string[]; readonly lost: readonly string[] };
      };
      readonly answer: Said;
    };
    /** An operator follows until he unfollows or 30 s pass; repeated every 10 s with what he has. */
    readonly follow: {
      readonly request: {
        readonly operator: OperatorName;
        readonly sites: readonly SiteId[];
        readonly afterSeq: number;
      };
      readonly answer: { readonly conversation: ConversationView | null; readonly messages: readonly ChatMessage[] };
    };
    /** For an operator who addresses a visitor that is not among his contacts, and for `!info`. */
    readonly describe: {
      readonly request: { readonly sites: readonly SiteId[] };
      readonly answer: { readonly contact: Contact; readonly card: VisitorCard | null };
    };
    readonly history: {
      readonly request: { readonly before: number | null; readonly limit: number };
      readonly answer: { readonly messages: readonly ChatMessage[]; readonly more: boolean };
    };
    readonly identify: {
      readonly request: { readonly site: SiteId; readonly card: VisitorCard };
      readonly answer: { readonly verified: boolean };
    };
    /** `by` is null when the visitor closes. Closing what is closed is fine. */
    readonly close: {
      readonly request: {
        readonly by: { readonly id: OperatorName; readonly name: string } | null;
        readonly sites: readonly SiteId[] | null;
      };
      readonly answer: Record<string, never>;
    };
    readonly rate: {
      readonly request: { readonly score: number; readonly comment: string | null };
      readonly answer: Record<string, never>;
    };
  };
  readonly casts: {
    /** A level, from the session. */
    readonly visitor: { readonly level: VisitorLevel; readonly page: Page | null; readonly card: VisitorCard | null };
    readonly visitorTyping: { readonly on: boolean };
    readonly visitorRead: { readonly seq: number };
    readonly operatorTyping: { readonly operator: OperatorName; readonly name: string; readonly on: boolean };
    /** An operator's client has confirmed up to this seq: the visitor sees it as read. */
    readonly operatorRead: { readonly operator: OperatorName; readonly seq: number };
    readonly unfollow: { readonly operator: OperatorName };
    /** From the durable writer: what was said after this seq, up to `last`, has other numbers now. */
    readonly renumbered: { readonly site: SiteId | null; readonly after: number; readonly last: number };
    /** From the site, when nothing was said for long: the room judges for itself whether silence closes it. */
    readonly expire: Record<string, never>;
    /** `!push`: to the visitor's page, at most once. */
    readonly navigate: { readonly operator: OperatorName; readonly url: string };
    readonly command: { readonly operator: OperatorName; readonly name: string; readonly body: string };
  };
};

export function roomAt(room: RoomId): Address<RoomProtocol> {
  return keyed('room', room);
}

export function roomIfAlive(room: RoomId): Address<RoomProtocol> {
  return keyedIfAlive('room', room);
}
