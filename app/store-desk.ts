// Owns the accounts' calls where no node runs: the same checks as the accounts' actor, straight on the database.
// It tells nobody of a change, because nobody is there.

import { type AccountsProtocol, refusal, type SiteId, type StoreProtocol } from '../actors/mod.ts';
import { type Answer, type CallName, failure, type Request, type Result, success } from '../runtime/mod.ts';
import type { StoreCall } from '../stores/mod.ts';

/** As much of the opened database as accounts need. */
export interface StoreCalls {
  call<N extends StoreCall>(name: N, request: Request<StoreProtocol, N>): Promise<Result<Answer<StoreProtocol, N>>>;
}

type Table = {
  readonly [N in CallName<AccountsProtocol>]: (
    store: StoreCalls,
    request: Request<AccountsProtocol, N>,
  ) => Promise<Result<Answer<AccountsProtocol, N>>>;
};

const table: Table = {
  operator: (store, request) => store.call('operator', request),
  operators: (store, request) => store.call('operators', request),
  removeOperator: (store, request) => store.call('removeOperator', request),
  sites: (store, request) => store.call('sites', request),
  site: (store, request) => store.call('site', request),
  removeSite: (store, request) => store.call('removeSite', request),
  putSite: async (store, { site, mustBeNew }) => {
    const there = await store.call('site', { id: site.id });
    if (!there.ok) return there;
    if (mustBeNew && there.value.site !== null) return failure(refusal('exists', 'the site is there already'));
    return store.call('putSite', { site });
  },
  putOperator: async (store, { operator, mustBeNew }) => {
    const there = await store.call('operator', { name: operator.name });
    if (!there.ok) return there;
    if (mustBeNew && there.value.operator !== null) return failure(refusal('exists', 'the operator is there already'));
    const unknown = await unknownSite(store, operator.sites);
    if (!unknown.ok) return unknown;
    if (unknown.value !== null) return failure(refusal('unknownSite', 'no such site', { site: unknown.value }));
    return store.call('putOperator', { operator });
  },
};

export const accountsCalls = Object.keys(table) as (keyof Table)[];

export function storeDesk(store: StoreCalls) {
  return {
    call: <N extends CallName<AccountsProtocol>>(name: N, request: Request<AccountsProtocol, N>) =>
      table[name](store, request),
  };
}

async function unknownSite(store: StoreCalls, sites: readonly SiteId[]): Promise<Result<SiteId | null>> {
  const answer = await store.call('sites', {});
  if (!answer.ok) return answer;
  const known = new Set(answer.value.sites.map((site) => site.id));
  return success(sites.find((site) => !known.has(site)) ?? null);
}
