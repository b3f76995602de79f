// Owns the promises of a gate over real sockets and the real clock: stalls, silence, resets, a crowd at a dead backend.
// The server is real and its protocol a line for a line; no client library has a part in it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { Gate, type GateResult } from '../../stores/gate/mod.ts';
import { heapBytes } from '../support/heap.ts';
import { eventually, Stopwatch } from '../support/stopwatch.ts';

type Manner = 'answers' | 'isSilent' | 'resets';

/** Answers each line with the same line, unless it is told to behave otherwise. */
class LineServer {
  manner: Manner = 'answers';
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      socket.on('data', (bytes) => {
        if (this.manner === 'answers') socket.write(bytes);
        else if (this.manner === 'resets') socket.resetAndDestroy();
      });
    });
  }

  static async start(): Promise<LineServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new LineServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get open(): number {
    return this.#sockets.size;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** A client as careless as those that it stands for: it knows no deadline and keeps its waiters for ever. */
class LineClient {
  readonly socket: Socket;
  #buffer = '';
  readonly #waiting: ((line: string) => void)[] = [];

  constructor(port: number, failed: (error: unknown) => void) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('error', failed);
    this.socket.on('close', () => failed(new Error('closed')));
    this.socket.on('data', (bytes) => {
      this.#buffer += bytes;
      for (let end = this.#buffer.indexOf('\n'); end >= 0; end = this.#buffer.indexOf('\n')) {
        this.#waiting.shift()?.(this.#buffer.slice(0, end));
        this.#buffer = this.#buffer.slice(end + 1);
      }
    });
  }

  ask(line: string): Promise<string> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.socket.write(`${line}\n`);
    });
  }
}

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function guarded(port?: number) {
  const server = await LineServer.start();
  endings.push(() => server.stop());
  const gate = new Gate<LineClient>({
    backend: 'memcached',
    target: `127.0.0.1:${port ?? server.port}`,
    open: (failed) => new LineClient(port ?? server.port, failed),
    close: ({ socket }) => {
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.destroy();
    },
    probe: (client) => client.ask('probe'),
    probeMs: 250,
    judge: () => 'broken',
    pendingMax: 1_000,
  });
  endings.push(() => gate.close());
  const ask = (line: string) => gate.run((client) => client.ask(line), 250);
  return { server, gate, ask };
}

function reasonOf(result: GateResult<unknown>): string {
  return result.ok ? 'ok' : result.reason;
}

function blockLoop(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('a gate over real sockets', () => {
  it('lets no call expire when the loop stood still for 400 ms and the backend is well', async () => {
    const { gate, ask } = await guarded();
    await ask('warm');
    const asked = Array.from({ length: 200 }, (_, call) => ask(`line ${call}`));
    blockLoop(400);
    const results = await Promise.all(asked);
    assert.deepEqual(
      results,
      results.map((_, call) => ({ ok: true, value: `line ${call}` })),
    );
    assert.equal(gate.status().generation, 1);
  });

  it('ends every call at a silent backend in time and leaves no socket of the old client', async () => {
    const { server, ask } = await guarded();
    await ask('warm');
    server.manner = 'isSilent';
    const watch = new Stopwatch();
    const results = await Promise.all(Array.from({ length: 16 }, (_, call) => ask(`line ${call}`)));
    assert.deepEqual(new Set(results.map(reasonOf)), new Set(['deadline']));
    assert.ok(watch.ms < 300, 'deadline and grace');
    watch.stop();
    assert.equal(reasonOf(await ask('now')), 'open');
    server.manner = 'answers';
    await eventually(1_000, () => server.connections > 1);
    await eventually(1_000, () => server.open === 1);
  });

  it('is in use again within a second of the end of silence, resets and refusals, and gives right answers', async () => {
    for (const manner of ['isSilent', 'resets'] as const) {
      const { server, gate, ask } = await guarded();
      await ask('warm');
      server.manner = manner;
      for (const end = performance.now() + 1_200; performance.now() < end; ) await ask('into the fault');
      server.manner = 'answers';
      await eventually(1_000, () => gate.status().state === 'up');
      assert.deepEqual(await ask(`after ${manner}`), { ok: true, value: `after ${manner}` });
    }
  });

  it('makes at most five connections a second to a backend that accepts and says nothing', async () => {
    const { server, ask } = await guarded();
    await ask('warm');
    server.manner = 'isSilent';
    const before = server.connections;
    for (const end = performance.now() + 2_000; performance.now() < end; ) {
      await Promise.all(Array.from({ length: 16 }, () => ask('into the fault')));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.ok(server.connections - before <= 10, `${server.connections - before} in 2 s`);
  });

  it('settles 50,000 calls to an absent backend and holds no memory for them', async () => {
    const free = await LineServer.start();
    const { port } = free;
    await free.stop();
    const { ask } = await guarded(port);
    const before = heapBytes();
    const results = await Promise.all(Array.from({ length: 50_000 }, () => ask('x'.repeat(1_000))));
    assert.deepEqual(new Set(results.map(({ ok }) => ok)), new Set([false]));
    results.length = 0;
    const grown = heapBytes() - before;
    assert.ok(grown < 20 * 1_024 * 1_024, `${grown} bytes`);
  });
});
