// Owns the errors of the operator's edge: stream errors, stanza errors, and the one table from the chat's codes to
// stanza conditions. It never decides when one is due.

import type { Failure } from '../runtime/mod.ts';
import { element, type XmlElement, type XmlNode } from './element.ts';
import { NS } from './namespaces.ts';

/** RFC 6120 section 4.9.3: each of these ends the stream. */
export type StreamCondition =
  | 'bad-format'
  | 'bad-namespace-prefix'
  | 'conflict'
  | 'connection-timeout'
  | 'host-unknown'
  | 'improper-addressing'
  | 'internal-server-error'
  | 'invalid-from'
  | 'invalid-namespace'
  | 'not-authorized'
  | 'not-well-formed'
  | 'policy-violation'
  | 'reset'
  | 'resource-constraint'
  | 'restricted-xml'
  | 'system-shutdown'
  | 'undefined-condition'
  | 'unsupported-encoding'
  | 'unsupported-stanza-type'
  | 'unsupported-version';

export interface StreamFault {
  readonly condition: StreamCondition;
  readonly text?: string;
  /** A more exact condition of another namespace. */
  readonly detail?: XmlElement;
}

export function streamError(fault: StreamFault): XmlElement {
  const parts: XmlNode[] = [element(fault.condition, NS.streamErrors)];
  if (fault.text !== undefined) parts.push(element('text', NS.streamErrors, { 'xml:lang': 'en' }, fault.text));
  if (fault.detail !== undefined) parts.push(fault.detail);
  return element('error', NS.streams, {}, ...parts);
}

type StanzaErrorType = 'auth' | 'cancel' | 'continue' | 'modify' | 'wait';

/** RFC 6120 section 8.3.3, each with the type it recommends; where several fit, the one that holds for us. */
const stanzaTypes = {
  'bad-request': 'modify',
  conflict: 'cancel',
  'feature-not-implemented': 'cancel',
  forbidden: 'auth',
  'internal-server-error': 'cancel',
  'item-not-found': 'cancel',
  'jid-malformed': 'modify',
  'not-acceptable': 'modify',
  'not-allowed': 'cancel',
  'resource-constraint': 'wait',
  'service-unavailable': 'cancel',
  'unexpected-request': 'cancel',
} as const satisfies { readonly [condition: string]: StanzaErrorType };

export type StanzaCondition = keyof typeof stanzaTypes;

export interface StanzaFault {
  readonly condition: StanzaCondition;
  readonly type?: StanzaErrorType;
  readonly text?: string;
}

export function stanzaError(fault: StanzaFault): XmlElement {
  const parts: XmlNode[] = [element(fault.condition, NS.stanzaErrors)];
  if (fault.text !== undefined) parts.push(element('text', NS.stanzaErrors, { 'xml:lang': 'en' }, fault.text));
  return element('error', NS.client, { type: fault.type ?? stanzaTypes[fault.condition] }, ...parts);
}

/** The answer to a stanza that failed: back to where it came from, with what it carried, as RFC 6120 8.3.1 allows. */
export function errorReply(stanza: XmlElement, fault: StanzaFault, from?: string): XmlElement {
  const { to, id } = stanza.attributes;
  return element(
    stanza.name,
    NS.client,
    { type: 'error', from: from ?? to, id },
    ...stanza.children,
    stanzaError(fault),
  );
}

const refusals: { readonly [code: string]: StanzaFault } = {
  notFound: { condition: 'item-not-found', text: 'No such visitor at your sites.' },
  unknownOperator: { condition: 'item-not-found' },
  unknownSite: { condition: 'item-not-found' },
  taken: { condition: 'conflict' },
  tooLarge: { condition: 'not-acceptable', text: 'Your line is too long.' },
  invalid: { condition: 'not-acceptable' },
  unauthorized: { condition: 'forbidden' },
  blocked: { condition: 'not-allowed' },
  throttled: { condition: 'resource-constraint', text: 'Too fast; send it again in a moment.' },
  overloaded: { condition: 'resource-constraint', text: 'Too busy; send it again in a moment.' },
};

/** An expected failure as a stanza error. Whatever cannot be kept now may be sent again: `wait`. */
export function refusalFault(failure: Failure): StanzaFault {
  const known = refusals[failure.code];
  if (known !== undefined) return known;
  return { condition: 'internal-server-error', type: 'wait', text: 'It could not be kept; send it again in a moment.' };
}
