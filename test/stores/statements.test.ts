// Owns the proof that every statement is counted as it is executed, and how few the chat's writes need.
// The budget of a day is built on these numbers.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ask } from '../../stores/sqlite/ask.ts';
import { Connection } from '../../stores/sqlite/connection.ts';
import { migrateSqlite, openSqlite } from '../../stores/sqlite/open.ts';
import { opened, operatorNamed, room, said } from '../support/entries.ts';

const a = room('a');
const b = room('b');

describe('statements', () => {
  let counts: Map<string, number>;
  let connection: Connection;

  beforeEach(() => {
    counts = new Map();
    const database = openSqlite(':memory:');
    migrateSqlite(database, ':memory:');
    connection = new Connection(database, (metric, labels, by) => {
      const key = [metric, ...Object.values(labels)].join(' ');
      counts.set(key, (counts.get(key) ?? 0) + by);
    });
  });
  afterEach(() => connection.close());

  const counted = () => Object.fromEntries(counts);

  it('a batch costs one INSERT for each group, and one transaction for all', () => {
    ask(connection, 'append', {
      groups: [[opened(a, 1), said(a, 2, 1)], [opened(b, 1), said(b, 2, 1)], [said(a, 3, 2)]],
    });
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
    ask(connection, 'append', { groups: [[said(a, 1, 1)]] });
    counts.clear();
    ask(connection, 'append', { groups: [[said(a, 1, 1)]] });
    assert.equal(counts.get('sql_rows INSERT entries'), 0);
    assert.equal(counts.get('sql_statements SELECT entries'), 1);
  });

  it('a statement that fails is counted too', () => {
    ask(connection, 'append', { groups: [[said(a, 1, 1, { cmid: 'once' })]] });
    counts.clear();
    ask(connection, 'append', { groups: [[said(a, 2, 2, { cmid: 'once' })]] });
    assert.equal(counts.get('sql_statements INSERT entries'), 1);
    assert.equal(counts.get('sql_rows INSERT entries'), undefined);
  });

  it('marks cost one statement, however many', () => {
    const marks = Array.from({ length: 100 }, (_, index) => ({
      operator: operatorNamed('al'),
      room: room(`n${index}`),
      seq: 1,
    }));
    ask(connection, 'saveMarks', { marks });
    assert.equal(counts.get('sql_statements INSERT marks'), 1);
    assert.equal(counts.get('sql_rows INSERT marks'), 100);
  });

  it('reading a past writes nothing', () => {
    ask(connection, 'append', { groups: [[opened(a, 1), said(a, 2, 1)]] });
    counts.clear();
    ask(connection, 'load', { room: a });
    ask(connection, 'tail', { room: a });
    assert.deepEqual(
      [...counts.keys()].filter((key) => !key.includes('SELECT')),
      [],
    );
    assert.deepEqual([...new Set([...counts.keys()].map((key) => key.split(' ').at(-1)))], ['entries']);
  });

  it('queries are read by index only', () => {
    const database = openSqlite(':memory:');
    migrateSqlite(database, ':memory:');
    const plans: string[] = [];
    // A statement is explained when it is prepared, which is once for each text.
    const explaining = new Proxy(database, {
      get(target, name) {
        if (name !== 'prepare') return Reflect.get(target, name, target);
        return (text: string) => {
          const explained = target.prepare(`EXPLAIN QUERY PLAN ${text}`).all();
          plans.push(...explained.map((row) => String(row.detail)));
          return target.prepare(text);
        };
      },
    });
    const watched = new Connection(explaining, () => undefined);
    ask(watched, 'append', { groups: [[opened(a, 1), said(a, 2, 1)]] });
    ask(watched, 'load', { room: a });
    ask(watched, 'tail', { room: a });
    ask(watched, 'page', { room: a, before: null, after: 0, limit: 9 });
    ask(watched, 'conversations', { site: 'demo' as never, since: 0, closedAfter: 0 });
    const scans = plans.filter((plan) => /^SCAN (?!live|wanted|heard|card|CONSTANT|\d+-ROW VALUES)/.test(plan));
    assert.deepEqual(scans, []);
    assert.ok(plans.some((plan) => plan.includes('USING')));
    database.close();
  });
});
