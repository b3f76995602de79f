// Owns what the keeper of accounts understands: the actor named `accounts`, the one path to change sites and operators.
// It remembers operators it has seen, so that they can log in while SQL is away; it never sees a password.

import { type Address, named } from '../runtime/mod.ts';
import type { OperatorName, SiteId } from './ids.ts';
import type { OperatorRecord, SiteRecord } from './ports.ts';

export type AccountsProtocol = {
  readonly calls: {
    readonly operator: {
      readonly request: { readonly name: OperatorName };
      readonly answer: { readonly operator: OperatorRecord | null };
    };
    readonly operators: {
      readonly request: { readonly site: SiteId | null };
      readonly answer: { readonly operators: readonly OperatorRecord[] };
    };
    /** `exists` when `mustBeNew` and somebody has the name; `unknownSite` names a site that is not there. */
    readonly putOperator: {
      readonly request: {
        readonly operator: OperatorRecord;
        readonly mustBeNew: boolean;
        readonly passwordChanged: boolean;
      };
      readonly answer: Record<string, never>;
    };
    /** Holds when it returns: the streams are told to close. */
    readonly removeOperator: {
      readonly request: { readonly name: OperatorName };
      readonly answer: { readonly removed: boolean };
    };
    readonly sites: {
      readonly request: Record<string, never>;
      readonly answer: { readonly sites: readonly SiteRecord[] };
    };
    readonly site: { readonly request: { readonly id: SiteId }; readonly answer: { readonly site: SiteRecord | null } };
    readonly putSite: {
      readonly request: { readonly site: SiteRecord; readonly mustBeNew: boolean };
      readonly answer: Record<string, never>;
    };
    readonly removeSite: { readonly request: { readonly id: SiteId }; readonly answer: { readonly removed: boolean } };
  };
  readonly casts: Record<never, never>;
};

export const accounts: Address<AccountsProtocol> = named('accounts');
