// Owns actors for what OTP's users would try between threads: an heir who takes the name of the dead, a clerk who
// answers in another's place. They hold no assertion.

import { type Address, defineBehaviour, type From, type Info, named, reply } from '../../runtime/mod.ts';

export type HeirProtocol = {
  calls: {
    /** Answered when the one who has this name is dead, with whether the name could be had in that moment. */
    inherit: { request: { readonly name: string }; answer: boolean };
    claim: { request: { readonly names: readonly string[] }; answer: readonly string[] };
  };
  casts: Record<string, never>;
};

interface HeirState {
  readonly waiting: Map<number, { readonly name: string; readonly from: From<boolean> }>;
}

export const heir = defineBehaviour<HeirProtocol, null, HeirState>({
  name: 'heir',
  init: () => ({ waiting: new Map() }),
  calls: {
    inherit: (state, { name }, context, from) => {
      state.waiting.set(context.monitor(named(name)), { name, from });
      return undefined;
    },
    claim: async (_state, { names }, context) => {
      const got = await Promise.all(names.map((name) => context.register(name)));
      return reply(names.filter((_name, i) => got[i]));
    },
  },
  casts: {},
  info: async (state, info: Info, context) => {
    const due = info.type === 'down' ? state.waiting.get(info.ref) : undefined;
    if (due !== undefined) context.reply(due.from, await context.register(due.name));
  },
});

export type ClerkProtocol = {
  calls: {
    /** Answered by the colleague. */
    ask: { request: { readonly colleague: Address<ClerkProtocol> }; answer: string };
    name: { request: null; answer: string };
  };
  casts: { answer: { readonly from: From<string>; readonly text: string } };
};

export const clerk = defineBehaviour<ClerkProtocol, { readonly name: string }, string>({
  name: 'clerk',
  init: ({ name }) => name,
  calls: {
    ask: (name, { colleague }, context, from) => {
      context.cast<ClerkProtocol, 'answer'>(colleague, 'answer', { from, text: `asked by ${name}` });
      return undefined;
    },
    name: (name) => reply(name),
  },
  casts: {
    answer: (name, { from, text }, context) => context.reply(from, `${name}, ${text}`),
  },
});
