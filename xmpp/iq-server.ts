// Owns the requests that the server itself answers, for itself or for the operator's own account: one table.
// Whatever is not in it is `service-unavailable`, at once.

import { discoInfo, discoItems, isOurNode } from './disco.ts';
import { element, elementsOf, type XmlElement } from './element.ts';
import { type IqOutcome, type IqRequest, refused, result } from './iq-request.ts';
import { getRoster, setRoster } from './iq-roster.ts';
import { privateKey } from './kept.ts';
import { NS } from './namespaces.ts';
import type { ServedStream } from './served.ts';

/** Whom the request is addressed to; clients send most of them to nobody, which means their own account. */
export type ServerRole = 'server' | 'account';
type Handler = (stream: ServedStream, payload: XmlElement, role: ServerRole) => IqOutcome | Promise<IqOutcome>;

const table = new Map<string, Handler>([
  [`get ${NS.ping} ping`, () => result()],
  [`set ${NS.session} session`, () => result()],
  [`set ${NS.bind} bind`, () => refused('not-allowed', 'One resource for each stream.')],
  [`get ${NS.discoInfo} query`, info],
  [`get ${NS.discoItems} query`, items],
  [`get ${NS.roster} query`, getRoster],
  [`set ${NS.roster} query`, setRoster],
  [`get ${NS.privateXml} query`, getPrivate],
  [`set ${NS.privateXml} query`, setPrivate],
  [`get ${NS.vcard} vCard`, ownCard],
  [`get ${NS.blocking} blocklist`, () => result(element('blocklist', NS.blocking))],
  [`set ${NS.carbons} enable`, (stream) => switchCarbons(stream, true)],
  [`set ${NS.carbons} disable`, (stream) => switchCarbons(stream, false)],
  [`get ${NS.version} query`, version],
  [`get ${NS.time} time`, time],
]);

export function serverIq(stream: ServedStream, request: IqRequest, role: ServerRole): IqOutcome | Promise<IqOutcome> {
  const handler = table.get(`${request.type} ${request.payload.ns} ${request.payload.name}`);
  return handler === undefined ? refused('service-unavailable') : handler(stream, request.payload, role);
}

function info(_stream: ServedStream, payload: XmlElement, role: ServerRole): IqOutcome {
  const { node } = payload.attributes;
  if (node !== undefined && !isOurNode(node)) return refused('item-not-found');
  return result(discoInfo(role === 'account' && node === undefined ? 'account' : 'server', node));
}

function items(stream: ServedStream, payload: XmlElement, role: ServerRole): IqOutcome {
  const { node } = payload.attributes;
  if (node !== undefined || role === 'account') return result(discoItems(node, []));
  return result(discoItems(undefined, [{ jid: stream.services.domains.visitors, name: 'Visitors' }]));
}

function getPrivate(stream: ServedStream, payload: XmlElement): IqOutcome {
  const [asked, second] = elementsOf(payload);
  if (asked === undefined || second !== undefined) return refused('bad-request');
  const kept = stream.services.kept.of(stream.desk.operator).privateXml.get(privateKey(asked));
  return result(element('query', NS.privateXml, {}, kept ?? element(asked.name, asked.ns)));
}

function setPrivate(stream: ServedStream, payload: XmlElement): IqOutcome {
  const things = elementsOf(payload);
  if (things.length === 0) return refused('bad-request');
  if (things.some((thing) => thing.ns === NS.privateXml || thing.ns === NS.client)) return refused('not-acceptable');
  const kept = things.every((thing) => stream.services.kept.keepPrivate(stream.desk.operator, thing));
  return kept ? result() : refused('resource-constraint');
}

function switchCarbons(stream: ServedStream, on: boolean): IqOutcome {
  stream.carbons = on;
  return result();
}

function ownCard(stream: ServedStream): IqOutcome {
  return result(element('vCard', NS.vcard, {}, element('FN', NS.vcard, {}, stream.desk.record.displayName)));
}

function version(stream: ServedStream): IqOutcome {
  const parts = { name: 'Parla', version: stream.services.version };
  return result(
    element(
      'query',
      NS.version,
      {},
      ...Object.entries(parts).map(([name, text]) => element(name, NS.version, {}, text)),
    ),
  );
}

function time(stream: ServedStream): IqOutcome {
  const utc = new Date(stream.services.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  return result(element('time', NS.time, {}, element('tzo', NS.time, {}, '+00:00'), element('utc', NS.time, {}, utc)));
}
