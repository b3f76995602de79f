// Owns what a site is when nothing is said about it.
// It never stores it.

import type { SiteId, SiteRecord } from '../actors/mod.ts';

export function newSite(id: SiteId): SiteRecord {
  return {
    id,
    name: `${id.charAt(0).toUpperCase()}${id.slice(1)}`,
    origins: [],
    theme: { color: '#0b6e5f', mode: 'auto' },
    locale: 'auto',
    routing: 'firstAnswer',
    keepQueryStrings: false,
    identitySecret: null,
    createdAt: Date.now(),
  };
}
