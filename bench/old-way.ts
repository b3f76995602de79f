// Owns the anchor of `habla-day`: a server as live chat was written in 2008, where each RPC loads and saves its session
// in SQL. It is run for real beside Parla on the same requests, and is never part of Parla.
//
//   POST /rpc?s=SESSION   SELECT the session, change it, REPLACE it; a message is INSERTed too; a poll waits, then answers
//   POST /say?s=SESSION   an operator's message: INSERTed
//   GET  /stats           statements as executed, by verb and table

import { createServer, type IncomingMessage } from 'node:http';
import { DatabaseSync } from 'node:sqlite';

interface Session {
  readonly id: string;
  polls: number;
  pages: number;
  lastUrl: string;
  lastSeenAt: number;
  unread: number;
}

/** Counts each statement where it is executed, by the first word and the table it names. */
class CountedDatabase {
  readonly statements = new Map<string, number>();
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>();

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    // The same durability as Parla's own store.
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    this.#database.exec('CREATE TABLE sessions (id TEXT PRIMARY KEY, data TEXT NOT NULL)');
    this.#database.exec(
      'CREATE TABLE messages (id INTEGER PRIMARY KEY, session TEXT, author TEXT, text TEXT, at INTEGER)',
    );
    this.#database.exec('CREATE INDEX messages_session ON messages (session)');
  }

  get(table: string, sql: string, ...values: readonly (string | number)[]) {
    return this.#counted(table, sql).get(...values);
  }

  run(table: string, sql: string, ...values: readonly (string | number)[]): void {
    this.#counted(table, sql).run(...values);
  }

  #counted(table: string, sql: string) {
    const key = `${sql.slice(0, sql.indexOf(' ')).toLowerCase()} ${table}`;
    this.statements.set(key, (this.statements.get(key) ?? 0) + 1);
    const known = this.#prepared.get(sql) ?? this.#database.prepare(sql);
    this.#prepared.set(sql, known);
    return known;
  }
}

function loadSession(database: CountedDatabase, id: string): Session {
  const row = database.get('sessions', 'SELECT data FROM sessions WHERE id = ?', id);
  const data = row?.data;
  if (typeof data === 'string') return JSON.parse(data);
  return { id, polls: 0, pages: 0, lastUrl: '', lastSeenAt: 0, unread: 0 };
}

function saveSession(database: CountedDatabase, session: Session): void {
  database.run('sessions', 'REPLACE INTO sessions (id, data) VALUES (?, ?)', session.id, JSON.stringify(session));
}

function saveMessage(database: CountedDatabase, message: { session: string; author: string; text: string }): void {
  const { session, author, text } = message;
  const sql = 'INSERT INTO messages (session, author, text, at) VALUES (?, ?, ?, ?)';
  database.run('messages', sql, session, author, text, Date.now());
}

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: { readonly holdMs?: number; readonly text?: string; readonly page?: { readonly url: string } };
}

/** How long the answer is to be held. */
function serve(database: CountedDatabase, session: Session, request: Request): number {
  session.lastSeenAt = Date.now();
  if (request.method === 'session.poll') session.polls += 1;
  if (request.params.page !== undefined) {
    session.pages += 1;
    session.lastUrl = request.params.page.url;
  }
  if (request.method === 'message.send') {
    saveMessage(database, { session: session.id, author: 'visitor', text: request.params.text ?? '' });
  }
  return request.method === 'session.poll' ? (request.params.holdMs ?? 0) : 0;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  return body;
}

function listen(database: CountedDatabase): void {
  const server = createServer(async (incoming, answer) => {
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const send = (document: unknown) => answer.end(JSON.stringify(document));
    answer.setHeader('content-type', 'application/json');
    if (url.pathname === '/stats') return send(Object.fromEntries(database.statements));
    const id = url.searchParams.get('s') ?? '';
    const body = await readBody(incoming);
    if (url.pathname === '/say') {
      saveMessage(database, { session: id, author: 'operator', text: body });
      return send({});
    }
    const request: Request = JSON.parse(body);
    const session = loadSession(database, id);
    const holdMs = serve(database, session, request);
    saveSession(database, session);
    const document = { jsonrpc: '2.0', id: request.id, result: {} };
    if (holdMs === 0) return send(document);
    setTimeout(() => send(document), holdMs);
  });
  server.keepAliveTimeout = 76_000;
  // A disk that stalls makes this server late; it must not lose requests by a timeout besides.
  server.headersTimeout = 0;
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    process.stdout.write(`${JSON.stringify({ msg: 'ready', http: port, pid: process.pid })}\n`);
  });
}

listen(new CountedDatabase(process.argv[2] ?? ':memory:'));
