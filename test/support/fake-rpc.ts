// Owns a small server that plays the visitor's edge for browser tests: the same answers over real HTTP, and faults on request.
// It never judges a widget; it remembers what was asked, so that a test can.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebAsset } from '../../app/web-assets.ts';
import type { Conversation, ErrorName, Event, Message, Methods, Site } from '../../rpc/contract.ts';
import { errorCodes } from '../../rpc/contract.ts';

export interface Asked {
  readonly method: string;
  readonly params: Record<string, unknown>;
  readonly session: string | null;
}

/** What goes wrong with a request: before it has done anything, or after. */
export type Fault =
  | { readonly kind: 'drop'; readonly when: 'before' | 'after' }
  | { readonly kind: 'twice' }
  | { readonly kind: 'error'; readonly code: ErrorName; readonly retryAfterMs?: number; readonly status?: number };

interface Visitor {
  readonly token: string;
  readonly session: string;
  messages: Message[];
  events: Event[];
  epoch: number;
  talk: { id: string; state: Conversation['state']; operator?: { name: string } } | null;
  readSeq: number;
  card: Record<string, unknown>;
  rating: number | null;
  waiting: Set<() => void>;
}

class RpcFault extends Error {
  readonly code: ErrorName;
  constructor(code: ErrorName) {
    super(code);
    this.code = code;
  }
}

const shownMax = 75;
const pollHoldMsTest = 20_000;

export class FakeRpc {
  readonly asked: Asked[] = [];
  readonly visitors = new Map<string, Visitor>();
  readonly #pages = new Map<string, { readonly body: string | Buffer; readonly headers: Record<string, string> }>();
  readonly #server = createServer((request, response) => void this.#handle(request, response));
  site: Site = {
    id: 'demo',
    name: 'Pedalwerk',
    online: true,
    theme: { color: '#0f766e', mode: 'auto' },
    locale: 'auto',
  };
  /** Asked for each request; null lets it pass. */
  fault: (method: string, params: Record<string, unknown>) => Fault | null = () => null;
  /** Nobody answers at all. */
  isDown = false;
  openPolls = 0;
  methodsSeen: string[] = [];
  #serial = 0;

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  assets(list: readonly WebAsset[]): void {
    for (const { path, body, contentType, cacheControl } of list) {
      this.#pages.set(path, { body, headers: { 'Content-Type': contentType, 'Cache-Control': cacheControl } });
    }
  }

  page(path: string, body: string, headers: Record<string, string> = {}): void {
    this.#pages.set(path, { body, headers: { 'Content-Type': 'text/html; charset=utf-8', ...headers } });
  }

  count(method: string): number {
    return this.asked.filter((one) => one.method === method).length;
  }

  /** The only visitor of a test. */
  visitor(): Visitor {
    const visitor = [...this.visitors.values()].at(-1);
    if (visitor === undefined) throw new Error('nobody has opened a session yet');
    return visitor;
  }

  operatorSays(text: string, visitor = this.visitor()): Message {
    if (visitor.talk?.state !== 'active') {
      visitor.talk = { id: visitor.talk?.id ?? this.#id('c'), state: 'active', operator: { name: 'Anna' } };
      this.tell({ type: 'conversation', ...visitor.talk }, visitor);
    }
    return this.#say(visitor, { from: { kind: 'operator', name: 'Anna' }, text });
  }

  tell(event: Event, visitor = this.visitor()): void {
    visitor.events.push(event);
    this.#wake(visitor);
  }

  setOnline(online: boolean): void {
    this.site = { ...this.site, online };
    for (const visitor of this.visitors.values()) this.tell({ type: 'presence', online }, visitor);
  }

  closeTalk(visitor = this.visitor()): void {
    if (visitor.talk === null) return;
    visitor.talk = { ...visitor.talk, state: 'closed' };
    this.tell({ type: 'conversation', ...visitor.talk }, visitor);
  }

  /** As after a restart: every cursor is foreign. */
  forgetCursors(): void {
    for (const visitor of this.visitors.values()) {
      visitor.epoch++;
      visitor.events = [];
      this.#wake(visitor);
    }
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    this.methodsSeen.push(request.method ?? '');
    if (this.isDown) return void request.socket.destroy();
    if (url.pathname !== '/rpc') return this.#serve(url.pathname, response);
    response.setHeader('Access-Control-Allow-Origin', request.headers.origin ?? '*');
    response.setHeader('Access-Control-Expose-Headers', 'Retry-After');
    const text = await new Promise<string>((resolve) => {
      let all = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => {
        all += chunk;
      });
      request.on('end', () => resolve(all));
    });
    await this.#answer(request, response, { text, session: url.searchParams.get('s') });
  }

