// Owns starting a real MariaDB for a test, with an empty database and an account that may do what Parla's must.
// It knows nothing of what is kept there.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type Connection, createConnection } from 'mysql2/promise';
import { type Backend, startBackend } from './server-process.ts';

export interface MariadbBackend extends Backend {
  /** For PARLA_DATABASE_URL. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** As the server's own administrator, through its unix socket: past any proxy, and with every right. */
  asAdministrator<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
}

export interface MariadbOptions {
  /** More of my.cnf, as `--name=value`. */
  readonly settings?: readonly string[];
}

const account = { user: 'parla', password: 'a-test-password', database: 'parla' };

export async function startMariadb({ settings = [] }: MariadbOptions = {}): Promise<MariadbBackend> {
  const user = userInfo().username;
  const backend = await startBackend({
    name: 'mariadbd',
    prepare: (directory) => install(directory, user),
    command: ({ port, directory }) => [
      'mariadbd',
      '--no-defaults',
      `--user=${user}`,
      `--datadir=${join(directory, 'data')}`,
      `--socket=${socketIn(directory)}`,
      `--pid-file=${join(directory, 'pid')}`,
      `--tmpdir=${directory}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      '--innodb-buffer-pool-size=32M',
      '--innodb-log-file-size=16M',
      // A commit is on the disk before it is answered: what a real installation must have as well.
      '--innodb-flush-log-at-trx-commit=1',
      ...settings,
    ],
    ready: async ({ directory }) => {
      const connection = await administrator(directory);
      await connection.end();
    },
  });
  const asAdministrator = async <T>(work: (connection: Connection) => Promise<T>): Promise<T> => {
    const connection = await administrator(backend.directory);
    try {
      return await work(connection);
    } finally {
      connection.destroy();
    }
  };
  await asAdministrator(async (connection) => {
    await connection.query(`CREATE DATABASE ${account.database} CHARACTER SET utf8mb4`);
    await connection.query(`CREATE USER '${account.user}'@'127.0.0.1' IDENTIFIED BY '${account.password}'`);
    await connection.query(`GRANT ALL ON ${account.database}.* TO '${account.user}'@'127.0.0.1'`);
  });
  return Object.assign(backend, account, { url: mariadbUrl(backend.port), asAdministrator });
}

/** The same account, seen through another port: a proxy's. */
export function mariadbUrl(port: number): string {
  return `mysql://${account.user}:${account.password}@127.0.0.1:${port}/${account.database}`;
}

function administrator(directory: string): Promise<Connection> {
  return createConnection({ socketPath: socketIn(directory), user: 'root' });
}

function socketIn(directory: string): string {
  return join(directory, 'socket');
}

/** A server that starts removes the temporary tables of others: each has a directory of its own for them. */
async function install(directory: string, user: string): Promise<void> {
  const child = spawn(
    'mariadb-install-db',
    [
      '--no-defaults',
      `--datadir=${join(directory, 'data')}`,
      `--tmpdir=${directory}`,
      `--user=${user}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`mariadb-install-db ended with ${status}:\n${output}`);
}
