// Owns what an operator's client says: to a visitor, which becomes durable before it counts as handled, or to a
// colleague, which passes live from stream to stream (RFC 6121 section 8.5). It never orders or numbers anything.

import { type OperatorName, operatorAt, type SessionId, type StanzaKey, textUnitsMax } from '../actors/mod.ts';
import type { Failure } from '../runtime/mod.ts';
import { copyReceived, copySent } from './carbons.ts';
import { noticeElement } from './chat-stanzas.ts';
import { child, childOf, element, elementsOf, textOf, withAttributes, type XmlElement } from './element.ts';
import { refusalFault } from './errors.ts';
import type { Jid } from './jid.ts';
import { NS } from './namespaces.ts';
import type { ServedStream } from './served.ts';

const types = ['chat', 'normal', 'headline', 'groupchat', 'error'];

export function handleMessage(stream: ServedStream, stanza: XmlElement, to: Jid | null): Promise<void> | undefined {
  // An error is never answered, or two servers could go on for ever (RFC 6120 section 8.3.1).
  if (stanza.attributes.type === 'error') return undefined;
  // RFC 6121 section 5.2.2: a type that nobody knows counts as `normal`.
  const known = types.includes(stanza.attributes.type ?? 'normal');
  const message = known ? stanza : withAttributes(stanza, { type: 'normal' });
  const addressee =
    to === null
      ? { is: 'operator' as const, name: stream.desk.operator, resource: '' }
      : stream.services.domains.whoIs(to);
  switch (addressee.is) {
    case 'visitor':
      return toVisitor(stream, message, addressee.session);
    case 'operator':
      if (addressee.name === stream.desk.operator || stream.desk.colleagues().has(addressee.name)) {
        toOperator(stream, message, addressee);
        return undefined;
      }
      break;
    case 'server':
    case 'visitors':
      stream.refuse(message, { condition: 'service-unavailable' });
      return undefined;
  }
  stream.refuse(message, { condition: 'item-not-found' });
  return undefined;
}

// --- visitors

function toVisitor(stream: ServedStream, message: XmlElement, session: SessionId): Promise<void> | undefined {
  if (message.attributes.type === 'groupchat') {
    stream.refuse(message, { condition: 'service-unavailable' });
    return undefined;
  }
  const text = bodyOf(message);
  if (text !== '') return say(stream, { message, session, text });
  const state = childOf(message, NS.chatStates);
  const known = stream.desk.contact(session) !== undefined;
  if (state !== undefined && known) {
    const on = state.name === 'composing';
    stream.services.node().cast(operatorAt(stream.desk.operator), 'typing', { session, on });
  }
  // Markers, receipts and the like have no body and no reader on a web page: only to a stranger they are an error.
  if (!known && state === undefined) stream.refuse(message, { condition: 'item-not-found' });
  return undefined;
}

/** The body without a language, else the first; a chat line has no use for translations. */
function bodyOf(message: XmlElement): string {
  const bodies = elementsOf(message).filter((node) => node.name === 'body' && node.ns === message.ns);
  const plain = bodies.find((body) => body.attributes['xml:lang'] === undefined) ?? bodies[0];
  return plain === undefined ? '' : textOf(plain).trim();
}

interface Line {
  readonly message: XmlElement;
  readonly session: SessionId;
  readonly text: string;
}

/** An edit (XEP-0308) is a line like any other: what the visitor has read stays, and a command stays a command. */
async function say(stream: ServedStream, { message, session, text }: Line): Promise<void> {
  const { services } = stream;
  if (text.length > textUnitsMax) {
    stream.refuse(message, { condition: 'not-acceptable', text: `A line has at most ${textUnitsMax} characters.` });
    return;
  }
  services.counters.add('saysSent');
  const request = { session, key: stanzaKey(stream, message), text };
  const options = { deadlineMs: services.limits.sayDeadlineMs };
  const answer = await services.node().call(operatorAt(stream.desk.operator), 'say', request, options);
  if (answer.ok) {
    // A command is the server's affair: on another device it would look like something that was said.
    if (answer.value.said !== null) copySent(stream, stream.desk.streams.values(), message);
    return;
  }
  services.counters.add('saysRefused');
  refused(stream, { message, session, text }, answer.error);
}

/** How a repeat of this stanza is known later (RFC 6120 section 8.1.3, XEP-0359). */
function stanzaKey(stream: ServedStream, message: XmlElement): StanzaKey {
  const { stanzaIdUnitsMax } = stream.services.limits;
  const usable = (id: string | undefined) =>
    id !== undefined && id !== '' && id.length <= stanzaIdUnitsMax ? id : null;
  const originId = usable(child(message, 'origin-id', NS.stanzaIds)?.attributes.id);
  return { originId, id: usable(message.attributes.id), stream: stream.name, streamAt: stream.boundAt };
}

function refused(stream: ServedStream, { message, session }: Line, failure: Failure): void {
  const winner = failure.data?.winner;
  if (failure.code === 'taken' && typeof winner === 'string') {
    const from = stream.services.domains.visitor(session);
    const text = `${winner} answered first; your line was not shown to the visitor.`;
    stream.send(noticeElement(text, stream.nextId('info'), { from, to: stream.jid }));
  }
  stream.refuse(message, refusalFault(failure));
}

// --- colleagues

interface ToOperator {
  readonly name: OperatorName;
  readonly resource: string;
}

function toOperator(stream: ServedStream, message: XmlElement, { name, resource }: ToOperator): void {
  const type = message.attributes.type ?? 'normal';
  const desk = stream.services.desks.of(name);
  const exact = resource === '' ? undefined : desk?.byResource(resource);
  const receivers = exact !== undefined ? [exact] : (desk?.receivers() ?? []);
  const wrongType = type === 'groupchat' && exact === undefined;
  // RFC 6121 8.5.3.2.1: a headline for a resource that has left concerns nobody else.
  if (type === 'headline' && resource !== '' && exact === undefined) return;
  if (wrongType || receivers.length === 0) {
    if (type !== 'headline') stream.refuse(message, { condition: 'service-unavailable' });
    return;
  }
  const clean = element('message', NS.client, message.attributes, ...message.children.filter(isNotOurId));
  for (const receiver of receivers) receiver.send(clean);
  if (desk !== undefined && desk !== stream.desk) copyReceived(receivers, desk.streams.values(), clean);
  copySent(
    stream,
    [...stream.desk.streams.values()].filter((device) => !receivers.includes(device)),
    clean,
  );

  function isNotOurId(node: XmlElement | string): boolean {
    if (typeof node === 'string') return true;
    // XEP-0359: an id that claims to be given by this server is taken out.
    const claimed = node.name === 'stanza-id' && node.ns === NS.stanzaIds;
    return !(claimed && node.attributes.by?.endsWith(stream.services.domains.main));
  }
}
