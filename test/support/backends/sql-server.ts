// Owns starting a real SQL server for a test, with an empty database and an account that may do what Parla's must:
// MariaDB, or the MySQL that PARLA_TEST_MYSQLD names.
// It knows nothing of what is kept there.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type Connection, createConnection } from 'mysql2/promise';
import { type Backend, startBackend } from './server-process.ts';

export interface SqlServer extends Backend {
  /** For PARLA_DATABASE_URL. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** As the server's own administrator, through its unix socket: past any proxy, and with every right. */
  asAdministrator<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
}

export interface SqlServerOptions {
  /** More of my.cnf, as `--name=value`. */
  readonly settings?: readonly string[];
}

interface Kind {
  /** For people. */
  readonly name: 'MariaDB' | 'MySQL';
  readonly flavour: 'mariadb' | 'mysql';
  /** What runs; found on the PATH where it is no path. */
  readonly program: string;
  /** Fills `data` in this directory. */
  readonly install: (directory: string) => Promise<void>;
  readonly settings: readonly string[];
}

const user = userInfo().username;
const mysqld = process.env.PARLA_TEST_MYSQLD ?? '';

const mariadb: Kind = {
  name: 'MariaDB',
  flavour: 'mariadb',
  program: 'mariadbd',
  install: (directory) =>
    run('mariadb-install-db', [
      '--no-defaults',
      `--datadir=${join(directory, 'data')}`,
      // A server that starts removes the temporary tables of others: each has a directory of its own for them.
      `--tmpdir=${directory}`,
      `--user=${user}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ]),
  settings: ['--innodb-log-file-size=16M'],
};

const mysql: Kind = {
  name: 'MySQL',
  flavour: 'mysql',
  program: mysqld,
  install: (directory) =>
    run(mysqld, [
      '--no-defaults',
      '--initialize-insecure',
      `--datadir=${join(directory, 'data')}`,
      `--tmpdir=${directory}`,
      `--user=${user}`,
    ]),
  // As a MariaDB has it: a second protocol nobody asked for, and copies for replicas, cost more than what is tested.
  settings: ['--innodb-redo-log-capacity=32M', '--mysqlx=OFF', '--skip-log-bin', '--secure-file-priv=NULL'],
};

const kind = mysqld === '' ? mariadb : mysql;

/** Which SQL server tests start. */
export const { name: sqlServerName, flavour: sqlFlavour } = kind;

const account = { user: 'parla', password: 'a-test-password', database: 'parla' };

export async function startSqlServer({ settings = [] }: SqlServerOptions = {}): Promise<SqlServer> {
  const { name, program, install, settings: own } = kind;
  const backend = await startBackend({
    name,
    prepare: install,
    command: ({ port, directory }) => [
      program,
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
      // A commit is on the disk before it is answered: what a real installation must have as well.
      '--innodb-flush-log-at-trx-commit=1',
      ...own,
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
  return Object.assign(backend, account, { url: sqlUrl(backend.port), asAdministrator });
}

/** The same account, seen through another port: a proxy's. */
export function sqlUrl(port: number): string {
  return `mysql://${account.user}:${account.password}@127.0.0.1:${port}/${account.database}`;
}

function administrator(directory: string): Promise<Connection> {
  return createConnection({ socketPath: socketIn(directory), user: 'root' });
}

function socketIn(directory: string): string {
  return join(directory, 'socket');
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`${program} ended with ${status}:\n${output}`);
}
