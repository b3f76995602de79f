// Owns the data directory: its place and mode, the lock that keeps a second process out, and the files in it by name.
// It never looks into the database; a directory that holds somebody else's files is refused, not taken.
//
//   data/            0700
//     lock           held while a process uses the directory; empty
//     holder.json    who holds it, for the message that the second one prints
//     control.sock   commands reach the running node here
//     parla.db …     the database, unless it is a server's
//     journal.db …   what the database could not take, and the accounts it had last   0600
//     node-id        this node's own name in leases
//     secret, admin-token, tls-cert.pem, tls-key.pem   0600

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lockFile } from '../stores/mod.ts';
import type { Config } from './config.ts';
import { writeWhole } from './secret-file.ts';
import type { DatabaseAddress } from './settings.ts';
import { UserError } from './user-error.ts';

export interface DataDir {
  readonly path: string;
  /** A SQLite file's path is absolute here. */
  readonly database: DatabaseAddress;
  readonly journal: string;
  readonly controlSocket: string;
  /** Written when the first site and operator were made, so that they are made once only. */
  readonly initialised: string;
}

export interface Holder {
  readonly pid: number;
  /** The command that holds the directory: `start`, `operator add` … */
  readonly command: string;
  readonly node: string;
  readonly since: string;
}

export interface HeldDataDir extends DataDir {
  release(): void;
}

/** A command of a moment may hold the directory; a node is refused at once after this. */
const lockWaitMs = 2_000;
const permissionBits = 0o777;
const ownerOnly = 0o700;

export function dataDirOf(config: Config): DataDir {
  const path = config.dataDir;
  const database = config.databaseUrl;
  return {
    path,
    database: database.engine === 'sqlite' ? { ...database, path: resolve(path, database.path) } : database,
    journal: join(path, 'journal.db'),
    controlSocket: join(path, 'control.sock'),
    initialised: join(path, 'initialised'),
  };
}

/** Makes the directory where needed and holds it until released; throws a UserError that says who has it. */
export function holdDataDir(config: Config, command: string): HeldDataDir {
  const directory = dataDirOf(config);
  prepare(directory.path);
  const lock = lockFile(join(directory.path, 'lock'), lockWaitMs);
  if (lock === null) throw new UserError(`PARLA_DATA_DIR=${directory.path} is in use by ${holderText(directory)}.`);
  const holder: Holder = { pid: process.pid, command, node: config.node, since: new Date().toISOString() };
  writeWhole(holderPath(directory), `${JSON.stringify(holder)}\n`);
  return {
    ...directory,
    release: () => {
      rmSync(holderPath(directory), { force: true });
      lock.release();
    },
  };
}

/** Null when nobody holds it, or the holder has not written its name yet. Its word counts only beside a held lock. */
export function holderOf(directory: DataDir): Holder | null {
  try {
    return JSON.parse(readFileSync(holderPath(directory), 'utf8')) as Holder;
  } catch {
    // Absent, or a crash left half of it: who holds the lock is then not known, and nothing else depends on it.
    return null;
  }
}

function holderText(directory: DataDir): string {
  const holder = holderOf(directory);
  if (holder === null) return 'another process';
  return `process ${holder.pid} (parla ${holder.command}, node ${holder.node}, since ${holder.since})`;
}

function holderPath(directory: DataDir): string {
  return join(directory.path, 'holder.json');
}

function prepare(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: ownerOnly });
    refuseForeign(path);
    if ((statSync(path).mode & permissionBits) !== ownerOnly) chmodSync(path, ownerOnly);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `PARLA_DATA_DIR=${path} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Its mode is changed and files are made in it: /tmp or a home directory, named by mistake, must not suffer that. */
function refuseForeign(path: string): void {
  if (existsSync(join(path, 'lock'))) return;
  const other = readdirSync(path).find((name) => !name.startsWith('.') && name !== 'lost+found');
  if (other !== undefined) {
    throw new UserError(
      `PARLA_DATA_DIR=${path} holds other things (${other}); allowed: a new or empty directory, or one that Parla made`,
    );
  }
}
