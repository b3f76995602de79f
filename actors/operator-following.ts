// Owns how lines come to an operator's devices: which rooms he follows, what each device lacks, what he confirmed.
// It follows again every 10 s with the place of the device that was told least, and that repairs every loss.

import type { Context } from '../runtime/mod.ts';
import type { ChatMessage, Contact } from './chat.ts';
import { unanswered } from './delivery.ts';
import { bridge } from './edge-protocol.ts';
import { history } from './history-protocol.ts';
import { type RoomId, sessionOf } from './ids.ts';
import { delayedAfterMs, storeReadDeadlineMs } from './limits.ts';
import type { OperatorProtocol } from './operator-protocol.ts';
import { type OperatorState, wants } from './operator-state.ts';
import { roomAt, roomIfAlive } from './room-protocol.ts';

type Casts = OperatorProtocol['casts'];

/** After anything changed, and every 10 s: follows what he wants and leaves the rest. */
export function followAll(state: OperatorState, context: Context): void {
  for (const [room, { session }] of state.followed) {
    const contact = state.contacts.get(session);
    if (contact === undefined || !wants(state, contact)) leave(state, room, context);
  }
  if (state.delivery.streams === 0) return;
  const wanted = [...state.contacts.values()].filter((contact) => wants(state, contact));
  for (const contact of wanted) beginNew(state, contact);
  const unmarked = wanted.filter(({ room }) => state.delivery.confirmed(room) === null);
  if (unmarked.length > 0) readMarks(state, unmarked, context);
  for (const contact of wanted) if (state.delivery.confirmed(contact.room) !== null) follow(state, contact, context);
}

/** One contact changed: he may want it now, or no longer, or there is news. */
export function followContact(state: OperatorState, contact: Contact, context: Context): void {
  if (!wants(state, contact)) {
    leave(state, contact.room, context);
    return;
  }
  if (state.delivery.streams === 0) return;
  const followed = state.followed.get(contact.room);
  beginNew(state, contact);
  if (state.delivery.confirmed(contact.room) === null) readMarks(state, [contact], context);
  else if (followed === undefined || contact.lastSeq > followed.lastSeq) follow(state, contact, context);
}

/** From a room that is followed. A number that is not the next one means that something was lost. */
export function onSaid(state: OperatorState, { room, message }: Casts['said'], context: Context): void {
  const followed = state.followed.get(room);
  const contact = state.contacts.get(sessionOf(room));
  if (followed === undefined || contact === undefined) return;
  followed.lastSeq = Math.max(followed.lastSeq, message.seq);
  deliver(state, { room, messages: [message], isForHim: () => true }, context);
  askOnIfBehind(state, contact, context);
}

export function onConversation(
  state: OperatorState,
  { room, conversation: view }: Casts['conversation'],
  context: Context,
): void {
  const before = state.contacts.get(sessionOf(room));
  if (before === undefined) return;
  const { id: conversation, state: stands, operator, lastSeq, lastAt, closedAt } = view;
  setContact(state, { ...before, conversation, state: stands, operator, lastSeq, lastAt, closedAt }, context);
}

export function setContact(state: OperatorState, contact: Contact, context: Context): void {
  state.contacts.set(contact.session, contact);
  const siteName = state.siteNames.get(contact.site);
  if (siteName != null && state.sitesSeen.has(contact.site)) {
    context.cast(bridge, 'contact', { operator: state.record.name, siteName, contact });
  }
  followContact(state, contact, context);
}

/** His client has everything up to this seq. */
export function onConfirmed(state: OperatorState, { room, seq }: Casts['confirmed'], context: Context): void {
  const operator = state.record.name;
  // Before the durable mark was read it may be higher: only a mark that is known is raised.
  if (state.delivery.confirmed(room) !== null && !state.delivery.confirm(room, seq)) return;
  context.cast(history, 'mark', { operator, room, seq });
  context.cast(roomIfAlive(room), 'operatorRead', { operator, seq });
}

function follow(state: OperatorState, contact: Contact, context: Context): void {
  const { room, session, lastSeq } = contact;
  const followed = state.followed.get(room) ?? { session, asking: false, again: false, lastSeq };
  followed.lastSeq = Math.max(followed.lastSeq, lastSeq);
  state.followed.set(room, followed);
  if (followed.asking) {
    followed.again = true;
    return;
  }
  followed.asking = true;
  const afterSeq = state.delivery.lowest(room);
  const request = { operator: state.record.name, sites: state.record.sites, afterSeq };
  context.ask(roomAt(room), 'follow', request, { deadlineMs: storeReadDeadlineMs }, (result) => {
    const { again } = followed;
    followed.asking = false;
    followed.again = false;
    if (state.followed.get(room) !== followed || !result.ok) return;
    const { conversation, messages } = result.value;
    if (conversation === null) return;
    followed.lastSeq = Math.max(followed.lastSeq, conversation.lastSeq);
    const isForHim = unanswered(messages, conversation.id);
    deliver(state, { room, messages, isForHim }, context);
    onConversation(state, { room, conversation }, context);
    if (messages.length > 0 || again) askOnIfBehind(state, contact, context);
  });
}

/** More pages, a gap, or a device that came meanwhile. */
function askOnIfBehind(state: OperatorState, contact: Contact, context: Context): void {
  const followed = state.followed.get(contact.room);
  if (followed === undefined || state.delivery.streams === 0) return;
  if (state.delivery.lowest(contact.room) < followed.lastSeq) follow(state, contact, context);
}

interface News {
  readonly room: RoomId;
  readonly messages: readonly ChatMessage[];
  readonly isForHim: (message: ChatMessage) => boolean;
}

function deliver(state: OperatorState, { room, messages, isForHim }: News, context: Context): void {
  const operator = state.record.name;
  const session = sessionOf(room);
  for (const { stream, message, again } of state.delivery.take(room, messages, isForHim)) {
    const saidBefore = message.at < (state.came.get(stream) ?? 0);
    const delayed = again || saidBefore || context.now() - message.at > delayedAfterMs;
    context.count('operator_deliveries');
    context.cast(bridge, 'message', { operator, session, room, message, delayed, stream });
  }
}

function leave(state: OperatorState, room: RoomId, context: Context): void {
  if (!state.followed.delete(room)) return;
  context.cast(roomIfAlive(room), 'unfollow', { operator: state.record.name });
}

/** A room whose first message came in this actor's life: nobody can have confirmed any of it before. */
function beginNew(state: OperatorState, { room, lastSeq, lastAt }: Contact): void {
  const isNew = lastSeq === 1 && lastAt >= state.madeAt;
  if (isNew && state.delivery.confirmed(room) === null) state.delivery.confirm(room, 0);
}

/** Where each device begins: one read for all rooms that he has not met in this life. */
function readMarks(state: OperatorState, contacts: readonly Contact[], context: Context): void {
  if (state.marksAsked) return;
  state.marksAsked = true;
  const request = { operator: state.record.name, rooms: contacts.map(({ room }) => room) };
  context.ask(history, 'marks', request, { deadlineMs: storeReadDeadlineMs }, (result) => {
    state.marksAsked = false;
    if (!result.ok) return context.startTimer('followSoon', followSoonMs);
    const stored = new Map(result.value.marks.map(({ room, seq }) => [room, seq]));
    for (const room of request.rooms) state.delivery.confirm(room, stored.get(room) ?? 0);
    followAll(state, context);
  });
}

const followSoonMs = 1_000;
