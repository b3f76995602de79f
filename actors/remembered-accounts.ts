// Owns the accounts as the store had them last: what is answered from while it cannot be read. It is pure.
// It never outlives what the store says: who is not there any more is forgotten with the next answer.

import type { OperatorName, SiteId } from './ids.ts';
import type { OperatorRecord, SiteRecord } from './ports.ts';

/** What became different, for the journal to keep. */
export interface AccountNews {
  readonly remember: { readonly sites: readonly SiteRecord[]; readonly operators: readonly OperatorRecord[] };
  readonly forget: { readonly sites: readonly SiteId[]; readonly operators: readonly OperatorName[] };
}

export class RememberedAccounts {
  readonly #sites = new Map<SiteId, SiteRecord>();
  readonly #operators = new Map<OperatorName, OperatorRecord>();
  readonly #operatorsMax: number;

  constructor(operatorsMax: number) {
    this.#operatorsMax = operatorsMax;
  }

  site(id: SiteId): SiteRecord | undefined {
    return this.#sites.get(id);
  }

  operator(name: OperatorName): OperatorRecord | undefined {
    return this.#operators.get(name);
  }

  sites(): readonly SiteRecord[] {
    return [...this.#sites.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  operators(site: SiteId | null): readonly OperatorRecord[] {
    return [...this.#operators.values()]
      .filter(({ sites }) => site === null || sites.includes(site))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** What an earlier life remembered; what this one has heard since is newer. */
  recall(sites: readonly SiteRecord[], operators: readonly OperatorRecord[]): void {
    for (const site of sites) if (!this.#sites.has(site.id)) this.#sites.set(site.id, site);
    for (const operator of operators) if (!this.#operators.has(operator.name)) this.#putOperator(operator);
  }

  noteSite(id: SiteId, site: SiteRecord | null): AccountNews {
    if (same(this.#sites.get(id), site)) return nothing;
    this.#sites.delete(id);
    if (site === null) return { ...nothing, forget: { sites: [id], operators: [] } };
    this.#sites.set(id, site);
    return { ...nothing, remember: { sites: [site], operators: [] } };
  }

  noteOperator(name: OperatorName, operator: OperatorRecord | null): AccountNews {
    if (same(this.#operators.get(name), operator)) return nothing;
    this.#operators.delete(name);
    if (operator === null) return { ...nothing, forget: { sites: [], operators: [name] } };
    this.#putOperator(operator);
    return { ...nothing, remember: { sites: [], operators: [operator] } };
  }

  /** Everything that there is. */
  noteAll(sites: readonly SiteRecord[], operators: readonly OperatorRecord[]): AccountNews {
    const [siteIds, names] = [new Set(sites.map(({ id }) => id)), new Set(operators.map(({ name }) => name))];
    const gone = {
      sites: [...this.#sites.keys()].filter((id) => !siteIds.has(id)),
      operators: [...this.#operators.keys()].filter((name) => !names.has(name)),
    };
    const news = {
      sites: sites.filter((site) => !same(this.#sites.get(site.id), site)),
      operators: operators
        .slice(0, this.#operatorsMax)
        .filter((operator) => !same(this.#operators.get(operator.name), operator)),
    };
    for (const id of gone.sites) this.#sites.delete(id);
    for (const name of gone.operators) this.#operators.delete(name);
    for (const site of news.sites) this.#sites.set(site.id, site);
    for (const operator of news.operators) this.#putOperator(operator);
    return { remember: news, forget: gone };
  }

  #putOperator(operator: OperatorRecord): void {
    this.#operators.set(operator.name, operator);
    const [oldest] = this.#operators.keys();
    if (this.#operators.size > this.#operatorsMax && oldest !== undefined) this.#operators.delete(oldest);
  }
}

const nothing: AccountNews = { remember: { sites: [], operators: [] }, forget: { sites: [], operators: [] } };

function same(a: object | null | undefined, b: object | null): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b);
}
