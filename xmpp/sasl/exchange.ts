// Owns what the SASL mechanisms share (RFC 6120 section 6): their names, their steps, their failures.
// It never touches a socket: the stream words what a step answers.

import { type OperatorName, type OperatorRecord, operatorName } from '../../actors/mod.ts';
import type { Result } from '../../runtime/mod.ts';
import { fold } from '../jid.ts';

export const mechanisms = ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN'] as const;
export type Mechanism = (typeof mechanisms)[number];

/** RFC 6120 section 6.5. */
export type SaslCondition =
  | 'aborted'
  | 'encryption-required'
  | 'incorrect-encoding'
  | 'invalid-authzid'
  | 'invalid-mechanism'
  | 'malformed-request'
  | 'not-authorized'
  | 'temporary-auth-failure';

export type SaslStep =
  | { readonly is: 'challenge'; readonly data: string }
  | { readonly is: 'success'; readonly operator: OperatorRecord; readonly data: string | null }
  | { readonly is: 'failure'; readonly condition: SaslCondition };

export interface SaslExchange {
  /** Takes what the client sent, decoded; null for an `<auth/>` without an initial response. */
  step(message: Buffer | null): Promise<SaslStep>;
}

export interface SaslOptions {
  readonly domain: string;
  /** From it the salts of people who do not exist are made. */
  readonly secret: Uint8Array;
  readonly lookup: (name: OperatorName) => Promise<Result<OperatorRecord | null>>;
}

export function failed(condition: SaslCondition): SaslStep {
  return { is: 'failure', condition };
}

/** Base64 as RFC 4648 has it; a lone `=` stands for nothing. Null when it is something else. */
export function decodeBase64(text: string): Buffer | null {
  if (text === '=') return Buffer.alloc(0);
  const shape = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
  return shape.test(text) ? Buffer.from(text, 'base64') : null;
}

/** To act as somebody else is not offered: an authorization identity may only repeat who logs in. */
export function mayActAs(authzid: string, user: string, domain: string): boolean {
  return authzid === '' || fold(authzid) === `${fold(user)}@${fold(domain)}`;
}

/** The operator, null for nobody of this name, or `failure` when nobody can say. */
export async function lookUp(user: string, options: SaslOptions): Promise<OperatorRecord | null | 'failure'> {
  const name = operatorName(fold(user));
  if (name === null) return null;
  const found = await options.lookup(name);
  return found.ok ? found.value : 'failure';
}
