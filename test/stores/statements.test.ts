// Owns the proof that every statement is counted as it is executed, and how few the chat's writes need.
// The budget of a day is built on these numbers.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { migrate } from '../../stores/migrations.ts';
import { ask } from '../../stores/queries.ts';
import { type Sql, sqlOn } from '../../stores/sql.ts';
import { openSqlite } from '../../stores/sqlite.ts';
import { opened, operatorNamed, room, said } from '../support/entries.ts';

const a = room('a');
const b = room('b');

describe('statements', () => {
  let counts: Map<string, number>;
  let sql: Sql;

  beforeEach(async () => {
    counts = new Map();
    const database = openSqlite(':memory:');
    await migrate(database, ':memory:');
    sql = sqlOn(database, (metric, labels, by) => {
      const key = [metric, ...Object.values(labels)].join(' ');
      counts.set(key, (counts.get(key) ?? 0) + by);
    });
  });
  afterEach(() => sql.connection.close());

  const counted = () => Object.fromEntries(counts);

  it('a batch costs one INSERT for each group, and one transaction for all', () => {
    ask(sql, 'append', { groups: [[opened(a, 1), said(a, 2, 1)], [opened(b, 1), said(b, 2, 1)], [said(a, 3, 2)]] });
    assert.deepEqual(counted(), {
      'sql_transactions BEGIN': 1,
      'sql_statements INSERT entries': 3,
      'sql_rows INSERT entries': 5,
      'sql_transactions COMMIT': 1,
      'sql_entries opened': 2,
      'sql_entries said': 3,
    });
  });

  it('a repeat costs a statement that writes no row, and a look at what is there', () => {
    ask(sql, 'append', { groups: [[said(a, 1, 1)]] });
    counts.clear();
    ask(sql, 'append', { groups: [[said(a, 1, 1)]] });
    assert.equal(counts.get('sql_rows INSERT entries'), 0);
    assert.equal(counts.get('sql_statements SELECT entries'), 1);
  });

  it('a statement that fails is counted too', () => {
    ask(sql, 'append', { groups: [[said(a, 1, 1, { text: null })]] });
    assert.equal(counts.get('sql_statements INSERT entries'), 1);
    assert.equal(counts.get('sql_rows INSERT entries'), undefined);
  });

  it('marks cost one statement, however many', () => {
    const marks = Array.from({ length: 100 }, (_, index) => ({
      operator: operatorNamed('al'),
      room: room(`n${index}`),
      seq: 1,
    }));
    ask(sql, 'saveMarks', { marks });
    assert.equal(counts.get('sql_statements INSERT marks'), 1);
    assert.equal(counts.get('sql_rows INSERT marks'), 100);
  });

  it('reading a past writes nothing', () => {
    ask(sql, 'append', { groups: [[opened(a, 1), said(a, 2, 1)]] });
    counts.clear();
    ask(sql, 'load', { room: a });
    ask(sql, 'tail', { room: a });
    assert.deepEqual(
      [...counts.keys()].filter((key) => !key.includes('SELECT')),
      [],
    );
    assert.deepEqual([...new Set([...counts.keys()].map((key) => key.split(' ').at(-1)))], ['entries']);
  });

  it('queries are read by index only', () => {
    const database = openSqlite(':memory:');
    const plans: string[] = [];
    return migrate(database, ':memory:').then(() => {
      const watched = sqlOn(database, () => undefined);
      const all = watched.connection.all.bind(watched.connection);
      watched.connection.all = (text, values) => {
        const rows = database.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...(values ?? []));
        plans.push(...rows.map((row) => String(row.detail)));
        return all(text, values);
      };
      ask(watched, 'append', { groups: [[opened(a, 1), said(a, 2, 1)]] });
      ask(watched, 'load', { room: a });
      ask(watched, 'tail', { room: a });
      ask(watched, 'page', { room: a, before: null, after: 0, limit: 9 });
      ask(watched, 'conversations', { site: 'demo' as never, since: 0, closedAfter: 0 });
      const scans = plans.filter((plan) => /^SCAN (?!live|CONSTANT)/.test(plan));
      assert.deepEqual(scans, []);
      assert.ok(plans.some((plan) => plan.includes('USING')));
      watched.connection.close();
    });
  });
});
