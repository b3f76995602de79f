// Owns a visitor's edge on a loopback port for tests: the real one, over real HTTP, with a fake chat behind it.
// Its time stands still unless a test moves it; only the end of a turn is the real loop's.

import type { Methods } from '../../rpc/mod.ts';
import { createRpcEdge, type MethodName, type RpcEdge, type RpcEdgeOptions, type RpcLogLine } from '../../rpc/mod.ts';
import { FakeChat } from './fake-chat.ts';
import { ManualClock } from './manual-clock.ts';

export const adminToken = 'test-admin-token';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined where there is none. */
  readonly body: RpcBody;
}

export interface RpcBody {
  readonly jsonrpc?: string;
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data: Record<string, unknown> };
}

export interface TestEdge {
  readonly edge: RpcEdge;
  readonly chat: FakeChat;
  readonly logged: readonly RpcLogLine[];
  readonly clock: ManualClock;
  readonly port: number;
  readonly url: string;
  /** Moves the time and lets the loop turn. */
  advance(ms: number): Promise<void>;
  post(body: unknown, init?: RequestInit): Promise<Answer>;
  rpc<N extends MethodName>(method: N, params: Methods[N]['params']): Promise<Answer>;
  /** The result; fails the test when there is an error. */
  result<N extends MethodName>(method: N, params: Methods[N]['params']): Promise<Methods[N]['result']>;
}

/** What ends a test: its context, or the hook of a suite. */
export interface Ending {
  after(run: () => Promise<void>): unknown;
}

export async function startEdge(test: Ending, options: Partial<RpcEdgeOptions> = {}): Promise<TestEdge> {
  const logged: RpcLogLine[] = [];
  const chat = new FakeChat();
  const clock = new ManualClock();
  // Sockets live in real turns of the loop, so work that was cut into slices goes on in them.
  clock.soon = (run) => void setImmediate(run);
  const edge = createRpcEdge({
    host: '127.0.0.1',
    port: 0,
    secret: 'a secret of this test',
    adminToken,
    trustedProxies: [],
    node: () => chat.node,
    log: (line) => logged.push(line),
    clock,
    readiness: () => ({ ready: true, draining: false, degraded: [] }),
    ...options,
  });
  chat.connect((name, message) => {
    const handle = edge.outboxBehaviour.casts[name] as (state: null, message: unknown, context: never) => void;
    handle(null, message, undefined as never);
  });
  const { port } = await edge.listen();
  test.after(() => closeEdge(edge, clock));
  const url = `http://127.0.0.1:${port}`;
  const post = (body: unknown, init: RequestInit = {}) => send(`${url}/rpc`, body, init);
  const rpc: TestEdge['rpc'] = (method, params) => post({ jsonrpc: '2.0', id: 1, method, params });
  return {
    edge,
    chat,
    logged,
    clock,
    port,
    url,
    post,
    rpc,
    async advance(ms) {
      clock.advance(ms);
      await turns(3);
    },
    async result<N extends MethodName>(method: N, params: Methods[N]['params']) {
      const { body } = await rpc(method, params);
      if (body.error !== undefined) throw new Error(`${method}: ${JSON.stringify(body.error)}`);
      return body.result as Methods[N]['result'];
    },
  };
}

/** Lets sockets and slices go on. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits for something that sockets bring about, without sleeping; gives up after many turns of the loop. */
export async function until(what: string, is: () => boolean): Promise<void> {
  for (let turn = 0; turn < 20_000; turn += 1) {
    if (is()) return;
    await turns(1);
  }
  throw new Error(`never: ${what}`);
}

/** The value of one line of /metrics. */
export async function metric(of: TestEdge, line: string): Promise<number> {
  const response = await fetch(`${of.url}/metrics`, { headers: { authorization: `Bearer ${adminToken}` } });
  const found = (await response.text()).split('\n').find((text) => text.startsWith(`${line} `));
  return found === undefined ? 0 : Number(found.split(' ').at(-1));
}

/** Waits until so many polls are parked. */
export async function untilParked(of: TestEdge, count: number): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if ((await metric(of, 'parla_polls_parked')) === count) return;
  }
  throw new Error(`never parked: ${count}`);
}

async function send(url: string, body: unknown, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: text === '' ? {} : JSON.parse(text) };
}

async function closeEdge(edge: RpcEdge, clock: ManualClock): Promise<void> {
  const closed = edge.close();
  clock.advance(1_000);
  await closed;
}
