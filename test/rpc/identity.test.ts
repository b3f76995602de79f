// Owns the guarantees of identification: what makes a card verified, and everything that does not.
// It opens no socket; "now" is given.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SignJWT } from 'jose';
import { unverifiedCard, verifiedCard } from '../../rpc/identity.ts';
import { FakeChat } from '../support/fake-chat.ts';

const wall = Date.UTC(2026, 10, 21, 12);
const now = wall / 1_000;
const secret = 'a site secret of some length, 32+';
const site = new FakeChat().putSite({ id: 'demo', identitySecret: secret });

function signed(claims: Record<string, unknown>, alg = 'HS256', key = secret): Promise<string> {
  return new SignJWT({ sub: 'u-1', aud: 'demo', exp: now + 3_600, ...claims })
    .setProtectedHeader({ alg })
    .sign(new TextEncoder().encode(key));
}

async function refused(token: string): Promise<string | undefined> {
  const card = await verifiedCard(token, site, wall);
  return card.ok ? 'verified' : `${card.fault.name} ${card.fault.field}`;
}

describe('a verified visitor', () => {
  it('is who the site signed for', async () => {
    const token = await signed({
      name: 'Ada\u202e',
      email: 'ada@example.org',
      attributes: { plan: 'pro', paid: true },
    });
    const card = await verifiedCard(token, site, wall);
    assert.deepEqual(card.ok && card.value, {
      name: 'Ada',
      email: 'ada@example.org',
      attributes: { plan: 'pro', paid: true },
      subject: 'u-1',
      verified: true,
    });
  });

  const forgeries: readonly [string, () => Promise<string> | string][] = [
    ['another secret', () => signed({}, 'HS256', 'another secret of some length 32')],
    ['HS512', () => signed({}, 'HS512', secret.repeat(3))],
    ['no subject', () => signed({ sub: undefined })],
    ['an empty subject', () => signed({ sub: '' })],
    ['a subject that is no text', () => signed({ sub: 7 })],
    ['another site', () => signed({ aud: 'other' })],
    ['no audience', () => signed({ aud: undefined })],
    ['no end', () => signed({ exp: undefined })],
    ['an end that has passed', () => signed({ exp: now - 1 })],
    ['an end more than 24 h ahead', () => signed({ exp: now + 24 * 3_600 + 1 })],
    ['a beginning that has not come', () => signed({ nbf: now + 3_600 })],
    ['a claim that is not valid', () => signed({ email: 'nobody' })],
    ['no signature', () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`],
    ['nothing of a token', () => 'x'],
  ];
  for (const [what, token] of forgeries) {
    it(`is nobody with ${what}`, async () => {
      assert.equal(await refused(await token()), 'unauthorized token');
    });
  }

  it('may be signed for 24 h', async () => {
    assert.equal(await refused(await signed({ exp: now + 24 * 3_600 })), 'verified');
  });

  it('does not exist at a site without a secret', async () => {
    const card = await verifiedCard(await signed({}), { ...site, identitySecret: null }, wall);
    assert.equal(!card.ok && card.fault.name, 'unauthorized');
  });
});

describe('an unverified visitor', () => {
  it('is what his page says, marked as such', () => {
    const card = unverifiedCard({ name: 'Ada', email: undefined, phone: undefined, attributes: undefined });
    assert.deepEqual(card.ok && card.value, { name: 'Ada', verified: false });
  });

  it('says at least something', () => {
    const card = unverifiedCard({ name: undefined, email: undefined, phone: undefined, attributes: undefined });
    assert.equal(!card.ok && card.fault.name, 'invalidParams');
  });
});
