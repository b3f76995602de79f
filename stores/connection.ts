// Owns one connection: its prepared statements, its transactions, and the count of every statement it executes.
// It never decides what a statement means; it cannot run one uncounted.

import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';

export type Row = { readonly [column: string]: SQLOutputValue };

/** The shape of `context.count`. */
export type Count = (metric: string, labels: { readonly [label: string]: string }, by: number) => void;

interface Prepared {
  readonly statement: StatementSync;
  readonly labels: { readonly verb: string; readonly table: string };
}

/** A query that kysely has built. */
export interface Compilable {
  compile(): { readonly sql: string; readonly parameters: readonly unknown[] };
}

/** Texts differ only by their number of rows, so there are few; beyond this the oldest is made again when needed. */
const preparedMax = 200;

/** The first verb and the table it names: what is counted is read from the text that runs, not claimed beside it. */
const verbPattern = /^\s*(select|insert|update|delete|replace)\b/i;
const tablePattern = /\b(?:from|into|update)\s+["`]?(\w+)["`]?/i;

export class Connection {
  readonly #database: DatabaseSync;
  readonly #count: Count;
  readonly #prepared = new Map<string, Prepared>();

  constructor(database: DatabaseSync, count: Count) {
    this.#database = database;
    this.#count = count;
  }

  all(sql: string, values: readonly SQLInputValue[] = []): readonly Row[] {
    const { statement, labels } = this.#prepare(sql);
    this.#count('sql_statements', labels, 1);
    const rows = statement.all(...values);
    this.#count('sql_rows', labels, rows.length);
    return rows;
  }

  one(sql: string, values: readonly SQLInputValue[] = []): Row | null {
    return this.all(sql, values)[0] ?? null;
  }

  /** Returns the number of rows that changed. */
  run(sql: string, values: readonly SQLInputValue[] = []): number {
    const { statement, labels } = this.#prepare(sql);
    this.#count('sql_statements', labels, 1);
    const changes = Number(statement.run(...values).changes);
    this.#count('sql_rows', labels, changes);
    return changes;
  }

  read(query: Compilable): readonly Row[] {
    const { sql, parameters } = query.compile();
    return this.all(sql, parameters as readonly SQLInputValue[]);
  }

  write(query: Compilable): number {
    const { sql, parameters } = query.compile();
    return this.run(sql, parameters as readonly SQLInputValue[]);
  }

  /** Counts something that a statement did and its text does not show. */
  tally(metric: string, labels: { readonly [label: string]: string }, by: number): void {
    this.#count(metric, labels, by);
  }

  /** All or nothing. Nothing waits inside: the work is synchronous, so no other statement comes between. */
  transaction<T>(work: () => T): T {
    try {
      this.#control('BEGIN IMMEDIATE');
      const result = work();
      this.#control('COMMIT');
      return result;
    } catch (error) {
      // On a full disk SQLite has rolled back by itself, and on a locked file nothing began.
      if (this.#database.isTransaction) this.#control('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#prepared.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #control(sql: 'BEGIN IMMEDIATE' | 'COMMIT' | 'ROLLBACK'): void {
    this.#count('sql_transactions', { verb: sql.split(' ', 1)[0] ?? sql }, 1);
    this.#database.exec(sql);
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const verb = verbPattern.exec(sql)?.[1]?.toUpperCase() ?? 'OTHER';
    const table = tablePattern.exec(sql)?.[1] ?? 'none';
    const made: Prepared = { statement: this.#database.prepare(sql), labels: { verb, table } };
    const oldest = this.#prepared.keys().next();
    if (this.#prepared.size >= preparedMax && !oldest.done) this.#prepared.delete(oldest.value);
    this.#prepared.set(sql, made);
    return made;
  }
}
