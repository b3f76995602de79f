// Owns what a key looks like on a cache server: printable ASCII of at most 250 bytes, whatever it was made of.
// No two different keys ever become one, and nothing in a key can end a line or begin a command.

import { createHash } from 'node:crypto';

/** memcached's bound; Redis has none that matters. */
export const keyBytesMax = 250;

/** Begins every hash. A key that begins so itself is hashed as well: none can pose as the hash of another. */
const hashMark = '#';

/** The key itself where every server can take it, else a hash of it (SHA-256, base64url). */
export function storageKey(key: string): string {
  if (isPlain(key) && !key.startsWith(hashMark)) return key;
  // UTF-16 tells all strings apart; in UTF-8 every lone surrogate is the same.
  return hashMark + createHash('sha256').update(Buffer.from(key, 'utf16le')).digest('base64url');
}

/** Each of its characters is one byte, so its length is its bytes. */
function isPlain(key: string): boolean {
  return key.length <= keyBytesMax && /^[\x21-\x7e]+$/.test(key);
}
