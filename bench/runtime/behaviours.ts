// Owns the smallest actors there can be, for measuring the runtime and nothing else.
// They keep one number each and speak to nobody.

import { type Address, defineBehaviour, keyed, passivate, reply } from '../../runtime/mod.ts';

export type CounterProtocol = {
  readonly calls: {
    readonly add: { readonly request: { readonly by: number }; readonly answer: number };
  };
  readonly casts: {
    readonly add: { readonly by: number };
    /** Ends this life of the actor: the next message makes it again. */
    readonly rest: Record<string, never>;
  };
};

export const counter = defineBehaviour<CounterProtocol, { readonly key: string }, { sum: number }>({
  name: 'counter',
  init: () => ({ sum: 0 }),
  calls: {
    add(state, { by }) {
      state.sum += by;
      return reply(state.sum);
    },
  },
  casts: {
    add(state, { by }) {
      state.sum += by;
    },
    rest: () => passivate,
  },
});

export const benchFamilies = [{ family: 'counter', behaviour: 'counter' }] as const;

export function counterAt(key: string): Address<CounterProtocol> {
  return keyed('counter', key);
}
