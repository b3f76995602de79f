// Owns one connection to MySQL or MariaDB: how it is set up, its statements one after the other, and its end.
// It is destroyed whole on any doubt, and never used again; it counts every statement that it executes.
//
// The protocol has no request ids: a reply that comes twice would be taken for the answer to the next statement. So
// each statement bears a number that its reply must bring back: a row in a column of its own, a change in the
// `insert id` (LAST_INSERT_ID), the end of a transaction in the server's status.

import { type Connection, createConnection, type QueryResult, type ResultSetHeader } from 'mysql2';
import { type Count, labelsOf } from '../sql/count.ts';
import type { Dialect } from '../sql/dialect.ts';
import type { Query, Row, SqlValue, Statement, Step, StepResult } from '../sql/query.ts';
import { isSqlError } from '../sql/sql-error.ts';
import { collations, type Flavour, flavourOf, looking, mysqlDialect } from './dialect.ts';
import { foreignReply, goneBefore, sqlErrorOf } from './errors.ts';
import { followingTexts, isNumbered } from './insertions.ts';
import { KnownEnds } from './known-ends.ts';
import type { MysqlAddress } from './url.ts';

const connectMsMax = 500;
/** Texts differ by their number of rows only; the server keeps what is prepared in its memory. */
const preparedMax = 100;
const keepAliveAfterMs = 10_000;
/** A statement that waits for another's rows gives up before its caller does. */
const lockWaitSeconds = 1;
/** One that waits for a table that somebody locked or changes: nobody waits for it any more by then. */
const tableWaitSeconds = 5;
/** SERVER_STATUS_IN_TRANS of the protocol. */
const inTransaction = 1;
const numberMax = 2 ** 31;
/** To a server that answers later than this the way is what takes the time: no text is prepared that only saves it work. */
const nearMsMax = 10;
const roomsKnownMax = 5_000;

export class Session {
  readonly #connection: Connection;
  readonly #count: Count;
  #number = 0;
  #alive = true;
  #inTransaction = false;
  /** Ends the wait of whoever waits for a reply. */
  #interrupted: ((why: Error) => void) | null = null;
  flavour: Flavour = 'mysql';
  /** How this connection says an append depends on what it has prepared, and has written. */
  dialect: Dialect = mysqlDialect('mysql');
  #prepared = false;

  constructor(address: MysqlAddress, count: Count, ended: (session: Session) => void) {
    this.#count = count;
    this.#connection = createConnection(mysqlOptions(address));
    const over = (error?: Error) => {
      if (!this.#alive) return;
      this.destroy();
      const why = sqlErrorOf(error);
      this.#interrupted?.(isSqlError(why) ? why : goneBefore());
      ended(this);
    };
    this.#connection.on('error', over);
    this.#connection.on('end', over);
    // The client only warns of packets that are out of order, and goes on to believe them.
    this.#connection.on('warn', over);
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Must have returned before the first query. `nearMs`: a server is near that prepares a statement in this time. */
  async open(nearMs = nearMsMax): Promise<void> {
    await this.#told((done) => this.#connection.connect((error) => done(error)));
    const [about] = await this.#rows({ sql: 'SELECT VERSION() AS version', values: [] });
    this.flavour = flavourOf(String(about?.version));
    this.dialect = mysqlDialect(this.flavour);
    await this.#plain(setupOf(this.flavour));
    await this.prepareAppend(nearMs);
  }

  /**
   * On a slow server a statement that must be prepared first takes twice as long as an append may. Does nothing where
   * it is done; until the migrations have run it cannot be.
   */
  async prepareAppend(nearMs = nearMsMax): Promise<void> {
    if (this.#prepared) return;
    const { short, long } = looking[this.flavour];
    const [one = '', ...more] = followingTexts;
    let quickestMs = Number.POSITIVE_INFINITY;
    for (const text of [short, long, one]) {
      const startedAt = performance.now();
      if (!(await this.#prepare(text))) return;
      quickestMs = Math.min(quickestMs, performance.now() - startedAt);
    }
    const isNear = quickestMs < nearMs;
    for (const text of isNear ? more : []) await this.#prepare(text);
    const rowsMax = isNear ? followingTexts.length : 1;
    this.dialect = mysqlDialect(this.flavour, { ends: new KnownEnds(roomsKnownMax), rowsMax });
    this.#prepared = true;
  }

  /** Runs a query from its first statement to its end. */
  async drive<T>(query: Query<T>): Promise<T> {
    let next = query.next();
    while (!next.done) {
      let result: StepResult;
      try {
        result = await this.#execute(next.value);
      } catch (error) {
        next = query.throw(sqlErrorOf(error));
        continue;
      }
      next = query.next(result);
    }
    return next.value;
  }

  /** At once: the socket, its buffers and whatever waits. A statement that was sent may still be executed. */
  destroy(): void {
    this.#alive = false;
    this.#connection.destroy();
    // mysql2 ends the socket and waits for the other side, which may never answer.
    const { stream } = this.#connection as unknown as { readonly stream: { destroy(): void } };
    stream.destroy();
  }

  /** False: there is no such table yet, or not all of its columns. */
  async #prepare(text: string): Promise<boolean> {
    try {
      await this.#told((done) => this.#connection.prepare(text, (error) => done(error)));
      return true;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : null;
      if (code !== 'ER_NO_SUCH_TABLE' && code !== 'ER_BAD_FIELD_ERROR') throw error;
      return false;
    }
  }

  async #execute(step: Step): Promise<StepResult> {
    switch (step.type) {
      case 'rows':
        return this.#counted(step, this.#rows(step));
      case 'change':
        return this.#counted(step, this.#change(step));
      case 'begin':
        return this.#control('START TRANSACTION', inTransaction);
      case 'commit':
        return this.#control('COMMIT', 0);
      case 'rollback':
        // A lost connection rolls back by itself.
        return this.#alive && this.#inTransaction ? this.#control('ROLLBACK', 0) : undefined;
      case 'tally':
        this.#count(step.metric, step.labels, step.by);
        return undefined;
    }
  }

  async #counted<R extends number | readonly Row[]>({ sql }: Statement, result: Promise<R>): Promise<R> {
    const labels = labelsOf(sql);
    this.#count('sql_statements', labels, 1);
    const made = await result;
    this.#count('sql_rows', labels, typeof made === 'number' ? made : made.length);
    return made;
  }

  async #rows({ sql, values }: Statement): Promise<readonly Row[]> {
    const number = this.#nextNumber();
    const rows = await this.#sent(sql.replace(/^SELECT /i, 'SELECT ? AS reply_of, '), [number, ...values]);
    if (!Array.isArray(rows)) throw this.#foreign();
    if (rows.some((row) => (row as Row).reply_of !== number)) throw this.#foreign();
    // No row bears no number: whether the connection still answers in step is asked.
    if (rows.length === 0) await this.#inStep();
    return rows as readonly Row[];
  }

  async #inStep(): Promise<void> {
    const number = this.#nextNumber();
    const rows = await this.#sent('SELECT ? AS reply_of', [number]);
    if (!Array.isArray(rows) || (rows[0] as Row | undefined)?.reply_of !== number) throw this.#foreign();
  }

