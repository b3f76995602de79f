// Owns the visitor's token: 128 random bits with a MAC that binds them to a site, and the session derived from them.
// No token is stored or logged anywhere; who has the secret knows every token's session. Genuine ones are known again by
// their hash: a seventh of the edge's CPU under polls went into proving the same tokens again and again.
//
//   token   = <site> . base64url(bits) . base64url(HMAC-SHA-256(secret, purpose, site, bits))
//   session = s + base32(first 128 bits of SHA-256(purpose, site, bits))      one way, and the same after a rotation

import { createHmac, createSecretKey, hash, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { base32, type SessionId, type SiteId, sessionId, siteId } from '../actors/mod.ts';
import { tokensKnownMax, tokenUnitsMax } from './limits.ts';

export interface Visitor {
  readonly session: SessionId;
  readonly site: SiteId;
}

export interface Tokens {
  mint(site: SiteId): Visitor & { readonly token: string };
  /** Null for whatever these secrets did not sign. */
  verify(token: string): Visitor | null;
}

const bitsBytes = 16;
const macPurpose = 'parla visitor token 1';
const sessionPurpose = 'parla visitor session 1';

/** The previous secret is accepted while an installation rotates to a new one. */
export function createTokens(secret: string, previousSecret: string | null): Tokens {
  const key = createSecretKey(Buffer.from(secret));
  const keys = previousSecret === null ? [key] : [key, createSecretKey(Buffer.from(previousSecret))];
  const known = new LRUCache<string, Visitor>({ max: tokensKnownMax });
  const proven = (token: string): Visitor | null => {
    const parts = partsOf(token);
    if (parts === null) return null;
    const { site, bits, mac } = parts;
    const genuine = keys.some((one) => timingSafeEqual(macOf(one, site, bits), mac));
    return genuine ? { site, session: sessionOf(site, bits) } : null;
  };
  return {
    mint(site) {
      const bits = randomBytes(bitsBytes);
      const token = `${site}.${bits.toString('base64url')}.${macOf(key, site, bits).toString('base64url')}`;
      return { token, site, session: sessionOf(site, bits) };
    },
    verify(token) {
      if (token.length > tokenUnitsMax) return null;
      const name = hash('sha256', token, 'base64');
      const before = known.get(name);
      if (before !== undefined) return before;
      const visitor = proven(token);
      if (visitor !== null) known.set(name, visitor);
      return visitor;
    },
  };
}

function partsOf(token: string): { readonly site: SiteId; readonly bits: Buffer; readonly mac: Buffer } | null {
  const [name, bitsText, macText, more] = token.split('.');
  if (name === undefined || bitsText === undefined || macText === undefined || more !== undefined) return null;
  const site = siteId(name);
  const bits = Buffer.from(bitsText, 'base64url');
  const mac = Buffer.from(macText, 'base64url');
  // Only one text is a token: base64 readers forgive other spellings of the same bytes.
  const exact = bits.toString('base64url') === bitsText && mac.toString('base64url') === macText;
  return site !== null && exact && bits.length === bitsBytes && mac.length === 32 ? { site, bits, mac } : null;
}

function macOf(key: KeyObject, site: SiteId, bits: Uint8Array): Buffer {
  return createHmac('sha256', key).update(`${macPurpose}\0${site}\0`).update(bits).digest();
}

function sessionOf(site: SiteId, bits: Uint8Array): SessionId {
  const digest = hash('sha256', Buffer.concat([Buffer.from(`${sessionPurpose}\0${site}\0`), bits]), 'buffer');
  const id = sessionId(`s${base32(digest.subarray(0, bitsBytes))}`);
  if (id === null) throw new Error('a derived session id has no valid shape');
  return id;
}
