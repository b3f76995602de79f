// Owns Jabber addresses: their three parts, and who an address of this server names.
// It never checks that somebody is there.

import { type OperatorName, operatorName, type SessionId, sessionId } from '../actors/mod.ts';

export interface Jid {
  readonly local: string;
  readonly domain: string;
  readonly resource: string;
}

/** RFC 7622: each part at most 1,023 bytes. */
export const jidPartBytesMax = 1_023;

/** Space, control characters and the eight that RFC 7622 section 3.3.1 forbids. */
const localForbidden = /[\s"&'/:<>@\p{Cc}]/u;
const domainShape = /^(?=.{1,253}$)[\p{L}\p{N}]([\p{L}\p{N}.-]*[\p{L}\p{N}])?\.?$|^\[[0-9a-f:.]+\]$/u;

/** Null for what is no address. Local part and domain are folded; the resource is kept as it is. */
export function parseJid(text: string): Jid | null {
  const slash = text.indexOf('/');
  const bare = slash < 0 ? text : text.slice(0, slash);
  const at = bare.indexOf('@');
  const local = fold(at < 0 ? '' : bare.slice(0, at));
  const domain = fold(bare.slice(at + 1)).replace(/\.$/, '');
  const resource = slash < 0 ? '' : text.slice(slash + 1).normalize('NFC');
  if ((at >= 0 && local === '') || (slash >= 0 && resource === '')) return null;
  if (localForbidden.test(local) || /\p{Cc}/u.test(resource) || !domainShape.test(domain)) return null;
  if ([local, domain, resource].some((part) => Buffer.byteLength(part) > jidPartBytesMax)) return null;
  return { local, domain, resource };
}

export function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

export function bareText(jid: Jid): string {
  return jid.local === '' ? jid.domain : `${jid.local}@${jid.domain}`;
}

/** Who an address names, seen from this server. */
export type Addressee =
  | { readonly is: 'server' }
  | { readonly is: 'visitors' }
  | { readonly is: 'operator'; readonly name: OperatorName; readonly resource: string }
  | { readonly is: 'visitor'; readonly session: SessionId; readonly resource: string }
  | { readonly is: 'nobody' };

/** The names under which this server is addressed. */
export class Domains {
  readonly main: string;
  readonly visitors: string;

  constructor(domain: string) {
    this.main = fold(domain);
    this.visitors = `visitors.${this.main}`;
  }

  operator(name: OperatorName): string {
    return `${name}@${this.main}`;
  }

  visitor(session: SessionId): string {
    return `${session}@${this.visitors}`;
  }

  whoIs(jid: Jid): Addressee {
    if (jid.domain === this.main) {
      if (jid.local === '') return { is: 'server' };
      const name = operatorName(jid.local);
      return name === null ? { is: 'nobody' } : { is: 'operator', name, resource: jid.resource };
    }
    if (jid.domain === this.visitors) {
      if (jid.local === '') return { is: 'visitors' };
      const session = sessionId(jid.local);
      return session === null ? { is: 'nobody' } : { is: 'visitor', session, resource: jid.resource };
    }
    return { is: 'nobody' };
  }
}
