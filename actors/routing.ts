// Owns who may answer a conversation. The room asks at the moment it gives a number, so that two never both win.
// It is pure: assigning is an entry that the room writes together with the answer.

import type { OperatorName } from './ids.ts';
import type { Conversation } from './timeline.ts';

export type Turn =
  /** Nobody has it: this answer takes it. */
  | { readonly type: 'assign' }
  /** It is his. */
  | { readonly type: 'goOn' }
  /** It was closed: his line opens another, which is his. */
  | { readonly type: 'open' }
  | { readonly type: 'taken'; readonly winner: string };

/** The first to answer has it, and goes on alone. */
export function firstAnswer(conversation: Conversation, operator: OperatorName): Turn {
  if (conversation.state === 'closed') return { type: 'open' };
  if (conversation.operator === null) return { type: 'assign' };
  if (conversation.operator.id === operator) return { type: 'goOn' };
  return { type: 'taken', winner: conversation.operator.name };
}

/** A waiting conversation's lines are for everybody; one that was answered is for who answered it. */
export function mayRead(conversation: Conversation | null, operator: OperatorName): boolean {
  return conversation !== null && (conversation.operator === null || conversation.operator.id === operator);
}
