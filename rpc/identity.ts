// Owns who a visitor is said to be: an unverified card from his page, or a verified one from a token that his site signed.
// It never verifies with anything but HS256 and the site's own secret, and never mixes the page's words into a signed card.

import { jwtVerify } from 'jose';
import { z } from 'zod';
import type { SiteView, VisitorCard } from '../actors/mod.ts';
import { failed, type Outcome, success } from './fault.ts';
import { attributeUnitsMax, jwtAheadSeconds } from './limits.ts';
import { cardShape, type ParamsOf } from './params.ts';
import { plainLine } from './text.ts';

type Card = Pick<ParamsOf<'session.identify'>, 'name' | 'email' | 'phone' | 'attributes'>;

const claimsSchema = z.object({
  sub: z.string().transform(plainLine).pipe(z.string().min(1).max(attributeUnitsMax)),
  exp: z.number(),
  ...cardShape,
});

export function unverifiedCard(card: Card): Outcome<VisitorCard> {
  const said = cardOf(card);
  if (Object.keys(said).length === 0)
    return failed('invalidParams', 'name, email, phone, attributes or token is needed');
  return success({ ...said, verified: false });
}

/** `wall` is milliseconds since 1970. */
export async function verifiedCard(token: string, site: SiteView, wall: number): Promise<Outcome<VisitorCard>> {
  if (site.identitySecret === null) return refused('this site signs no identities');
  const claims = await claimsOf(token, { secret: site.identitySecret, audience: site.id, wall });
  if (claims === null) return refused('the token is not valid');
  const parsed = claimsSchema.safeParse(claims);
  if (!parsed.success) return refused('the token has a claim that is not valid');
  const { sub, exp, ...card } = parsed.data;
  if (exp > wall / 1_000 + jwtAheadSeconds) return refused('the token ends more than 24 hours ahead');
  return success({ ...cardOf(card), subject: sub, verified: true });
}

async function claimsOf(
  token: string,
  by: { readonly secret: string; readonly audience: string; readonly wall: number },
): Promise<object | null> {
  try {
    const verified = await jwtVerify(token, new TextEncoder().encode(by.secret), {
      algorithms: ['HS256'],
      audience: by.audience,
      requiredClaims: ['sub', 'exp'],
      currentDate: new Date(by.wall),
    });
    return verified.payload;
  } catch {
    // Every reason is one to the client: a forger learns nothing.
    return null;
  }
}

function cardOf({ name, email, phone, attributes }: Card): Omit<VisitorCard, 'verified' | 'subject'> {
  return {
    ...(name === undefined ? {} : { name }),
    ...(email === undefined ? {} : { email }),
    ...(phone === undefined ? {} : { phone }),
    ...(attributes === undefined ? {} : { attributes }),
  };
}

function refused(message: string): Outcome<never> {
  return failed('unauthorized', message, { field: 'token' });
}
