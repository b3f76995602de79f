// Owns asking a MySQL or MariaDB server what doctor wants to know of it, over one connection of its own.
// It judges nothing, and changes nothing that outlives the connection.

import { type Connection, createConnection, type RowDataPacket } from 'mysql2';
import { type Flavour, flavourOf, mysqlDialect } from '../mysql/dialect.ts';
import { mysqlOptions, setupOf } from '../mysql/session.ts';
import type { MysqlAddress } from '../mysql/url.ts';
import { type Standing, standing } from '../sql/migrations.ts';
import type { Query, Row } from '../sql/query.ts';
import { skewOf } from './probe.ts';

/** Four bytes in UTF-8: what `utf8` of these servers, which has three, cannot hold. */
const emoji = '😀👩🏽‍🚀';

export interface MysqlFacts {
  readonly flavour: Flavour;
  readonly version: string;
  /** From the first byte to the answer to the first query. */
  readonly connectMs: number;
  readonly skewMs: number;
  /** Seconds between its local time, on a connection set up as ours are, and UTC. */
  readonly zoneSeconds: number;
  /** `connection`: the account may make no temporary table, so the text went there and back without one. */
  readonly text: { readonly same: boolean; readonly through: 'table' | 'connection' };
  readonly sqlMode: string;
  readonly readOnly: boolean;
  readonly flushAtCommit: number;
  /** Null: it writes no binary log. */
  readonly syncBinlog: number | null;
  readonly packetBytes: number;
  readonly connections: { readonly max: number; readonly perUserMax: number; readonly used: number };
  /** As SHOW GRANTS says them. There may be the hash of a password in one. */
  readonly grants: readonly string[];
  readonly standing: Standing;
}

export async function mysqlFacts(address: MysqlAddress, opened: (end: () => void) => void): Promise<MysqlFacts> {
  const began = performance.now();
  const asked = new Asked(createConnection(mysqlOptions(address)));
  opened(() => asked.destroy());
  await asked.connect();
  const version = String((await asked.row('SELECT VERSION() AS version')).version);
  const connectMs = Math.max(1, Math.round(performance.now() - began));
  const flavour = flavourOf(version);
  await asked.rows(setupOf(flavour));
  const variables = await asked.row(variablesQuery);
  return {
    flavour,
    version,
    connectMs,
    skewMs: await skew(asked),
    zoneSeconds: Number((await asked.row('SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), NOW()) AS apart')).apart),
    text: await roundTrip(asked, mysqlDialect(flavour).ddl.tableOptions),
    sqlMode: String(variables.sql_mode),
    readOnly: Number(variables.read_only) === 1,
    flushAtCommit: Number(variables.flush_at_commit),
    syncBinlog: Number(variables.log_bin) === 1 ? Number(variables.sync_binlog) : null,
    packetBytes: Number(variables.packet),
    connections: {
      max: Number(variables.connections),
      perUserMax: Number(variables.user_connections),
      used: Number((await asked.row("SHOW GLOBAL STATUS LIKE 'Threads_connected'")).Value),
    },
    grants: (await asked.rows('SHOW GRANTS')).map((row) => String(Object.values(row)[0])),
    standing: await asked.drive(standing(mysqlDialect(flavour), 'the database')),
  };
}

const variablesQuery = `SELECT @@SESSION.sql_mode AS sql_mode, @@GLOBAL.read_only AS read_only,
  @@GLOBAL.innodb_flush_log_at_trx_commit AS flush_at_commit, @@GLOBAL.log_bin AS log_bin,
  @@GLOBAL.sync_binlog AS sync_binlog, @@GLOBAL.max_allowed_packet AS packet,
  @@GLOBAL.max_connections AS connections, @@GLOBAL.max_user_connections AS user_connections`;

async function skew(asked: Asked): Promise<number> {
  const before = Date.now();
  const { now } = await asked.row('SELECT UNIX_TIMESTAMP(NOW(6)) * 1000 AS now');
  return skewOf(Number(now), { before, after: Date.now() });
}

/** The table has what ours have behind their definition, and is gone with the connection. */
async function roundTrip(asked: Asked, tableOptions: string): Promise<MysqlFacts['text']> {
  try {
    await asked.rows(`CREATE TEMPORARY TABLE parla_doctor (text MEDIUMTEXT) ${tableOptions}`);
    await asked.rows('INSERT INTO parla_doctor VALUES (?)', [emoji]);
    const { text } = await asked.row('SELECT text FROM parla_doctor');
    return { same: text === emoji, through: 'table' };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { text } = await asked.row('SELECT ? AS text', [emoji]);
    return { same: text === emoji, through: 'connection' };
  }
}

/** ER_DBACCESS_DENIED_ERROR, ER_TABLEACCESS_DENIED_ERROR. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && (error.errno === 1044 || error.errno === 1142);
}

class Asked {
  readonly #connection: Connection;
  #lost: (error: Error) => void = () => undefined;
  readonly #end: Promise<never>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#end = new Promise((_, reject) => {
      this.#lost = reject;
    });
    // Heard only by what races with it: a connection that ends after the last question is no fault.
    this.#end.catch(() => undefined);
    connection.on('error', (error) => this.#lost(error));
    connection.on('end', () => this.#lost(new Error('the connection has ended')));
  }

  connect(): Promise<void> {
    const connected = new Promise<void>((resolve, reject) => {
      this.#connection.connect((error) => (error === null ? resolve() : reject(error)));
    });
    return Promise.race([connected, this.#end]);
  }

  rows(sql: string, values: readonly string[] = []): Promise<readonly Row[]> {
    const answered = new Promise<readonly Row[]>((resolve, reject) => {
      this.#connection.query<RowDataPacket[]>(sql, [...values], (error, rows) => {
        if (error === null) resolve(Array.isArray(rows) ? rows : []);
        else reject(error);
      });
    });
    return Promise.race([answered, this.#end]);
  }

  async row(sql: string, values: readonly string[] = []): Promise<Row> {
    return (await this.rows(sql, values))[0] ?? {};
  }

  /** For queries that only read. */
  async drive<T>(query: Query<T>): Promise<T> {
    let next = query.next();
    while (!next.done) {
      if (next.value.type !== 'rows') throw new Error('doctor changes nothing');
      next = query.next(await this.rows(next.value.sql));
    }
    return next.value;
  }

  destroy(): void {
    this.#connection.destroy();
    // mysql2 ends the socket and waits for the other side, which may never answer.
    const { stream } = this.#connection as unknown as { readonly stream: { destroy(): void } };
    stream.destroy();
  }
}
