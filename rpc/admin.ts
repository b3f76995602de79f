// Owns who may see the inside of a node: whoever has the admin token, as Bearer or as the password of Basic.
// A peer's address never grants anything.

import { createHash, timingSafeEqual } from 'node:crypto';

export type AdminCheck = (authorization: string | undefined) => boolean;

export function adminCheck(adminToken: string): AdminCheck {
  const wanted = digest(adminToken);
  return (authorization) => {
    const given = givenToken(authorization ?? '');
    return given !== null && timingSafeEqual(digest(given), wanted);
  };
}

function givenToken(authorization: string): string | null {
  const [scheme = '', value = ''] = authorization.split(' ', 2);
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme.toLowerCase() !== 'basic') return null;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? null : pair.slice(colon + 1);
}

/** Equal lengths, so that comparing takes the same time for every guess. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
