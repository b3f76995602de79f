// Owns how an operator's account begins: the made password and the SCRAM keys that are kept instead of it.
// It never stores the account, and keeps no password.

import { randomInt } from 'node:crypto';
import type { OperatorName, OperatorRecord, SiteId } from '../actors/mod.ts';
import { scramKeys } from '../xmpp/mod.ts';

export interface NewOperator {
  readonly name: OperatorName;
  readonly sites: readonly SiteId[];
  readonly password: string;
  /** What visitors see; default: the name with a capital. */
  readonly displayName?: string;
  readonly admin?: boolean;
}

/** Without letters that look alike; five groups of four are 99 bits. */
const passwordAlphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
const passwordGroups = 5;
const passwordGroupLetters = 4;

export async function newOperator(asked: NewOperator): Promise<OperatorRecord> {
  const { name, sites, password } = asked;
  const displayName = asked.displayName ?? `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return {
    name,
    displayName,
    sites,
    admin: asked.admin ?? false,
    scram: await scramKeys(password),
    createdAt: Date.now(),
  };
}

export function madePassword(): string {
  const letter = () => passwordAlphabet[randomInt(passwordAlphabet.length)];
  const group = () => Array.from({ length: passwordGroupLetters }, letter).join('');
  return Array.from({ length: passwordGroups }, group).join('-');
}
