// Owns the guarantees of a visitor's token: bound to its site, unforgeable, rotatable, and its session derived from it.
// It opens no socket.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type SiteId, siteId } from '../../actors/mod.ts';
import { createTokens } from '../../rpc/token.ts';

const site = (name: string): SiteId => {
  const id = siteId(name);
  if (id === null) throw new Error(name);
  return id;
};
const demo = site('demo');
const tokens = createTokens('one secret', null);

describe('a visitor token', () => {
  it('is known again, with its site and session, by whoever has the secret', () => {
    const { token, session } = tokens.mint(demo);
    assert.deepEqual(createTokens('one secret', null).verify(token), { site: 'demo', session });
  });

  it('is another for each visitor', () => {
    const minted = Array.from({ length: 100 }, () => tokens.mint(demo));
    assert.equal(new Set(minted.map(({ token }) => token)).size, 100);
    assert.equal(new Set(minted.map(({ session }) => session)).size, 100);
  });

  it('has a session of s and 26 letters that does not contain it', () => {
    const { token, session } = tokens.mint(demo);
    assert.match(session, /^s[a-z2-7]{26}$/);
    assert.ok(!token.includes(session.slice(1)));
  });

  it('is fit for a URL', () => {
    assert.match(tokens.mint(site('my-shop')).token, /^[A-Za-z0-9._-]+$/);
  });

  it('is worth nothing with another site, other bits, another MAC or another secret', () => {
    const { token } = tokens.mint(demo);
    const [, bits = '', mac = ''] = token.split('.');
    const other = tokens.mint(demo).token.split('.');
    for (const forged of [
      `other.${bits}.${mac}`,
      `demo.${other[1]}.${mac}`,
      `demo.${bits}.${other[2]}`,
      `demo.${bits}.${mac.slice(0, -2)}`,
      `demo.${bits}.`,
      `demo.${bits}`,
      `demo.${bits}.${mac}.`,
      `demo.${bits}.${mac} `,
      `demo.${bits}=.${mac}`,
      '',
      '..',
      'x'.repeat(10_000),
    ]) {
      assert.equal(tokens.verify(forged), null, forged.slice(0, 80));
    }
    assert.equal(createTokens('another secret', null).verify(token), null);
  });

  it('has one spelling only', () => {
    const { token } = tokens.mint(demo);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const spellings = [...alphabet].map((letter) => token.slice(0, -1) + letter);
    assert.deepEqual(
      spellings.filter((text) => tokens.verify(text) !== null),
      [token],
    );
  });

  it('outlives a rotation of the secret, with the same session', () => {
    const { token, session } = tokens.mint(demo);
    const rotated = createTokens('two secret', 'one secret');
    assert.equal(rotated.verify(token)?.session, session);
    assert.equal(createTokens('one secret', null).verify(rotated.mint(demo).token), null);
  });
});
