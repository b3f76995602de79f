// Owns the way of a request: its form (RFC 6120 section 8.2.3), to whom it is, and that it is always answered, at
// once wherever nobody has to be asked: a client that waits for an answer shows nothing else.

import { type Contact, type OperatorName, operatorAt, type SessionId } from '../actors/mod.ts';
import { discoInfo, discoItems } from './disco.ts';
import { element, elementsOf, withAttributes, type XmlElement } from './element.ts';
import { type IqOutcome, type IqRequest, refused, result } from './iq-request.ts';
import { serverIq } from './iq-server.ts';
import type { Jid } from './jid.ts';
import { escapeInfo } from './lines.ts';
import { NS } from './namespaces.ts';
import type { ServedStream } from './served.ts';

export function handleIq(stream: ServedStream, iq: XmlElement, to: Jid | null): Promise<void> | undefined {
  const { type, id } = iq.attributes;
  if (type === 'result' || type === 'error') {
    answered(stream, iq, to);
    return undefined;
  }
  const [payload, second] = elementsOf(iq);
  const formed = (type === 'get' || type === 'set') && id !== undefined && id !== '' && second === undefined;
  if (!formed || payload === undefined) {
    stream.refuse(iq, { condition: 'bad-request' });
    return undefined;
  }
  const outcome = route(stream, { iq, type, payload }, to);
  if (outcome === 'forwarded') return undefined;
  if (outcome instanceof Promise) return outcome.then((late) => answer(stream, iq, late));
  answer(stream, iq, outcome);
  return undefined;
}

function answer(stream: ServedStream, iq: XmlElement, outcome: IqOutcome): void {
  if (outcome.is === 'error') {
    stream.refuse(iq, outcome.fault);
    return;
  }
  const attributes = { type: 'result', id: iq.attributes.id, from: iq.attributes.to, to: stream.jid };
  const children = outcome.payload === null ? [] : [outcome.payload];
  stream.send(element('iq', NS.client, attributes, ...children));
}

/** An answer from the client: to our ping, or to a colleague who asked. */
function answered(stream: ServedStream, iq: XmlElement, to: Jid | null): void {
  const addressee = to === null ? { is: 'server' as const } : stream.services.domains.whoIs(to);
  if (addressee.is === 'operator' && addressee.resource !== '') {
    const receiver = seenDesk(stream, addressee.name)?.byResource(addressee.resource);
    receiver?.send(iq);
    return;
  }
  stream.answered(iq.attributes.id);
}

type Routed = IqOutcome | Promise<IqOutcome> | 'forwarded';

function route(stream: ServedStream, request: IqRequest, to: Jid | null): Routed {
  if (to === null) return serverIq(stream, request, 'account');
  const addressee = stream.services.domains.whoIs(to);
  switch (addressee.is) {
    case 'server':
      return serverIq(stream, request, 'server');
    case 'visitors':
      return visitorsIq(request);
    case 'visitor':
      return visitorIq(stream, request, addressee.session);
    case 'operator':
      if (addressee.name === stream.desk.operator && addressee.resource === '')
        return serverIq(stream, request, 'account');
      return operatorIq(stream, request, addressee);
    case 'nobody':
      return refused('item-not-found');
  }
}

function keyOf({ type, payload }: IqRequest): string {
  return `${type} ${payload.ns} ${payload.name}`;
}

/** The directory of visitors, as a whole. */
function visitorsIq(request: IqRequest): IqOutcome {
  const { node } = request.payload.attributes;
  switch (keyOf(request)) {
    case `get ${NS.discoInfo} query`:
      return result(discoInfo('visitors', node));
    case `get ${NS.discoItems} query`:
      return result(discoItems(node, []));
    case `get ${NS.ping} ping`:
      return result();
    default:
      return refused('service-unavailable');
  }
}

/** The server answers for a visitor's page, which speaks no XMPP. */
function visitorIq(stream: ServedStream, request: IqRequest, session: SessionId): IqOutcome | Promise<IqOutcome> {
  const known = stream.desk.contact(session);
  if (known !== undefined) return contactIq(stream, request, known);
  const { node, limits } = stream.services;
  return node()
    .call(operatorAt(stream.desk.operator), 'contact', { session }, { deadlineMs: limits.lookupDeadlineMs })
    .then((found) => (found.ok ? contactIq(stream, request, found.value.contact) : refused('item-not-found')));
}

function contactIq(stream: ServedStream, request: IqRequest, contact: Contact): IqOutcome {
  const { node } = request.payload.attributes;
  switch (keyOf(request)) {
    case `get ${NS.discoInfo} query`:
      return result(discoInfo('visitor', node));
    case `get ${NS.discoItems} query`:
      return result(discoItems(node, []));
    case `get ${NS.ping} ping`:
      return result();
    case `get ${NS.version} query`: {
      const name = element('name', NS.version, {}, 'Parla widget');
      return result(
        element('query', NS.version, {}, name, element('version', NS.version, {}, stream.services.version)),
      );
    }
    case `get ${NS.vcard} vCard`:
      return result(visitorCard(contact));
    default:
      return refused('service-unavailable');
  }
}

function visitorCard(contact: Contact): XmlElement {
  const name = element('FN', NS.vcard, {}, escapeInfo(contact.name));
  const page = contact.page === null ? [] : [element('URL', NS.vcard, {}, contact.page.url)];
  return element('vCard', NS.vcard, {}, name, ...page);
}

/** The desk of an operator whom this stream may see. */
function seenDesk(stream: ServedStream, name: OperatorName) {
  const seen = name === stream.desk.operator || stream.desk.colleagues().has(name);
  return seen ? stream.services.desks.of(name) : undefined;
}

/** To a colleague's device it goes as it is; for a colleague the server answers the little it knows. */
function operatorIq(stream: ServedStream, request: IqRequest, to: { name: OperatorName; resource: string }): Routed {
  const displayName =
    to.name === stream.desk.operator ? stream.desk.record.displayName : stream.desk.colleagues().get(to.name);
  if (displayName === undefined) return refused('item-not-found');
  if (to.resource !== '') {
    const receiver = seenDesk(stream, to.name)?.byResource(to.resource);
    if (receiver === undefined) return refused('service-unavailable');
    receiver.send(withAttributes(request.iq, { from: stream.jid }));
    return 'forwarded';
  }
  const { node } = request.payload.attributes;
  switch (keyOf(request)) {
    case `get ${NS.discoInfo} query`:
      return result(discoInfo('account', node));
    case `get ${NS.discoItems} query`:
      return result(discoItems(node, []));
    case `get ${NS.vcard} vCard`:
      return result(element('vCard', NS.vcard, {}, element('FN', NS.vcard, {}, displayName)));
    default:
      return refused('service-unavailable');
  }
}
