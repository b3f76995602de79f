// Owns a well-formed request and what answers it: a result with or without a payload, or a stanza error.
// It sends nothing.

import type { XmlElement } from './element.ts';
import type { StanzaCondition, StanzaFault } from './errors.ts';

export interface IqRequest {
  readonly iq: XmlElement;
  readonly type: 'get' | 'set';
  readonly payload: XmlElement;
}

export type IqOutcome =
  | { readonly is: 'result'; readonly payload: XmlElement | null }
  | { readonly is: 'error'; readonly fault: StanzaFault };

export function result(payload: XmlElement | null = null): IqOutcome {
  return { is: 'result', payload };
}

export function refused(condition: StanzaCondition, text?: string): IqOutcome {
  return { is: 'error', fault: text === undefined ? { condition } : { condition, text } };
}
