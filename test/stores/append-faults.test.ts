// Owns the proof that an append tells the truth while the disk is full, read-only, or held by somebody else.
// It breaks the real database by its own means, and never replaces it.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Entry } from '../../actors/mod.ts';
import { append } from '../../stores/append.ts';
import { migrate } from '../../stores/migrations.ts';
import { ask } from '../../stores/queries.ts';
import { type Sql, sqlOn } from '../../stores/sql.ts';
import { openSqlite } from '../../stores/sqlite.ts';
import { opened, room, said } from '../support/entries.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts';

const a = room('a');
const b = room('b');
const failed = { type: 'failed', code: 'unavailable', retryable: true };
const stored = { type: 'stored' };

describe('an append on a database in trouble', () => {
  let directory: TemporaryDirectory;
  let path: string;
  let database: DatabaseSync;
  let sql: Sql;

  beforeEach(async () => {
    directory = temporaryDirectory();
    path = join(directory.path, 'parla.db');
    database = openSqlite(path);
    await migrate(database, path);
    sql = sqlOn(database, () => undefined);
  });
  afterEach(() => {
    sql.connection.close();
    directory.remove();
  });

  const store = (...groups: readonly (readonly Entry[])[]) => append(sql.connection, groups);
  const tail = () => ask(sql, 'tail', { room: a });
  const big = (pos: number) => said(a, pos, pos, { text: 'x'.repeat(30_000) });

  function fillDisk(): void {
    const pages = Number(database.prepare('PRAGMA page_count').get()?.page_count);
    database.exec(`PRAGMA max_page_count = ${pages}`);
  }

  it('on a full disk every group fails, may be repeated, and nothing is half written', () => {
    assert.deepEqual(store([said(a, 1, 1)]), [stored]);
    fillDisk();
    assert.deepEqual(store([opened(b, 1), said(b, 2, 1)], [big(2)], [big(3)]), [failed, failed, failed]);
    assert.deepEqual(tail(), { ok: true, value: { pos: 1, seq: 1, fence: 1 } });
    assert.deepEqual(ask(sql, 'tail', { room: b }), { ok: true, value: { pos: 0, seq: 0, fence: 0 } });
    assert.equal(database.isTransaction, false);
  });

  it('on a full disk what was said before is still known, as stored and as repeat', () => {
    const first = said(a, 1, 1, { cmid: 'once' });
    store([first]);
    fillDisk();
    assert.deepEqual(store([first], [big(2)]), [stored, failed]);
    assert.deepEqual(store([{ ...big(2), cmid: 'once' }]), [{ type: 'repeat', entry: first }]);
  });

  it('when the disk has room again the same append is stored', () => {
    fillDisk();
    assert.deepEqual(store([big(1)]), [failed]);
    database.exec('PRAGMA max_page_count = 1000000');
    assert.deepEqual(store([big(1)]), [stored]);
  });

  it('on a read-only database every group fails and may be repeated', () => {
    store([said(a, 1, 1)]);
    database.exec('PRAGMA query_only = ON');
    assert.deepEqual(store([said(a, 2, 2)], [said(b, 1, 1)]), [failed, failed]);
    assert.deepEqual(store([said(a, 1, 1)]), [stored]);
    database.exec('PRAGMA query_only = OFF');
    assert.deepEqual(store([said(a, 2, 2)]), [stored]);
  });

  it('while somebody else writes, the append waits, then fails and may be repeated', () => {
    database.exec('PRAGMA busy_timeout = 20');
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    assert.deepEqual(store([said(a, 1, 1)]), [failed]);
    other.exec('ROLLBACK');
    other.close();
    assert.deepEqual(store([said(a, 1, 1)]), [stored]);
  });

  it('a commit that is refused is rolled back, and every group fails', () => {
    store([said(a, 1, 1)]);
    // A constraint that is checked at the commit stands for every commit that goes wrong.
    database.exec(`CREATE TABLE parent (id TEXT PRIMARY KEY);
      CREATE TABLE child (parent TEXT REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
      CREATE TRIGGER spoil AFTER INSERT ON entries WHEN new.room = 'rb' BEGIN INSERT INTO child VALUES ('nobody'); END`);
    assert.deepEqual(store([said(a, 2, 2)], [said(b, 1, 1)], [said(a, 1, 1)]), [failed, failed, stored]);
    assert.equal(database.isTransaction, false);
    assert.deepEqual(tail(), { ok: true, value: { pos: 1, seq: 1, fence: 1 } });
    assert.deepEqual(store([said(a, 2, 2)]), [stored]);
  });

  it('a commit that was kept although it reported an error is found by the read-back', () => {
    const group = [said(a, 1, 1)];
    const connection = sql.connection;
    const lying: Pick<typeof connection, 'transaction'> = {
      transaction(work) {
        connection.transaction(work);
        throw Object.assign(new Error('disk I/O error'), { errcode: 10 });
      },
    };
    const between = new Proxy(connection, {
      get(target, name) {
        const own = name === 'transaction' ? lying.transaction : Reflect.get(target, name, target);
        return typeof own === 'function' ? own.bind(target) : own;
      },
    });
    assert.deepEqual(append(between, [group]), [stored]);
  });

  it('a store that was closed answers with an error that ends the actor, never with an empty past', () => {
    sql.connection.close();
    assert.throws(() => ask(sql, 'load', { room: a }));
  });

  it('one damaged value fails the call that needs it, and nobody else', () => {
    store([opened(a, 1)], [opened(b, 1)]);
    database.exec("UPDATE entries SET data = '{half' WHERE room = 'ra'");
    assert.deepEqual(ask(sql, 'load', { room: a }), {
      ok: false,
      error: { code: 'failed', message: 'a stored value is damaged', retryable: false },
    });
    assert.equal(ask(sql, 'load', { room: b }).ok, true);
  });

  it('a failing read is told as unavailable, and may be repeated', () => {
    database.exec('DROP VIEW messages; DROP VIEW conversations; ALTER TABLE entries RENAME TO hidden');
    const result = ask(sql, 'load', { room: a });
    assert.equal(result.ok, false);
    assert.deepEqual(!result.ok && [result.error.code, result.error.retryable], ['unavailable', true]);
  });
});
