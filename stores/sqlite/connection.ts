// Owns one connection to a SQLite file: its prepared statements, and the count of every statement it executes.
// It never decides what a statement means; it cannot run one uncounted.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Count, labelsOf, type StatementLabels } from '../sql/count.ts';
import type { Query, Statement, Step, StepResult } from '../sql/query.ts';
import { sqlErrorOf } from './errors.ts';

interface Prepared {
  readonly statement: StatementSync;
  readonly labels: StatementLabels;
}

/** Texts differ only by their number of rows, so there are few; beyond this the oldest is made again when needed. */
const preparedMax = 200;

export class Connection {
  readonly #database: DatabaseSync;
  readonly #count: Count;
  readonly #prepared = new Map<string, Prepared>();

  constructor(database: DatabaseSync, count: Count) {
    this.#database = database;
    this.#count = count;
  }

  /** Runs a query from its first statement to its end. Nothing waits, so no other statement comes between. */
  drive<T>(query: Query<T>): T {
    let next = query.next();
    while (!next.done) {
      let result: StepResult;
      try {
        result = this.#execute(next.value);
      } catch (error) {
        next = query.throw(sqlErrorOf(error));
        continue;
      }
      next = query.next(result);
    }
    return next.value;
  }

  close(): void {
    this.#prepared.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #execute(step: Step): StepResult {
    switch (step.type) {
      case 'rows':
        return this.#rows(step);
      case 'change':
        return this.#change(step);
      case 'begin':
        return this.#control('BEGIN IMMEDIATE');
      case 'commit':
        return this.#control('COMMIT');
      case 'rollback':
        // On a full disk SQLite has rolled back by itself.
        return this.#database.isTransaction ? this.#control('ROLLBACK') : undefined;
      case 'tally':
        this.#count(step.metric, step.labels, step.by);
        return undefined;
    }
  }

  #rows({ sql, values }: Statement): StepResult {
    const { statement, labels } = this.#prepare(sql);
    this.#count('sql_statements', labels, 1);
    const rows = statement.all(...values);
    this.#count('sql_rows', labels, rows.length);
    return rows;
  }

  #change({ sql, values }: Statement): StepResult {
    const { statement, labels } = this.#prepare(sql);
    this.#count('sql_statements', labels, 1);
    const changes = Number(statement.run(...values).changes);
    this.#count('sql_rows', labels, changes);
    return changes;
  }

  #control(sql: 'BEGIN IMMEDIATE' | 'COMMIT' | 'ROLLBACK'): undefined {
    this.#count('sql_transactions', { verb: sql.split(' ', 1)[0] ?? sql }, 1);
    this.#database.exec(sql);
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const made: Prepared = { statement: this.#database.prepare(sql), labels: labelsOf(sql) };
    const oldest = this.#prepared.keys().next();
    if (this.#prepared.size >= preparedMax && !oldest.done) this.#prepared.delete(oldest.value);
    this.#prepared.set(sql, made);
    return made;
  }
}
