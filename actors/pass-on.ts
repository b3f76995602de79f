// Owns the handing on of an answer that somebody else gave: as it is, or its failure in other words.
// It decides nothing.

import type { Context, Failure, From, Result } from '../runtime/mod.ts';

/** For `context.ask`: what the other one answers is the answer. */
export function passOn<A>(context: Context, from: From<A>, instead?: Failure): (result: Result<A>) => undefined {
  return (result) => {
    if (result.ok) context.reply(from, result.value);
    else context.refuse(from, instead ?? result.error);
  };
}