  #serve(path: string, response: ServerResponse): void {
    const page = this.#pages.get(path);
    if (page === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'Cross-Origin-Resource-Policy': 'cross-origin', ...page.headers }).end(page.body);
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    { text, session }: { text: string; session: string | null },
  ): Promise<void> {
    const { id, method, params } = JSON.parse(text) as { id?: number; method: string; params: Record<string, unknown> };
    this.asked.push({ method, params, session });
    const fault = this.fault(method, params);
    if (fault?.kind === 'drop' && fault.when === 'before') return void request.socket.destroy();
    if (fault?.kind === 'error') return this.#refuse(response, id, fault);
    try {
      if (fault?.kind === 'twice') await this.#do(method, params, response);
      const result = await this.#do(method, params, response);
      if (fault?.kind === 'drop') return void request.socket.destroy();
      if (id === undefined) return void response.writeHead(204).end();
      response
        .writeHead(200, { 'Content-Type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    } catch (error) {
      this.#refuse(response, id, { kind: 'error', code: error instanceof RpcFault ? error.code : 'internalError' });
    }
  }

  #refuse(
    response: ServerResponse,
    id: unknown,
    { code, retryAfterMs, status }: Extract<Fault, { kind: 'error' }>,
  ): void {
    const headers = {
      'Content-Type': 'application/json',
      ...(retryAfterMs !== undefined && { 'Retry-After': String(Math.ceil(retryAfterMs / 1000)) }),
    };
    const data = { code, ...(retryAfterMs !== undefined && { retryAfterMs }) };
    const body = { jsonrpc: '2.0', id: id ?? null, error: { code: errorCodes[code], message: code, data } };
    response.writeHead(status ?? (code === 'throttled' ? 429 : 200), headers).end(JSON.stringify(body));
  }

  async #do(method: string, params: Record<string, unknown>, response: ServerResponse): Promise<unknown> {
    if (method === 'session.open') return this.#open(params as unknown as Methods['session.open']['params']);
    const visitor = this.visitors.get(String(params.visitor));
    if (visitor === undefined) throw new RpcFault('unauthorized');
    switch (method) {
      case 'session.poll':
        return this.#poll(visitor, params as unknown as Methods['session.poll']['params'], response);
      case 'message.send':
        return this.#send(visitor, params as unknown as Methods['message.send']['params']);
      case 'message.read':
        visitor.readSeq = Math.max(visitor.readSeq, Number(params.seq));
        return {};
      case 'message.history':
        return history(visitor, params as unknown as Methods['message.history']['params']);
      case 'session.identify':
        Object.assign(visitor.card, params);
        return { verified: false };
      case 'conversation.close':
        this.closeTalk(visitor);
        return {};
      case 'conversation.rate':
        visitor.rating = Number(params.score);
        return {};
      default:
        return {};
    }
  }

  #open({ visitor: token }: Methods['session.open']['params']): Methods['session.open']['result'] {
    if (token !== undefined && !this.visitors.has(token)) throw new RpcFault('unauthorized');
    const visitor = this.visitors.get(token ?? '') ?? this.#newVisitor();
    return {
      visitor: visitor.token,
      session: visitor.session,
      cursor: cursorOf(visitor),
      holdMs: pollHoldMsTest,
      site: this.site,
      conversation: conversationOf(visitor),
    };
  }

  #newVisitor(): Visitor {
    const blank = { messages: [], events: [], epoch: 1, talk: null, readSeq: 0, card: {}, rating: null };
    const visitor: Visitor = { token: this.#id('t'), session: this.#id('s'), ...blank, waiting: new Set() };
    this.visitors.set(visitor.token, visitor);
    return visitor;
  }

  async #poll(
    visitor: Visitor,
    { cursor, holdMs = 0 }: Methods['session.poll']['params'],
    response: ServerResponse,
  ): Promise<unknown> {
    const [epoch, position] = cursor.split('.').map(Number) as [number, number];
    const isNews = () => epoch !== visitor.epoch || visitor.events.length > position;
    this.openPolls++;
    if (!isNews() && holdMs > 0) await this.#held(visitor, holdMs, response);
    this.openPolls--;
    if (epoch !== visitor.epoch)
      return {
        cursor: cursorOf(visitor),
        events: [],
        reset: true,
        site: this.site,
        conversation: conversationOf(visitor),
      };
    return { cursor: cursorOf(visitor), events: visitor.events.slice(position) };
  }

  async #held(visitor: Visitor, holdMs: number, response: ServerResponse): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        visitor.waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, holdMs);
      visitor.waiting.add(done);
      response.on('close', done);
    });
  }

  #send(visitor: Visitor, { cmid, text }: Methods['message.send']['params']): Methods['message.send']['result'] {
    const before = visitor.messages.find((one) => one.cmid === cmid);
    if (before) return { id: before.id, seq: before.seq, at: before.at };
    if (visitor.talk === null || visitor.talk.state === 'closed') {
      visitor.talk = { id: this.#id('c'), state: 'waiting' };
      this.tell({ type: 'conversation', ...visitor.talk }, visitor);
    }
    const { id, seq, at } = this.#say(visitor, { from: { kind: 'visitor', name: '' }, text, cmid });
    return { id, seq, at };
  }

  #say(visitor: Visitor, said: Pick<Message, 'from' | 'text'> & { readonly cmid?: string }): Message {
    const message: Message = {
      id: this.#id('m'),
      seq: (visitor.messages.at(-1)?.seq ?? 0) + 1,
      at: new Date().toISOString(),
      ...said,
    };
    visitor.messages.push(message);
    this.tell({ type: 'message', message }, visitor);
    return message;
  }

  #wake(visitor: Visitor): void {
    for (const done of [...visitor.waiting]) done();
  }

  #id(letter: string): string {
    return `${letter}${(++this.#serial).toString(36).padStart(8, '0')}`;
  }
}

function cursorOf(visitor: Visitor): string {
  return `${visitor.epoch}.${visitor.events.length}`;
}

function conversationOf(visitor: Visitor): Conversation | null {
  if (visitor.talk === null) return null;
  const others = visitor.messages.filter((one) => one.from.kind !== 'visitor' && one.seq > visitor.readSeq);
  const { messages, talk } = visitor;
  return { ...talk, messages: messages.slice(-shownMax), lastSeq: messages.at(-1)?.seq ?? 0, unread: others.length };
}

function history(
  visitor: Visitor,
  { before = Number.MAX_SAFE_INTEGER, limit = 50 }: Methods['message.history']['params'],
) {
  const older = visitor.messages.filter((one) => one.seq < before);
  return { messages: older.slice(-limit), more: older.length > limit };
}