  async #change({ sql, values, committed }: Statement): Promise<number> {
    if (!isNumbered(sql)) {
      const { affectedRows } = this.#header(await this.#sent(sql, values));
      await this.#inStep();
      return affectedRows;
    }
    const number = this.#nextNumber();
    const { affectedRows, insertId } = this.#header(await this.#sent(sql, [...values, number]));
    // Where nothing was changed nothing was numbered; whoever gets a 0 looks, and the look is numbered.
    if (affectedRows > 0 && insertId !== number) throw this.#foreign();
    if (!this.#inTransaction) committed?.(affectedRows);
    return affectedRows;
  }

  async #control(sql: 'START TRANSACTION' | 'COMMIT' | 'ROLLBACK', status: number): Promise<undefined> {
    this.#count('sql_transactions', { verb: sql === 'START TRANSACTION' ? 'BEGIN' : sql }, 1);
    const { serverStatus } = this.#header(await this.#plain(sql));
    if ((serverStatus & inTransaction) !== status) throw this.#foreign();
    this.#inTransaction = status === inTransaction;
  }

  #nextNumber(): number {
    this.#number = (this.#number % numberMax) + 1;
    return this.#number;
  }

  #header(result: QueryResult): ResultSetHeader {
    if (Array.isArray(result)) throw this.#foreign();
    return result as ResultSetHeader;
  }

  #foreign(): Error {
    this.destroy();
    return foreignReply();
  }

  #sent(sql: string, values: readonly SqlValue[]): Promise<QueryResult> {
    return this.#told((done) => this.#connection.execute(sql, [...values], done));
  }

  #plain(sql: string): Promise<QueryResult> {
    return this.#told((done) => this.#connection.query(sql, done));
  }

  #told<R>(ask: (done: (error: Error | null, result?: R) => void) => void): Promise<R> {
    if (!this.#alive) return Promise.reject(goneBefore());
    return new Promise((resolve, reject) => {
      this.#interrupted = reject;
      ask((error, result) => (error === null ? resolve(result as R) : reject(error)));
    });
  }
}

export function mysqlOptions({ host, port, user, password, database, tls, authority }: MysqlAddress) {
  const checked = { verifyIdentity: true, ...(authority === null ? {} : { ca: authority }) };
  return {
    host,
    port,
    user,
    password,
    database,
    charset: 'utf8mb4',
    connectTimeout: connectMsMax,
    enableKeepAlive: true,
    keepAliveInitialDelay: keepAliveAfterMs,
    maxPreparedStatements: preparedMax,
    ...(tls === 'off' ? {} : { ssl: tls === 'checked' ? checked : { rejectUnauthorized: false } }),
  };
}

/**
 * Said for each connection, because a server's defaults may differ: strict, UTC, bytes. READ COMMITTED is what an
 * append needs: it looks at what is committed, and two that look at once are told apart by their unique keys.
 */
export function setupOf(flavour: Flavour): string {
  const isolation = flavour === 'mariadb' ? 'tx_isolation' : 'transaction_isolation';
  return `SET SESSION sql_mode = 'TRADITIONAL', time_zone = '+00:00', autocommit = 1,
    ${isolation} = 'READ-COMMITTED', innodb_lock_wait_timeout = ${lockWaitSeconds}, lock_wait_timeout = ${tableWaitSeconds},
    character_set_client = utf8mb4, character_set_results = utf8mb4, collation_connection = ${collations[flavour]}`;
}
