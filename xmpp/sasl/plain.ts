// Owns PLAIN (RFC 4616), for clients that know nothing better; it is offered only where nobody can listen.
// It never tells an unknown operator from a wrong password, by answer or by time.

import { failed, lookUp, mayActAs, type SaslExchange, type SaslOptions, type SaslStep } from './exchange.ts';
import { passwordFits, standInKeys } from './keys.ts';

export class PlainExchange implements SaslExchange {
  readonly #options: SaslOptions;

  constructor(options: SaslOptions) {
    this.#options = options;
  }

  async step(message: Buffer | null): Promise<SaslStep> {
    if (message === null) return { is: 'challenge', data: '' };
    const [authzid, user, password, more] = message.toString('utf8').split('\0');
    if (authzid === undefined || !user || !password || more !== undefined) return failed('malformed-request');
    if (!mayActAs(authzid, user, this.#options.domain)) return failed('invalid-authzid');
    const operator = await lookUp(user, this.#options);
    if (operator === 'failure') return failed('temporary-auth-failure');
    const keys = operator?.scram.sha256 ?? standInKeys(this.#options.secret, 'sha256', user);
    const fits = await passwordFits(password, keys);
    return operator !== null && fits ? { is: 'success', operator, data: null } : failed('not-authorized');
  }
}
