// Owns the proof that an append tells the truth while the disk is full, read-only, or held by somebody else.
// It breaks the real database by its own means, and never replaces it.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Entry } from '../../actors/mod.ts';
import { append } from '../../stores/sql/append.ts';
import type { Query } from '../../stores/sql/query.ts';
import { SqlError } from '../../stores/sql/sql-error.ts';
import { ask } from '../../stores/sqlite/ask.ts';
import { Connection } from '../../stores/sqlite/connection.ts';
import { sqliteDialect } from '../../stores/sqlite/dialect.ts';
import { migrateSqlite, openSqlite } from '../../stores/sqlite/open.ts';
import { opened, room, said } from '../support/entries.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts';

const a = room('a');
const b = room('b');
const failed = { type: 'failed', code: 'unavailable', retryable: true };
const stored = { type: 'stored' };

/** The query as it is, but for its commit: that is done, and an error is reported. */
function* lyingAtTheCommit<T>(query: Query<T>): Query<T> {
  let next = query.next();
  while (!next.done) {
    const step = next.value;
    const result = yield step;
    const error = new SqlError('refused', { code: '10', message: 'disk I/O error', cause: null });
    next = step.type === 'commit' ? query.throw(error) : query.next(result);
  }
  return next.value;
}

describe('an append on a database in trouble', () => {
  let directory: TemporaryDirectory;
  let path: string;
  let database: DatabaseSync;
  let connection: Connection;

  beforeEach(() => {
    directory = temporaryDirectory();
    path = join(directory.path, 'parla.db');
    database = openSqlite(path);
    migrateSqlite(database, path);
    connection = new Connection(database, () => undefined);
  });
  afterEach(() => {
    connection.close();
    directory.remove();
  });

  const store = (...groups: readonly (readonly Entry[])[]) => connection.drive(append(sqliteDialect, groups));
  const tail = () => ask(connection, 'tail', { room: a });
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
    assert.deepEqual(ask(connection, 'tail', { room: b }), { ok: true, value: { pos: 0, seq: 0, fence: 0 } });
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
    const groups = [[said(a, 1, 1)], [said(b, 1, 1)]];
    assert.deepEqual(connection.drive(lyingAtTheCommit(append(sqliteDialect, groups))), [stored, stored]);
    assert.equal(database.isTransaction, false);
    assert.equal(ask(connection, 'load', { room: b }).ok, true);
  });

  it('a store that was closed answers with an error that ends the actor, never with an empty past', () => {
    connection.close();
    assert.throws(() => ask(connection, 'load', { room: a }));
  });

  it('one damaged value fails the call that needs it, and nobody else', () => {
    store([opened(a, 1)], [opened(b, 1)]);
    database.exec("UPDATE entries SET data = '{half' WHERE room = 'ra'");
    assert.deepEqual(ask(connection, 'load', { room: a }), {
      ok: false,
      error: { code: 'failed', message: 'a stored value is damaged', retryable: false },
    });
    assert.equal(ask(connection, 'load', { room: b }).ok, true);
  });

  it('a failing read is told as unavailable, and may be repeated', () => {
    database.exec('DROP VIEW messages; DROP VIEW conversations; ALTER TABLE entries RENAME TO hidden');
    const result = ask(connection, 'load', { room: a });
    assert.equal(result.ok, false);
    assert.deepEqual(!result.ok && [result.error.code, result.error.retryable], ['unavailable', true]);
  });
});
