// Owns the operators' accounts in SQL: their records and the sites they serve.
// It holds keys that check a password and never the password.

import type { OperatorName, OperatorRecord, SiteId } from '../actors/mod.ts';
import type { Row } from './connection.ts';
import type { Sql } from './sql.ts';

/** Of one site, or all. */
export function operators(sql: Sql, ofSite: SiteId | null): readonly OperatorRecord[] {
  const all = sql.connection.read(sql.build.selectFrom('operators').selectAll().orderBy('name'));
  const served = sitesByOperator(sql);
  const records = all.map((row) => operatorOf(row, served.get(String(row.name)) ?? []));
  return ofSite === null ? records : records.filter((record) => record.sites.includes(ofSite));
}

export function operator(sql: Sql, name: OperatorName): OperatorRecord | null {
  const [row] = sql.connection.read(sql.build.selectFrom('operators').selectAll().where('name', '=', name));
  return row === undefined ? null : operatorOf(row, sitesByOperator(sql, name).get(name) ?? []);
}

export function putOperator({ connection, build }: Sql, record: OperatorRecord): void {
  const { name, ...values } = operatorRow(record);
  connection.transaction(() => {
    connection.write(
      build
        .insertInto('operators')
        .values({ name, ...values })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(values)),
    );
    connection.write(build.deleteFrom('operator_sites').where('operator', '=', name));
    const served = [...new Set(record.sites)].map((site, place) => ({ operator: name, site, place }));
    if (served.length > 0) connection.write(build.insertInto('operator_sites').values(served));
  });
}

export function removeOperator({ connection, build }: Sql, name: OperatorName): boolean {
  return connection.write(build.deleteFrom('operators').where('name', '=', name)) > 0;
}

function sitesByOperator({ connection, build }: Sql, name: OperatorName | null = null): ReadonlyMap<string, SiteId[]> {
  const all = build.selectFrom('operator_sites').selectAll().orderBy('operator').orderBy('place');
  const served = new Map<string, SiteId[]>();
  for (const row of connection.read(name === null ? all : all.where('operator', '=', name))) {
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
