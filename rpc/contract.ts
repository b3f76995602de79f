// Owns the visitor's contract as clients see it: JSON-RPC methods, params, results, events and error codes.
// It holds types and constants only, so that a browser bundle can use it; it checks nothing and does nothing.

export type AuthorKind = 'visitor' | 'operator' | 'system' | 'bot';
export type ConversationState = 'waiting' | 'active' | 'closed';

export interface Message {
  /** Unique for ever; clients key by it. */
  readonly id: string;
  /** 1, 2, 3 … in its room without gaps; clients order by it. */
  readonly seq: number;
  /** ISO 8601, UTC, milliseconds. Never earlier than the message before. */
  readonly at: string;
  /** The sender's own id, on a visitor's messages. */
  readonly cmid?: string;
  readonly from: { readonly kind: AuthorKind; readonly name: string };
  readonly text: string;
}

export interface Page {
  readonly url: string;
  readonly title?: string;
  readonly referrer?: string;
  /** The tab is in the background: the visitor counts as away. */
  readonly hidden?: boolean;
}

export interface Conversation {
  readonly id: string;
  readonly state: ConversationState;
  readonly operator?: { readonly name: string };
  /** The last 75 of the room, ascending. */
  readonly messages: readonly Message[];
  readonly lastSeq: number;
  /** Messages by others that the visitor has not read. */
  readonly unread: number;
}

export interface Site {
  readonly id: string;
  readonly name: string;
  /** At least one operator is available. */
  readonly online: boolean;
  /** `color` is `#rrggbb`; `mode` follows the reader's system when `auto`. */
  readonly theme: { readonly color: string; readonly mode: 'auto' | 'light' | 'dark' };
  /** `auto`, or a language tag. */
  readonly locale: string;
}

export type Event =
  | { readonly type: 'message'; readonly message: Message }
  | { readonly type: 'typing'; readonly on: boolean; readonly name: string }
  /** Others have read up to this seq. */
  | { readonly type: 'read'; readonly seq: number }
  | { readonly type: 'presence'; readonly online: boolean }
  | {
      readonly type: 'conversation';
      readonly id: string;
      readonly state: ConversationState;
      readonly operator?: { readonly name: string };
    }
  | { readonly type: 'navigate'; readonly url: string }
  | { readonly type: 'command'; readonly name: string; readonly body: string };

export type PollResult =
  | { readonly cursor: string; readonly events: readonly Event[] }
  | {
      readonly cursor: string;
      readonly events: readonly [];
      readonly reset: true;
      readonly site: Site;
      readonly conversation: Conversation | null;
    };

/** Every method: what goes in, what comes out. `visitor` is the token; it never stands in a URL. */
export interface Methods {
  'session.open': {
    params: { readonly site: string; readonly visitor?: string; readonly page?: Page; readonly locale?: string };
    result: {
      readonly visitor: string;
      /** Routes only (`/rpc?s=<session>`): it gives no right to anything. */
      readonly session: string;
      readonly cursor: string;
      readonly holdMs: number;
      readonly site: Site;
      /** Null if there never was one. */
      readonly conversation: Conversation | null;
    };
  };
  'session.poll': {
    params: { readonly visitor: string; readonly cursor: string; readonly holdMs?: number; readonly page?: Page };
    result: PollResult;
  };
  'session.page': { params: { readonly visitor: string; readonly page: Page }; result: Record<string, never> };
  'session.typing': { params: { readonly visitor: string; readonly on: boolean }; result: Record<string, never> };
  'session.identify': {
    params: {
      readonly visitor: string;
      readonly name?: string;
      readonly email?: string;
      readonly phone?: string;
      readonly attributes?: { readonly [name: string]: string | number | boolean };
      readonly token?: string;
    };
    result: { readonly verified: boolean };
  };
  'session.leave': { params: { readonly visitor: string }; result: Record<string, never> };
  'message.send': {
    params: { readonly visitor: string; readonly cmid: string; readonly text: string };
    result: { readonly id: string; readonly seq: number; readonly at: string };
  };
  'message.read': { params: { readonly visitor: string; readonly seq: number }; result: Record<string, never> };
  'message.history': {
    params: { readonly visitor: string; readonly before?: number; readonly limit?: number };
    result: { readonly messages: readonly Message[]; readonly more: boolean };
  };
  'conversation.close': { params: { readonly visitor: string }; result: Record<string, never> };
  'conversation.rate': {
    params: { readonly visitor: string; readonly score: number; readonly comment?: string };
    result: Record<string, never>;
  };
}

export type MethodName = keyof Methods;

/** JSON-RPC's own codes and Parla's; `error.data.code` bears the name, `error.data.field` the parameter at fault. */
export const errorCodes = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  unauthorized: -32001,
  unknownSite: -32002,
  throttled: -32003,
  tooLarge: -32004,
  unavailable: -32005,
  blocked: -32006,
} as const;

export type ErrorName = keyof typeof errorCodes;

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data: { readonly code: ErrorName; readonly field?: string; readonly retryAfterMs?: number };
}

/** Longest hold of a poll, and the default. */
export const pollHoldMsMax = 25_000;
/** UTF-16 units of a message's text, after trimming. */
export const textUnitsMax = 10_000;
export const bodyBytesMax = 65_536;
export const batchRequestsMax = 20;
/** How many messages a conversation shows at once; more by `message.history`. */
export const conversationMessagesMax = 75;
