// Owns how one bound stream looks to the rest of this folder: to the desk it belongs to, and to those who answer its
// stanzas. It is only a description; bound-stream.ts is the thing.

import type { ChatMessage, OperatorName, RoomId, SessionId, Show } from '../actors/mod.ts';
import type { XmlElement } from './element.ts';
import type { StreamFault } from './errors.ts';

export interface StreamPresence {
  readonly show: Show;
  readonly status: string;
  readonly priority: number;
  /** As the client sent it, for those who come later. */
  readonly stanza: XmlElement;
}

export interface Delivered {
  readonly session: SessionId;
  readonly room: RoomId;
  readonly message: ChatMessage;
  readonly delayed: boolean;
}

/** One device of an operator. */
export interface Device {
  /** Random, so that ids of stanzas can be told apart by stream (RFC 6120 section 8.1.3). */
  readonly name: string;
  readonly operator: OperatorName;
  readonly resource: string;
  /** The full address. */
  readonly jid: string;
  readonly bareJid: string;
  /** Null: no presence yet, or none any more. */
  presence: StreamPresence | null;
  /** Has asked for the roster, so it is told of changes. */
  interested: boolean;
  /** How many of its stanzas are under way. */
  readonly pending: number;
  /** Wants copies of what the operator's other devices say and are told. */
  carbons: boolean;
  /** Unique on this stream. */
  nextId(what: string): string;
  send(stanza: XmlElement): void;
  /** Shows a message, once, and asks for its confirmation. */
  deliver(delivered: Delivered): void;
  /** Now and then: asks a client that has been silent for long whether it is there. */
  checkAlive(): void;
  close(fault: StreamFault): void;
}
