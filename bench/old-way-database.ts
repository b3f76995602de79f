// Owns what the old way asks of its database, and the databases that it can have: a SQLite file, MySQL, or none at all.
// It counts each statement where it is executed, by its first word and the table that it names.

import { DatabaseSync } from 'node:sqlite';
import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise';

export interface OldDatabase {
  /** What `save` was given last; null where nobody was. */
  load(session: string): Promise<string | null>;
  save(session: string, data: string): Promise<void>;
  addMessage(message: { readonly session: string; readonly author: string; readonly text: string }): Promise<void>;
  /** `verb table` -> statements executed. */
  readonly statements: ReadonlyMap<string, number>;
}

const select = 'SELECT data FROM sessions WHERE id = ?';
const replace = 'REPLACE INTO sessions (id, data) VALUES (?, ?)';
const insert = 'INSERT INTO messages (session, author, text, at) VALUES (?, ?, ?, ?)';
const connectionsMax = 10;

class Statements extends Map<string, number> {
  count(sql: string, table: string): void {
    const kind = `${sql.slice(0, sql.indexOf(' ')).toLowerCase()} ${table}`;
    this.set(kind, (this.get(kind) ?? 0) + 1);
  }
}

export function openOldSqlite(path: string): OldDatabase {
  const database = new DatabaseSync(path);
  // The same durability as Parla's own store.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec('CREATE TABLE sessions (id TEXT PRIMARY KEY, data TEXT NOT NULL)');
  database.exec('CREATE TABLE messages (id INTEGER PRIMARY KEY, session TEXT, author TEXT, text TEXT, at INTEGER)');
  database.exec('CREATE INDEX messages_session ON messages (session)');
  const prepared = { select: database.prepare(select), replace: database.prepare(replace) };
  const inserted = database.prepare(insert);
  const statements = new Statements();
  return {
    statements,
    async load(session) {
      statements.count(select, 'sessions');
      const data = prepared.select.get(session)?.data;
      return typeof data === 'string' ? data : null;
    },
    async save(session, data) {
      statements.count(replace, 'sessions');
      prepared.replace.run(session, data);
    },
    async addMessage({ session, author, text }) {
      statements.count(insert, 'messages');
      inserted.run(session, author, text, Date.now());
    },
  };
}

/** What is left without a database: HTTP and JSON, below which no server on Node can go. */
export function openNothing(): OldDatabase {
  const nothing = async () => undefined;
  return { statements: new Statements(), load: async () => null, save: nothing, addMessage: nothing };
}

export async function openOldMysql(url: string): Promise<OldDatabase> {
  const pool: Pool = createPool({ uri: url, connectionLimit: connectionsMax });
  await pool.query('CREATE TABLE sessions (id VARCHAR(64) PRIMARY KEY, data TEXT NOT NULL) ENGINE = InnoDB');
  await pool.query(
    'CREATE TABLE messages (id BIGINT PRIMARY KEY AUTO_INCREMENT, session VARCHAR(64), author VARCHAR(20), text TEXT, at BIGINT, KEY messages_session (session)) ENGINE = InnoDB',
  );
  const statements = new Statements();
  return {
    statements,
    async load(session) {
      statements.count(select, 'sessions');
      const [rows] = await pool.execute<RowDataPacket[]>(select, [session]);
      return rows[0]?.data ?? null;
    },
    async save(session, data) {
      statements.count(replace, 'sessions');
      await pool.execute(replace, [session, data]);
    },
    async addMessage({ session, author, text }) {
      statements.count(insert, 'messages');
      await pool.execute(insert, [session, author, text, Date.now()]);
    },
  };
}
