// Owns what a stream offers in each of its phases (RFC 6120 section 4.3.2), and the header that opens it.
// It never decides in which phase a stream is.

import { capsElement } from './disco.ts';
import { element, escapeXml, type XmlElement, type XmlNode } from './element.ts';
import { NS } from './namespaces.ts';

export interface HeaderParts {
  readonly id: string;
  readonly from: string;
  readonly to: string | undefined;
}

export function headerText({ id, from, to }: HeaderParts): string {
  const addressed = to === undefined ? '' : ` to='${escapeXml(to)}'`;
  return (
    `<?xml version='1.0'?><stream:stream xmlns='${NS.client}' xmlns:stream='${NS.streams}'` +
    ` id='${id}' from='${escapeXml(from)}'${addressed} version='1.0' xml:lang='en'>`
  );
}

export const footerText = '</stream:stream>';

function features(...offered: XmlElement[]): XmlElement {
  return element('features', NS.streams, {}, ...offered);
}

export interface Offer {
  readonly secure: boolean;
  /** Only where nobody can listen: under TLS, or on this machine's own loopback by a switch. */
  readonly mechanisms: readonly string[];
}

export function loginFeatures({ secure, mechanisms }: Offer): XmlElement {
  const offered: XmlElement[] = [];
  if (!secure) {
    const required: XmlNode[] = mechanisms.length === 0 ? [element('required', NS.tls)] : [];
    offered.push(element('starttls', NS.tls, {}, ...required));
  }
  if (mechanisms.length > 0) {
    const names = mechanisms.map((name) => element('mechanism', NS.sasl, {}, name));
    offered.push(element('mechanisms', NS.sasl, {}, ...names));
  }
  return features(...offered);
}

export function boundFeatures(): XmlElement {
  const session = element('session', NS.session, {}, element('optional', NS.session));
  return features(element('bind', NS.bind), session, element('sm', NS.acks), capsElement());
}
