// Owns what this server says it can do (XEP-0030, XEP-0115): for itself, for an account, for visitors.
// It lists nothing that is not answered elsewhere in this folder.

import { createHash } from 'node:crypto';
import { element, type XmlElement } from './element.ts';
import { NS } from './namespaces.ts';

interface Identity {
  readonly category: string;
  readonly type: string;
  readonly name: string;
}

interface Described {
  readonly identity: Identity;
  readonly features: readonly string[];
}

const server: Described = {
  identity: { category: 'server', type: 'im', name: 'Parla' },
  features: [
    NS.carbons,
    NS.discoInfo,
    NS.discoItems,
    NS.ping,
    NS.privateXml,
    NS.stanzaIds,
    NS.time,
    NS.vcard,
    NS.version,
    NS.blocking,
    NS.delay,
  ].sort(),
};
const account: Described = {
  identity: { category: 'account', type: 'registered', name: '' },
  features: [NS.discoInfo, NS.discoItems, NS.ping, NS.vcard].sort(),
};
const visitors: Described = {
  identity: { category: 'directory', type: 'user', name: 'Visitors' },
  features: [NS.discoInfo, NS.discoItems, NS.ping].sort(),
};
const visitor: Described = {
  identity: { category: 'client', type: 'web', name: 'Parla widget' },
  features: [NS.chatStates, NS.discoInfo, NS.ping, NS.vcard, NS.version].sort(),
};
const describedKinds = { server, account, visitors, visitor } as const;
export type DescribedKind = keyof typeof describedKinds;

const capsNode = 'urn:parla:server';

export function discoInfo(kind: DescribedKind, node: string | undefined): XmlElement {
  const { identity, features } = describedKinds[kind];
  const { category, type, name } = identity;
  const identityElement = element('identity', NS.discoInfo, { category, type, name: name === '' ? undefined : name });
  const featureElements = features.map((feature) => element('feature', NS.discoInfo, { var: feature }));
  return element('query', NS.discoInfo, { node }, identityElement, ...featureElements);
}

export function discoItems(node: string | undefined, items: readonly { jid: string; name: string }[]): XmlElement {
  return element('query', NS.discoItems, { node }, ...items.map((item) => element('item', NS.discoItems, { ...item })));
}

/** Whether `node` is one that was named in our caps. */
export function isOurNode(node: string): boolean {
  return node === `${capsNode}#${capsHash()}`;
}

/** For the stream's features: a client that knows this hash needs not ask. */
export function capsElement(): XmlElement {
  return element('c', NS.caps, { hash: 'sha-1', node: capsNode, ver: capsHash() });
}

/** XEP-0115 section 5.1. */
function capsHash(): string {
  const { category, type, name } = server.identity;
  const text = `${category}/${type}//${name}<${server.features.map((feature) => `${feature}<`).join('')}`;
  return createHash('sha1').update(text).digest('base64');
}
