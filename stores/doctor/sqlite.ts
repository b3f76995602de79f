// Owns doctor's look at the database in a file: whether it opens, is whole, and has room to grow.
// It opens it for reading only, and makes none.

import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { standing } from '../sql/migrations.ts';
import { StoreOpenError } from '../sql/sql-error.ts';
import { Connection } from '../sqlite/connection.ts';
import { sqliteDialect } from '../sqlite/dialect.ts';
import { openError } from '../sqlite/errors.ts';
import { diskFinding } from './disk.ts';
import { type BackendFinding, type Say, sayOf } from './finding.ts';
import { probeMsMax } from './probe.ts';

const busyTimeoutMs = 500;
const mebibyte = 1_024 * 1_024;

export async function examineSqlite(path: string): Promise<readonly BackendFinding[]> {
  const say = sayOf('sqlite');
  if (!existsSync(path)) return [say.pass('file', 'is made by the first start'), await diskFinding(say, dirname(path))];
  const opened = look(say, path);
  if (opened.some(({ status }) => status === 'fail')) return opened;
  return [...opened, ...(await Promise.all([integrityFinding(say, path), diskFinding(say, dirname(path))]))];
}

function look(say: Say, path: string): readonly BackendFinding[] {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs });
    const { missing, migration } = new Connection(database, () => undefined).drive(standing(sqliteDialect, path));
    const mode = String(Object.values(database.prepare('PRAGMA journal_mode').get() ?? {})[0]);
    const size = mebibytes(statSync(path).size);
    return [
      say.pass('file', `opens, ${size}`, { value: size }),
      modeFinding(say, mode),
      schemaFinding(say, missing, migration),
    ];
  } catch (error) {
    const told = openError(path, error);
    if (!(told instanceof StoreOpenError)) throw error;
    return [say.fail('file', told.message, { value: told.code })];
  } finally {
    database?.close();
  }
}

function modeFinding(say: Say, mode: string): BackendFinding {
  const synchronous = 'synchronous=FULL: a crash loses nothing that was acknowledged';
  if (mode === 'wal') return say.pass('durability', `journal_mode=wal, ${synchronous}`, { value: mode });
  const advice = 'start once; if it stays, the file is on a file system without shared memory: move it to a local disk';
  return say.warn('durability', `journal_mode=${mode}, ${synchronous}, and readers wait for writers`, {
    value: mode,
    advice,
  });
}

function schemaFinding(say: Say, missing: readonly string[], migration: string): BackendFinding {
  if (missing.length === 0) return say.pass('schema', `is at this version (${migration})`, { value: migration });
  const message = `${missing.length} migrations are to be done: ${missing.join(', ')}`;
  return say.warn('schema', message, { value: missing.length, advice: 'the next start does it, or: parla migrate' });
}

/** What is very large does not come to its end in this time, and that is no fault of it. */
async function integrityFinding(say: Say, path: string): Promise<BackendFinding> {
  const program = fileURLToPath(import.meta.resolve(`./quick-check${extname(import.meta.filename)}`));
  const found = await new Promise<string | null>((resolve) => {
    execFile(process.execPath, [program, path], { timeout: probeMsMax, killSignal: 'SIGKILL' }, (error, stdout) => {
      resolve(error !== null && error.killed === true ? null : stdout);
    });
  });
  const command = `sqlite3 ${path} 'PRAGMA quick_check'`;
  if (found === null)
    return say.pass('integrity', `not finished within ${probeMsMax / 1_000} s; at leisure: ${command}`);
  if (found === 'ok') return say.pass('integrity', 'the quick check finds nothing', { value: found });
  return say.fail('integrity', 'the file is damaged', {
    value: 'damaged',
    advice: `restore a backup; more: ${command}`,
  });
}

function mebibytes(bytes: number): string {
  return `${Math.round((bytes / mebibyte) * 10) / 10} MiB`;
}
