// Owns what tests do with a MariaDB beside asking the store: emptying its database, and asking the server itself.
// It knows Parla's tables by name only.

import type { RowDataPacket } from 'mysql2/promise';
import type { MariadbBackend } from './backends/mod.ts';

/** The address of a database in which there is nothing. */
export async function emptied(server: MariadbBackend): Promise<string> {
  const { database, url } = server;
  await server.asAdministrator(async (connection) => {
    await connection.query(`DROP DATABASE ${database}`);
    // A collation that ignores case and accents, as most installations have it: the tables must not depend on it.
    await connection.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`);
  });
  return url;
}

export function ask(server: MariadbBackend, sql: string): Promise<readonly RowDataPacket[]> {
  return server.asAdministrator(async (connection) => {
    await connection.changeUser({ database: server.database });
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return rows;
  });
}
