// Owns how a password becomes the credentials that are kept (RFC 5802 section 3), and the stand-ins for operators who
// do not exist. It never keeps a password, and never blocks the edge: PBKDF2 runs on libuv's threads.

import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { ScramKeys } from '../../actors/mod.ts';

export type ScramHash = 'sha1' | 'sha256';

export interface ScramKeyPair {
  readonly sha1: ScramKeys;
  readonly sha256: ScramKeys;
}

/** RFC 7677 asks for at least 4,096. */
export const scramIterations = 10_000;
const saltBytes = 16;
const hashBytes: { readonly [hash in ScramHash]: number } = { sha1: 20, sha256: 32 };
const derive = promisify(pbkdf2);

/** What is kept for an operator instead of the password. */
export async function scramKeys(password: string): Promise<ScramKeyPair> {
  const [sha1, sha256] = await Promise.all([keysFor(password, 'sha1'), keysFor(password, 'sha256')]);
  return { sha1, sha256 };
}

async function keysFor(password: string, hash: ScramHash): Promise<ScramKeys> {
  const salt = randomBytes(saltBytes);
  const salted = await saltedPassword(password, { hash, salt, iterations: scramIterations });
  return {
    salt: salt.toString('base64'),
    iterations: scramIterations,
    storedKey: digest(hash, hmac(hash, salted, 'Client Key')).toString('base64'),
    serverKey: hmac(hash, salted, 'Server Key').toString('base64'),
  };
}

interface Salting {
  readonly hash: ScramHash;
  readonly salt: Uint8Array;
  readonly iterations: number;
}

function saltedPassword(password: string, { hash, salt, iterations }: Salting): Promise<Buffer> {
  return derive(preparePassword(password), salt, iterations, hashBytes[hash], hash);
}

/** SASLprep (RFC 4013) as far as it matters for typed passwords: spaces, invisible characters, NFKC. */
function preparePassword(password: string): string {
  return password
    .replace(/\p{Zs}/gu, ' ')
    .replace(/\u{ad}|\u{34f}|[\u{180b}-\u{180d}]|[\u{200b}-\u{200d}]|\u{2060}|[\u{fe00}-\u{fe0f}]|\u{feff}/gu, '')
    .normalize('NFKC');
}

/** Whether this is the password behind the keys; takes as long for a stand-in as for a real operator. */
export async function passwordFits(password: string, keys: ScramKeys): Promise<boolean> {
  const salting = { hash: 'sha256', salt: Buffer.from(keys.salt, 'base64'), iterations: keys.iterations } as const;
  const salted = await saltedPassword(password, salting);
  return equal(digest('sha256', hmac('sha256', salted, 'Client Key')), Buffer.from(keys.storedKey, 'base64'));
}

/**
 * Keys of somebody who does not exist: the salt is the same each time that name is tried, also after a restart, so
 * that nobody can tell from it who has an account. No password fits them.
 */
export function standInKeys(secret: Uint8Array, hash: ScramHash, name: string): ScramKeys {
  const part = (what: string) => hmac(hash, secret, `${what}\0${hash}\0${name}`);
  return {
    salt: part('salt').subarray(0, saltBytes).toString('base64'),
    iterations: scramIterations,
    storedKey: part('stored').toString('base64'),
    serverKey: part('server').toString('base64'),
  };
}

export function digest(hash: ScramHash, data: Uint8Array): Buffer {
  return createHash(hash).update(data).digest();
}

export function hmac(hash: ScramHash, key: Uint8Array, data: string): Buffer {
  return createHmac(hash, key).update(data).digest();
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
