// Owns what tests do with a SQL server beside asking the store: emptying its database, asking the server itself, and
// waiting until a store asks it nothing.
// It knows Parla's tables by name only.

import type { RowDataPacket } from 'mysql2/promise';
import type { OpenedStore } from '../../stores/mod.ts';
import type { SqlServer } from './backends/mod.ts';
import { eventually } from './stopwatch.ts';

const atRestMsMax = 10_000;

/** The address of a database in which there is nothing. */
export async function emptied(server: SqlServer): Promise<string> {
  const { database, url } = server;
  await server.asAdministrator(async (connection) => {
    await connection.query(`DROP DATABASE ${database}`);
    // A collation that ignores case and accents, as most installations have it: the tables must not depend on it.
    await connection.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`);
  });
  return url;
}

export function ask(server: SqlServer, sql: string): Promise<readonly RowDataPacket[]> {
  return server.asAdministrator(async (connection) => {
    await connection.changeUser({ database: server.database });
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return rows;
  });
}

/**
 * Opens the store's connections and waits until none is used. Its gate looks at the server by itself when it is opened,
 * and may be at it longer than the first call: what is counted before that is over has a SELECT more now and then.
 */
export async function atRest(store: OpenedStore): Promise<void> {
  await eventually(atRestMsMax, async () => {
    const { ok } = await store.call('ping', {});
    const status = store.status();
    return ok && status?.state === 'up' && status.pending === 0;
  });
}

const counters = ['Com_delete', 'Com_insert', 'Com_insert_select', 'Com_select', 'Com_update'];

/** What the server itself counted while the work ran; what did not grow is left out. */
export async function counted(
  server: SqlServer,
  work: () => Promise<unknown>,
): Promise<{ readonly [counter: string]: number }> {
  const names = counters.map((name) => `'${name}'`).join(', ');
  const read = async () => {
    const rows = await ask(server, `SHOW GLOBAL STATUS WHERE Variable_name IN (${names})`);
    return new Map(rows.map((row) => [String(row.Variable_name), Number(row.Value)]));
  };
  const before = await read();
  await work();
  const after = await read();
  const grown = counters.map((name) => [name, (after.get(name) ?? 0) - (before.get(name) ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, by]) => by > 0));
}

/** How many rows, of tables and of indexes, the server looked at while the work ran. */
export async function rowsRead(server: SqlServer, work: () => Promise<unknown>): Promise<number> {
  const read = async () => {
    const rows = await ask(server, "SHOW GLOBAL STATUS LIKE 'Handler_read%'");
    return rows.reduce((sum, row) => sum + Number(row.Value), 0);
  };
  const before = await read();
  await work();
  return (await read()) - before;
}

/** Every table and view as the server describes it. */
export async function tablesOf(server: SqlServer): Promise<readonly string[]> {
  const names = await ask(
    server,
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1',
  );
  const made: string[] = [];
  for (const { name } of names) {
    const [row] = await ask(server, `SHOW CREATE TABLE ${name}`);
    made.push(String(row?.['Create Table'] ?? row?.['Create View']));
  }
  return made;
}
