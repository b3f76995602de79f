// Owns a stand-in for a node, for tests of the operator's edge alone: it answers for `accounts` and the operators'
// actors by plain functions, and keeps what was cast to them. It runs no actor.

import type { Address, CallName, CastName, Failure, Protocol } from '../../runtime/mod.ts';
import { failure, type Request, type Result, success } from '../../runtime/mod.ts';

export interface Sent {
  readonly to: string;
  readonly name: string;
  readonly message: unknown;
}

/** What answers a call: a value, or a failure to refuse it with, now or later. */
export type Responder = (request: never, to: string) => unknown;

export function refuseWith(code: string, data?: Failure['data']): { readonly refused: Failure } {
  const made = { code, message: code, retryable: false };
  return { refused: data === undefined ? made : { ...made, data } };
}

export class FakeNode {
  readonly casts: Sent[] = [];
  readonly calls: Sent[] = [];
  readonly #responders = new Map<string, Responder>();
  readonly #waiting: { readonly fits: (sent: Sent) => boolean; readonly resolve: (sent: Sent) => void }[] = [];

  answer(name: string, responder: Responder): void {
    this.#responders.set(name, responder);
  }

  /** The first cast of this name from now on, or an earlier one that nobody has taken. */
  nextCast(name: string, fits: (message: never) => boolean = () => true): Promise<Sent> {
    const matches = (sent: Sent) => sent.name === name && fits(sent.message as never);
    const at = this.casts.findIndex(matches);
    const found = at < 0 ? undefined : this.casts.splice(at, 1)[0];
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve) => this.#waiting.push({ fits: matches, resolve }));
  }

  cast<P extends Protocol, N extends CastName<P>>(to: Address<P>, name: N, message: P['casts'][N]): void {
    const sent = { to: addressText(to), name, message };
    const at = this.#waiting.findIndex((waiter) => waiter.fits(sent));
    if (at < 0) this.casts.push(sent);
    else this.#waiting.splice(at, 1)[0]?.resolve(sent);
  }

  async call<P extends Protocol, N extends CallName<P>>(
    to: Address<P>,
    name: N,
    request: Request<P, N>,
  ): Promise<Result<P['calls'][N]['answer']>> {
    const target = addressText(to);
    this.calls.push({ to: target, name, message: request });
    const responder = this.#responders.get(`${target.split(' ')[0]}.${name}`);
    if (responder === undefined) return failure({ code: 'noproc', message: target, retryable: true });
    const answer = await responder(request as never, target);
    if (typeof answer === 'object' && answer !== null && 'refused' in answer) return failure(answer.refused as Failure);
    return success(answer as P['calls'][N]['answer']);
  }
}

function addressText(to: Address): string {
  if ('family' in to) return `${to.family} ${to.key}`;
  return 'name' in to ? to.name : 'pid';
}
