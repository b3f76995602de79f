// Owns doctor's look at the journal: how fast its disk makes a write durable, and what waits in it.
// It takes nothing out; the file that it measures with is gone afterwards.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openError } from '../sqlite/errors.ts';
import { diskFinding } from './disk.ts';
import { type BackendFinding, type Say, sayOf } from './finding.ts';
import { ProbeTimeout, probe } from './probe.ts';

const writes = 20;
const writeBytes = 4_096;
const warnMs = 50;
const failMs = 500;
const busyTimeoutMs = 500;
const ownerOnly = 0o600;

export async function examineJournal(path: string): Promise<readonly BackendFinding[]> {
  const say = sayOf('journal');
  const directory = dirname(path);
  if (!existsSync(directory)) return [say.pass('file', 'is made by the first start')];
  const [speed, disk] = await Promise.all([speedFinding(say, directory), diskFinding(say, directory)]);
  return [speed, ...(existsSync(path) ? contentsFindings(say, path) : [say.pass('waiting', 'nothing waits')]), disk];
}

async function speedFinding(say: Say, directory: string): Promise<BackendFinding> {
  const advice = 'put the data directory on a faster local disk';
  try {
    const times = await probe(() => syncTimes(directory));
    const sorted = times.toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
    const longest = sorted.at(-1) ?? 0;
    const message = `a write is on the disk after ${median.toFixed(1)} ms, at most ${longest.toFixed(1)} ms (${writes} × fdatasync)`;
    const value = Math.round(median * 10) / 10;
    if (median > failMs) return say.fail('speed', message, { value, advice });
    return median > warnMs ? say.warn('speed', message, { value, advice }) : say.pass('speed', message, { value });
  } catch (error) {
    if (error instanceof ProbeTimeout)
      return say.fail('speed', `the disk of ${directory} gives ${error.message}`, { advice });
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return say.fail('speed', `nothing can be written into ${directory}: ${code}`, { value: code, advice });
  }
}

async function syncTimes(directory: string): Promise<readonly number[]> {
  const path = join(directory, `.doctor-${randomBytes(6).toString('hex')}`);
  const file = await open(path, 'wx', ownerOnly);
  try {
    const bytes = Buffer.alloc(writeBytes, 1);
    const times: number[] = [];
    for (let write = 0; write < writes; write += 1) {
      const before = performance.now();
      await file.write(bytes);
      await file.datasync();
      times.push(performance.now() - before);
    }
    return times;
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}

function contentsFindings(say: Say, path: string): readonly BackendFinding[] {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs });
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE name IN ('groups', 'aside')").all();
    if (tables.length < 2) return [say.pass('waiting', 'nothing waits')];
    const waiting = database
      .prepare('SELECT coalesce(sum(entries), 0) AS entries, min(at) AS oldest FROM groups')
      .get();
    const aside = Number(database.prepare('SELECT count(*) AS aside FROM aside').get()?.aside);
    return [waitingFinding(say, Number(waiting?.entries), Number(waiting?.oldest)), asideFinding(say, aside)];
  } catch (error) {
    const told = openError(path, error);
    if (!(told instanceof Error)) throw error;
    return [say.fail('file', told.message, { advice: 'keep the file: what waits in it is nowhere else' })];
  } finally {
    database?.close();
  }
}

function waitingFinding(say: Say, entries: number, oldest: number): BackendFinding {
  if (entries === 0) return say.pass('waiting', 'nothing waits', { value: 0 });
  const message = `${entries} entries wait for the database, the oldest since ${new Date(oldest).toISOString()}`;
  return say.warn('waiting', message, {
    value: entries,
    advice: 'they go there by themselves when it answers a node again',
  });
}

function asideFinding(say: Say, aside: number): BackendFinding {
  if (aside === 0) return say.pass('set aside', 'nothing was set aside', { value: 0 });
  const message = `${aside} groups could not be stored and were set aside`;
  return say.warn('set aside', message, { value: aside, advice: 'keep journal.db and look at its table aside' });
}
