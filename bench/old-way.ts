// Owns the anchor of `habla-day`: a server as live chat was written in 2008, where each RPC loads and saves its session
// in SQL. It is run for real beside Parla on the same requests, and is never part of Parla.
//
//   POST /rpc?s=SESSION   SELECT the session, change it, REPLACE it; a message is INSERTed too; a poll waits, then answers
//   POST /say?s=SESSION   an operator's message: INSERTed
//   GET  /stats           statements as executed, by verb and table

import { createServer, type IncomingMessage } from 'node:http';
import { type OldDatabase, openNothing, openOldMysql, openOldSqlite } from './old-way-database.ts';

interface Session {
  readonly id: string;
  polls: number;
  pages: number;
  lastUrl: string;
  lastSeenAt: number;
  unread: number;
}

async function loadSession(database: OldDatabase, id: string): Promise<Session> {
  const data = await database.load(id);
  if (data !== null) return JSON.parse(data);
  return { id, polls: 0, pages: 0, lastUrl: '', lastSeenAt: 0, unread: 0 };
}

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: { readonly holdMs?: number; readonly text?: string; readonly page?: { readonly url: string } };
}

/** How long the answer is to be held. */
async function serve(database: OldDatabase, session: Session, request: Request): Promise<number> {
  session.lastSeenAt = Date.now();
  if (request.method === 'session.poll') session.polls += 1;
  if (request.params.page !== undefined) {
    session.pages += 1;
    session.lastUrl = request.params.page.url;
  }
  if (request.method === 'message.send') {
    await database.addMessage({ session: session.id, author: 'visitor', text: request.params.text ?? '' });
  }
  return request.method === 'session.poll' ? (request.params.holdMs ?? 0) : 0;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  return body;
}

function listen(database: OldDatabase): void {
  const server = createServer(async (incoming, answer) => {
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const send = (document: unknown) => answer.end(JSON.stringify(document));
    answer.setHeader('content-type', 'application/json');
    if (url.pathname === '/stats') return send(Object.fromEntries(database.statements));
    const id = url.searchParams.get('s') ?? '';
    const body = await readBody(incoming);
    if (url.pathname === '/say') {
      await database.addMessage({ session: id, author: 'operator', text: body });
      return send({});
    }
    const request: Request = JSON.parse(body);
    const session = await loadSession(database, id);
    const holdMs = await serve(database, session, request);
    await database.save(session.id, JSON.stringify(session));
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

async function open(where: string): Promise<OldDatabase> {
  if (where === 'nothing') return openNothing();
  return where.startsWith('mysql:') ? openOldMysql(where) : openOldSqlite(where);
}

const [, , where = ':memory:'] = process.argv;
listen(await open(where));
