// Owns a store that says `stored` and keeps nothing: what an append costs without durability.
// It belongs to the benchmark; no node of Parla knows it.

import type { StoreProtocol } from '../../actors/mod.ts';
import { defineBehaviour, reply } from '../../runtime/mod.ts';

type AppendOnly = {
  readonly calls: Pick<StoreProtocol['calls'], 'append'>;
  readonly casts: Record<never, never>;
};

export const forgetfulStore = defineBehaviour<AppendOnly, null, null>({
  name: 'forgetfulStore',
  init: () => null,
  calls: {
    append: (_, { groups }) => reply({ outcomes: groups.map(() => ({ type: 'stored' })) }),
  },
  casts: {},
});
