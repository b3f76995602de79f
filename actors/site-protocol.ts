// Owns what a site understands: the family `site`, keyed by site id: who is on duty, which conversations are there.
// An unknown site fails in init with `unknownSite`, so no actor stays for a name that somebody made up.

import { type Address, keyed, keyedIfAlive } from '../runtime/mod.ts';
import type { Contact, SiteView } from './chat.ts';
import type { OperatorName, RoomId, SiteId } from './ids.ts';

export type SiteProtocol = {
  readonly calls: {
    readonly describe: { readonly request: Record<string, never>; readonly answer: SiteView };
    /** Contacts with an open conversation, or one closed less than 10 minutes ago. */
    readonly contacts: {
      readonly request: Record<string, never>;
      readonly answer: { readonly contacts: readonly Contact[] };
    };
  };
  readonly casts: {
    /** A level, from each operator of the site: on change and every 30 s while he has a stream. */
    readonly operator: {
      readonly operator: OperatorName;
      readonly name: string;
      /** Has a stream, or lost one less than 60 s ago. */
      readonly attached: boolean;
      /** Attached and neither away, xa nor dnd. */
      readonly available: boolean;
      readonly show: string;
      readonly status: string;
    };
    /** A level, from a room: on every change and every 30 s while its conversation is open. */
    readonly conversation: { readonly contact: Contact };
    /** From a room: what was said after this seq has other numbers now. */
    readonly renumbered: { readonly room: RoomId; readonly after: number };
    /** Settings were changed in the store. */
    readonly changed: Record<string, never>;
  };
};

export function siteAt(site: SiteId): Address<SiteProtocol> {
  return keyed('site', site);
}

export function siteIfAlive(site: SiteId): Address<SiteProtocol> {
  return keyedIfAlive('site', site);
}
