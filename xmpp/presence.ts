// Owns what an operator's client says about his presence (RFC 6121 section 4), and subscriptions, of which none is
// ever open: visitors and colleagues are contacts from the start. It never decides who gets a visitor's messages.

import type { Show } from '../actors/mod.ts';
import type { StreamPresence } from './device.ts';
import { childText, element, type XmlElement } from './element.ts';
import { bareText, type Jid } from './jid.ts';
import { NS } from './namespaces.ts';
import type { ServedStream } from './served.ts';

const statusUnitsMax = 1_023;
const shows: { readonly [text: string]: Show } = { '': 'online', chat: 'chat', away: 'away', xa: 'xa', dnd: 'dnd' };
const types = ['unavailable', 'subscribe', 'subscribed', 'unsubscribe', 'unsubscribed', 'probe', 'error'];

export function handlePresence(stream: ServedStream, stanza: XmlElement, to: Jid | null): undefined {
  const { type } = stanza.attributes;
  if (type !== undefined && !types.includes(type)) {
    stream.refuse(stanza, { condition: 'bad-request' });
    return;
  }
  if (type === 'error') return;
  if (to !== null) directed(stream, stanza, to);
  else if (type === undefined) available(stream, stanza);
  else if (type === 'unavailable') unavailable(stream, stanza);
  else stream.refuse(stanza, { condition: 'bad-request', text: 'to whom?' });
}

function available(stream: ServedStream, stanza: XmlElement): void {
  const presence = readPresence(stanza);
  if (presence === null) {
    stream.refuse(stanza, { condition: 'bad-request' });
    return;
  }
  const initial = stream.presence === null;
  stream.presence = presence;
  const { desks } = stream.services;
  desks.broadcast(stream, stanza);
  if (initial) {
    desks.introduce(stream);
    stream.desk.showContactsTo(stream);
  }
  stream.desk.sendLevel();
}

/** Null for what RFC 6121 section 4.7.2 does not allow. */
function readPresence(stanza: XmlElement): StreamPresence | null {
  const show = shows[childText(stanza, 'show')?.trim() ?? ''];
  const priorityText = childText(stanza, 'priority')?.trim() || '0';
  const priority = Number(priorityText);
  const inRange = /^[+-]?\d{1,3}$/.test(priorityText) && priority >= -128 && priority <= 127;
  if (show === undefined || !inRange) return null;
  const status = (childText(stanza, 'status') ?? '').slice(0, statusUnitsMax);
  return { show, status, priority, stanza };
}

function unavailable(stream: ServedStream, stanza: XmlElement): void {
  if (stream.presence === null) return;
  stream.presence = null;
  stream.services.desks.broadcast(stream, stanza);
  stream.desk.sendLevel();
}

/** To one contact. A visitor's page has no use for it; a colleague's streams get it as it is. */
function directed(stream: ServedStream, stanza: XmlElement, to: Jid): void {
  const addressee = stream.services.domains.whoIs(to);
  const { type } = stanza.attributes;
  switch (addressee.is) {
    case 'server':
    case 'visitors':
      return;
    case 'visitor':
      if (stream.desk.contact(addressee.session) === undefined) break;
      if (type === 'subscribe') grant(stream, to);
      else if (type === 'probe') stream.desk.showContactTo(addressee.session, stream);
      return;
    case 'operator':
      if (addressee.name !== stream.desk.operator && !stream.desk.colleagues().has(addressee.name)) break;
      if (type === 'subscribe') grant(stream, to);
      else toColleague(stream, stanza, to);
      return;
  }
  if (type !== 'unavailable') stream.refuse(stanza, { condition: 'item-not-found' });
}

function grant(stream: ServedStream, by: Jid): void {
  stream.send(element('presence', NS.client, { type: 'subscribed', from: bareText(by), to: stream.desk.jid }));
}

function toColleague(stream: ServedStream, stanza: XmlElement, to: Jid): void {
  const addressee = stream.services.domains.whoIs(to);
  const desk = addressee.is === 'operator' ? stream.services.desks.of(addressee.name) : undefined;
  if (desk === undefined) return;
  const { type } = stanza.attributes;
  if (type === 'probe') {
    for (const seen of desk.available()) stream.services.desks.showTo(stream, seen);
    return;
  }
  if (type !== undefined && type !== 'unavailable') return;
  for (const receiver of desk.available()) {
    if (to.resource === '' || to.resource === receiver.resource) receiver.send(stanza);
  }
}
