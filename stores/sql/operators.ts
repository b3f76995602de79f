// Owns the operators' accounts in SQL: their records and the sites they serve.
// It holds keys that check a password and never the password.

import type { OperatorName, OperatorRecord, SiteId } from '../../actors/mod.ts';
import type { Dialect } from './dialect.ts';
import { type Query, type Row, read, transaction, write } from './query.ts';
import { upsert } from './upsert.ts';

/** Of one site, or all. */
export function* operators(dialect: Dialect, ofSite: SiteId | null): Query<readonly OperatorRecord[]> {
  const all = yield* read(dialect.build.selectFrom('operators').selectAll('operators').orderBy('name'));
  const served = yield* sitesByOperator(dialect);
  const records = all.map((row) => operatorOf(row, served.get(String(row.name)) ?? []));
  return ofSite === null ? records : records.filter((record) => record.sites.includes(ofSite));
}

export function* operator(dialect: Dialect, name: OperatorName): Query<OperatorRecord | null> {
  const [row] = yield* read(dialect.build.selectFrom('operators').selectAll('operators').where('name', '=', name));
  return row === undefined ? null : operatorOf(row, (yield* sitesByOperator(dialect, name)).get(name) ?? []);
}

export function* putOperator(dialect: Dialect, record: OperatorRecord): Query<void> {
  const { build } = dialect;
  const operator = record.name;
  yield* transaction(function* () {
    yield* upsert(dialect, { table: 'operators', key: 'name', row: operatorRow(record) });
    yield* write(build.deleteFrom('operator_sites').where('operator', '=', operator));
    const served = [...new Set(record.sites)].map((site, place) => ({ operator, site, place }));
    if (served.length > 0) yield* write(build.insertInto('operator_sites').values(served));
  });
}

export function* removeOperator({ build }: Dialect, name: OperatorName): Query<boolean> {
  return (yield* write(build.deleteFrom('operators').where('name', '=', name))) > 0;
}

function* sitesByOperator(
  { build }: Dialect,
  name: OperatorName | null = null,
): Query<ReadonlyMap<string, readonly SiteId[]>> {
  const all = build.selectFrom('operator_sites').selectAll('operator_sites').orderBy('operator').orderBy('place');
  const served = new Map<string, SiteId[]>();
  for (const row of yield* read(name === null ? all : all.where('operator', '=', name))) {
    const list = served.get(String(row.operator)) ?? [];
    served.set(String(row.operator), [...list, row.site as SiteId]);
  }
  return served;
}

function operatorRow(record: OperatorRecord) {
  return {
    name: record.name,
    display_name: record.displayName,
    admin: record.admin ? 1 : 0,
    scram: JSON.stringify(record.scram),
    created_at: record.createdAt,
  };
}

function operatorOf(row: Row, served: readonly SiteId[]): OperatorRecord {
  return {
    name: row.name,
    displayName: row.display_name,
    sites: served,
    admin: row.admin === 1,
    scram: JSON.parse(String(row.scram)),
    createdAt: row.created_at,
  } as OperatorRecord;
}
