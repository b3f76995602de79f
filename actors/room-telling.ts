// Owns what a room tells the others: its session, the operators who follow, the site. All of it is cast and may be lost:
// every receiver knows by the numbers that he missed something, and asks.

import type { Context } from '../runtime/mod.ts';
import type { Entry, SessionEvent } from './chat.ts';
import type { OperatorName } from './ids.ts';
import { contactAfterCloseMs, levelGraceMs, typingOffMs } from './limits.ts';
import { operatorIfAlive } from './operator-protocol.ts';
import { contactOf, type RoomState } from './room-state.ts';
import { mayRead } from './routing.ts';
import { sessionIfAlive } from './session-protocol.ts';
import { siteAt } from './site-protocol.ts';
import { messageOf, viewOf } from './timeline.ts';

/** One entry was committed and is part of the timeline now. */
export function tellEntry(state: RoomState, entry: Entry, context: Context): void {
  const message = messageOf(entry);
  if (message === null) {
    if (entry.kind === 'opened' || entry.kind === 'assigned' || entry.kind === 'closed')
      tellConversation(state, context);
    return;
  }
  if (message.from.kind === 'visitor') stopVisitorTyping(state, context);
  else stopOperatorTyping(state, context);
  context.cast(sessionIfAlive(state.session), 'said', { message });
  for (const operator of readers(state)) context.cast(operatorIfAlive(operator), 'said', { room: state.room, message });
}

/** The state of the conversation, without its messages: whoever lacks some knows by `lastSeq`. */
export function tellConversation(state: RoomState, context: Context): void {
  tellSession(state, context);
  const view = viewOf({ ...state.timeline, messages: [] }, state);
  if (view === null) return;
  for (const operator of state.followers.keys()) {
    context.cast(operatorIfAlive(operator), 'conversation', { room: state.room, conversation: view });
  }
  // Who may not read on has just been told so.
  for (const operator of state.followers.keys()) {
    if (!mayRead(state.timeline.head.conversation, operator)) state.followers.delete(operator);
  }
}

/** A level: the session repeats its own, and gets this one back. */
export function tellSession(state: RoomState, context: Context): void {
  const { conversation, seq } = state.timeline.head;
  if (conversation === null) return;
  const operator = conversation.operator === null ? null : { name: conversation.operator.name };
  const level = { id: conversation.id, state: conversation.state, operator, lastSeq: seq };
  context.cast(sessionIfAlive(state.session), 'conversation', level);
}

/** To the site, which tells its operators. A room made anew waits a while to hear where its visitor is. */
export function tellSite(state: RoomState, context: Context): void {
  const graceLeft = state.madeAt + levelGraceMs - context.monotonic();
  const unheard = state.level === null && graceLeft > 0;
  if (unheard) context.startTimer('announce', graceLeft);
  const contact = contactOf(state, unheard);
  if (contact === null) return;
  if (contact.closedAt !== null && context.now() - contact.closedAt > contactAfterCloseMs) return;
  state.announcedAt = context.monotonic();
  context.cast(siteAt(contact.site), 'conversation', { contact });
}

export function tellVisitor(state: RoomState, event: SessionEvent, context: Context): void {
  context.cast(sessionIfAlive(state.session), 'event', { event });
}

/** Switches itself off: whoever typed may be gone. */
export function visitorTyping(state: RoomState, on: boolean, context: Context): void {
  state.visitorTyping = on;
  if (on) context.startTimer('visitorTypingOff', typingOffMs);
  else context.cancelTimer('visitorTypingOff');
  const message = { session: state.session, on };
  for (const operator of readers(state)) context.cast(operatorIfAlive(operator), 'visitorTyping', message);
}

export function operatorTyping(state: RoomState, name: string | null, context: Context): void {
  const before = state.operatorTyping;
  state.operatorTyping = name;
  if (name === null) context.cancelTimer('operatorTypingOff');
  else context.startTimer('operatorTypingOff', typingOffMs);
  if (name !== null || before !== null) {
    tellVisitor(state, { type: 'typing', on: name !== null, name: name ?? before ?? '' }, context);
  }
}

function stopVisitorTyping(state: RoomState, context: Context): void {
  if (state.visitorTyping) visitorTyping(state, false, context);
}

function stopOperatorTyping(state: RoomState, context: Context): void {
  if (state.operatorTyping !== null) operatorTyping(state, null, context);
}

function readers(state: RoomState): readonly OperatorName[] {
  const { conversation } = state.timeline.head;
  return [...state.followers.keys()].filter((operator) => mayRead(conversation, operator));
}
