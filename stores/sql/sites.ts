// Owns the customers' websites in SQL: reading, putting and removing their records.
// It never decides who may; removing a site keeps what was said there.

import type { SiteId, SiteRecord } from '../../actors/mod.ts';
import type { Dialect } from './dialect.ts';
import { type Query, type Row, read, write } from './query.ts';
import { upsert } from './upsert.ts';

export function* sites({ build }: Dialect): Query<readonly SiteRecord[]> {
  return (yield* read(build.selectFrom('sites').selectAll('sites').orderBy('id'))).map(siteOf);
}

export function* site({ build }: Dialect, id: SiteId): Query<SiteRecord | null> {
  const [row] = yield* read(build.selectFrom('sites').selectAll('sites').where('id', '=', id));
  return row === undefined ? null : siteOf(row);
}

export function* putSite(dialect: Dialect, record: SiteRecord): Query<void> {
  yield* upsert(dialect, { table: 'sites', key: 'id', row: siteRow(record) });
}

/** Operators lose this site by the foreign key. */
export function* removeSite({ build }: Dialect, id: SiteId): Query<boolean> {
  return (yield* write(build.deleteFrom('sites').where('id', '=', id))) > 0;
}

function siteRow(record: SiteRecord) {
  return {
    id: record.id,
    name: record.name,
    origins: JSON.stringify(record.origins),
    theme_color: record.theme.color,
    theme_mode: record.theme.mode,
    locale: record.locale,
    routing: record.routing,
    keep_query_strings: record.keepQueryStrings ? 1 : 0,
    identity_secret: record.identitySecret,
    created_at: record.createdAt,
  };
}

function siteOf(row: Row): SiteRecord {
  return {
    id: row.id,
    name: row.name,
    origins: JSON.parse(String(row.origins)),
    theme: { color: row.theme_color, mode: row.theme_mode },
    locale: row.locale,
    routing: row.routing,
    keepQueryStrings: row.keep_query_strings === 1,
    identitySecret: row.identity_secret,
    createdAt: row.created_at,
  } as SiteRecord;
}
