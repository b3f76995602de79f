// Owns the names of things: branded strings that only their parser makes, each with a first letter that says its kind.
// Ids are lower case because a JID folds case; they give no right to anything.

declare const brand: unique symbol;
type Id<K extends string> = string & { readonly [brand]: K };

export type SiteId = Id<'site'>;
export type OperatorName = Id<'operator'>;
export type SessionId = Id<'session'>;
export type RoomId = Id<'room'>;
export type ConversationId = Id<'conversation'>;
export type MessageId = Id<'message'>;

const shape = /^[a-z][a-z0-9]{1,38}$/;
/** Sites and operators are named by people: dashes and, for operators, dots are allowed inside. */
const siteShape = /^[a-z][a-z0-9-]{0,38}$/;
const operatorShape = /^[a-z0-9][a-z0-9._-]{0,63}$/;

function prefixed<K extends string>(letter: string) {
  return (text: string): Id<K> | null => (text.startsWith(letter) && shape.test(text) ? (text as Id<K>) : null);
}

export const sessionId = prefixed<'session'>('s');
export const roomId = prefixed<'room'>('r');
export const conversationId = prefixed<'conversation'>('c');
export const messageId = prefixed<'message'>('m');

export function siteId(text: string): SiteId | null {
  return siteShape.test(text) ? (text as SiteId) : null;
}

export function operatorName(text: string): OperatorName | null {
  return operatorShape.test(text) ? (text as OperatorName) : null;
}

/** A visitor has one room for life, so the two ids differ in their first letter only. */
export function roomOf(session: SessionId): RoomId {
  return `r${session.slice(1)}` as RoomId;
}

export function sessionOf(room: RoomId): SessionId {
  return `s${room.slice(1)}` as SessionId;
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** Base32 in lower case, 5 bits a letter: what an id may be made of. */
export function base32(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + alphabet[(held << (5 - bits)) & 31] : text;
}

/** Time first, so that ids of one month sort together; then 80 random bits. */
function timed<K extends string>(letter: string, at: number, random: Uint8Array): Id<K> {
  return `${letter}${at.toString(36).padStart(9, '0')}${base32(random)}` as Id<K>;
}

/** `random` is 10 bytes. */
export function newMessageId(at: number, random: Uint8Array): MessageId {
  return timed<'message'>('m', at, random);
}

export function newConversationId(at: number, random: Uint8Array): ConversationId {
  return timed<'conversation'>('c', at, random);
}
