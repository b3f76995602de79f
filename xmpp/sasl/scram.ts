// Owns the server's side of SCRAM (RFC 5802, RFC 7677), without channel binding.
// It never tells an unknown operator from a wrong password: both get a salt, and both fail at the proof.
//
//   client                                server
//     | n,,n=anna,r=abc                      |
//     |------------------------------------->|
//     |        r=abcDEF,s=<salt>,i=10000     |
//     |<-------------------------------------|
//     | c=biws,r=abcDEF,p=<proof>            |
//     |------------------------------------->|
//     |        v=<server signature>          |
//     |<-------------------------------------|

import { randomBytes } from 'node:crypto';
import type { OperatorRecord, ScramKeys } from '../../actors/mod.ts';
import {
  decodeBase64,
  failed,
  lookUp,
  mayActAs,
  type SaslExchange,
  type SaslOptions,
  type SaslStep,
} from './exchange.ts';
import { digest, equal, hmac, type ScramHash, standInKeys } from './keys.ts';

interface Begun {
  readonly operator: OperatorRecord | null;
  readonly keys: ScramKeys;
  readonly gs2: string;
  readonly nonce: string;
  /** client-first-message-bare and server-first-message, as they go into the proof. */
  readonly sofar: string;
}

const nonceBytes = 18;
const clientFirst = /^((?:n|y),(?:a=([^,]+))?,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/su;
const clientFinal = /^(c=([^,]+),r=([^,]+)(?:,.*)?),p=([^,]+)$/su;

export class ScramExchange implements SaslExchange {
  readonly #hash: ScramHash;
  readonly #options: SaslOptions;
  #begun: Begun | null = null;

  constructor(hash: ScramHash, options: SaslOptions) {
    this.#hash = hash;
    this.#options = options;
  }

  async step(message: Buffer | null): Promise<SaslStep> {
    if (message === null) return this.#begun === null ? { is: 'challenge', data: '' } : failed('malformed-request');
    const text = message.toString('utf8');
    return this.#begun === null ? this.#begin(text) : this.#finish(text, this.#begun);
  }

  async #begin(text: string): Promise<SaslStep> {
    const [, gs2, authzid = '', bare, escapedUser, clientNonce] = clientFirst.exec(text) ?? [];
    if (gs2 === undefined || bare === undefined || escapedUser === undefined) return failed('malformed-request');
    const user = unescapeName(escapedUser);
    const actAs = unescapeName(authzid);
    if (user === null || actAs === null) return failed('malformed-request');
    if (!mayActAs(actAs, user, this.#options.domain)) return failed('invalid-authzid');
    const operator = await lookUp(user, this.#options);
    if (operator === 'failure') return failed('temporary-auth-failure');
    const keys = operator?.scram[this.#hash] ?? standInKeys(this.#options.secret, this.#hash, user);
    const nonce = `${clientNonce}${randomBytes(nonceBytes).toString('base64')}`;
    const serverFirst = `r=${nonce},s=${keys.salt},i=${keys.iterations}`;
    this.#begun = { operator, keys, gs2, nonce, sofar: `${bare},${serverFirst}` };
    return { is: 'challenge', data: serverFirst };
  }

  #finish(text: string, begun: Begun): SaslStep {
    const [, withoutProof, binding, nonce, proofText] = clientFinal.exec(text) ?? [];
    if (withoutProof === undefined || binding === undefined || proofText === undefined)
      return failed('malformed-request');
    const proof = decodeBase64(proofText);
    if (proof === null || decodeBase64(binding)?.toString('utf8') !== begun.gs2) return failed('malformed-request');
    const signed = `${begun.sofar},${withoutProof}`;
    const fits = nonce === begun.nonce && this.#proves(proof, signed, begun.keys);
    if (begun.operator === null || !fits) return failed('not-authorized');
    const signature = hmac(this.#hash, Buffer.from(begun.keys.serverKey, 'base64'), signed);
    return { is: 'success', operator: begun.operator, data: `v=${signature.toString('base64')}` };
  }

  #proves(proof: Buffer, signed: string, keys: ScramKeys): boolean {
    const storedKey = Buffer.from(keys.storedKey, 'base64');
    const signature = hmac(this.#hash, storedKey, signed);
    if (proof.length !== signature.length) return false;
    const clientKey = signature.map((byte, at) => byte ^ (proof[at] ?? 0));
    return equal(digest(this.#hash, clientKey), storedKey);
  }
}

/** RFC 5802 5.1: `,` travels as `=2C` and `=` as `=3D`; any other `=` is an error. */
function unescapeName(text: string): string | null {
  if (/=(?!2C|3D)/.test(text)) return null;
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=');
}
