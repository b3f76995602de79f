// Owns the proof that a database is opened ready to use, or refused with a reason that a person can act on.
// It holds no query of the chat.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openStore } from '../../stores/mod.ts';
import { opened, room, said } from '../support/entries.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts';

describe('opening a database', () => {
  let directory: TemporaryDirectory;
  let path: string;

  beforeEach(() => {
    directory = temporaryDirectory();
    path = join(directory.path, 'parla.db');
  });
  afterEach(() => directory.remove());

  async function made(): Promise<void> {
    const store = openStore(path);
    await store.migrate();
    store.close();
  }

  function change(sql: string): void {
    const database = new DatabaseSync(path);
    database.exec(sql);
    database.close();
  }

  it('runs every migration once', async () => {
    const first = openStore(path);
    const migrated = await first.migrate();
    assert.ok(migrated.applied.length > 0);
    assert.equal(migrated.applied.at(-1), migrated.migration);
    assert.deepEqual(await first.migrate(), { ...migrated, applied: [] });
    first.close();
    const second = openStore(path);
    assert.deepEqual(await second.migrate(), { ...migrated, applied: [] });
    second.close();
  });

  it('keeps what an earlier process stored', async () => {
    await made();
    const store = openStore(path);
    await store.call('append', { groups: [[opened(room('a'), 1), said(room('a'), 2, 1)]] });
    store.close();
    const again = openStore(path);
    assert.deepEqual(await again.call('tail', { room: room('a') }), { ok: true, value: { pos: 2, seq: 1, fence: 1 } });
    again.close();
  });

  it('writes with a log of its own and waits for the disk at each commit', async () => {
    await made();
    const database = new DatabaseSync(path);
    assert.equal(database.prepare('PRAGMA journal_mode').get()?.journal_mode, 'wal');
    database.close();
  });

  it('refuses a database of a newer version, and says so', async () => {
    await made();
    change("INSERT INTO migrations (name, timestamp) VALUES ('9999_future', '2030-01-01')");
    const store = openStore(path);
    await assert.rejects(store.migrate(), { code: 'newer', message: /newer version of Parla.*9999_future/ });
    store.close();
  });

  it('refuses a file that is no database, and says so', () => {
    writeFileSync(path, 'this is a text of somebody else, and not a database at all'.repeat(100));
    assert.throws(() => openStore(path), { code: 'damaged', message: /damaged, or is not a SQLite database/ });
  });

  it('refuses a database that another process keeps locked, and says so', async () => {
    await made();
    const other = new DatabaseSync(path);
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    assert.throws(() => openStore(path), { code: 'locked', message: /locked by another process/ });
    other.close();
  });

  it('refuses a path that cannot be opened, and names it', () => {
    assert.throws(() => openStore(join(path, 'below', 'nothing.db')), { code: 'unavailable', message: /nothing\.db/ });
  });

  it('gives people the messages and conversations of the log as two views', async () => {
    const store = openStore(path);
    await store.migrate();
    await store.call('append', { groups: [[opened(room('a'), 1), said(room('a'), 2, 1)]] });
    store.close();
    const database = new DatabaseSync(path);
    const [message] = database.prepare('SELECT seq, text FROM messages').all();
    assert.deepEqual({ ...message }, { seq: 1, text: 'line 1' });
    const [conversation] = database.prepare('SELECT id, state, messages, last_seq FROM conversations').all();
    assert.deepEqual({ ...conversation }, { id: 'cra', state: 'waiting', messages: 1, last_seq: 1 });
    database.close();
  });
});
