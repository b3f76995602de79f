// Owns a TCP proxy that harms what passes through it: between a client of ours and a real server, on loopback.
// It never changes what a client says: a request arrives whole or not at all, so the server is the real one in every fault.
//
//   client --- requests, untouched ---> proxy --- requests, untouched ---> server
//   client <-- replies, as the fault says -- proxy <------- replies ------- server
//
// A fault begins with the next reply that comes after it was set, on connections that are there and on new ones.

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export type Fault =
  | { readonly type: 'none' }
  /** Nobody listens, and whoever was connected is reset. */
  | { readonly type: 'absent' }
  /** Of the next reply on each connection the first bytes only, and then a reset, an end, or nothing more. */
  | { readonly type: 'cut'; readonly afterBytes: number; readonly ending: 'reset' | 'end' | 'silence' }
  /** Connections are taken and nothing is ever answered; requests still reach the server. */
  | { readonly type: 'silence' }
  /** Connections are taken; neither side hears the other: the packets are lost. */
  | { readonly type: 'partition' }
  | { readonly type: 'slow'; readonly ms: number }
  /** Each reply comes twice. */
  | { readonly type: 'duplicate' }
  /** Each reply waits for the next on its connection, and comes after it. */
  | { readonly type: 'swap' }
  /** What the server said becomes what the test says. */
  | { readonly type: 'rewrite'; readonly reply: (reply: Buffer) => Buffer };

export interface FaultProxy {
  readonly host: string;
  readonly port: number;
  /** Connections that were made since the start, and those there are now. */
  readonly connections: { readonly made: number; readonly open: number };
  /** Replies that the present fault has touched. */
  readonly harmed: number;
  set(fault: Fault): Promise<void>;
  /** Resets everybody who is connected; the fault stays as it is. */
  resetAll(): void;
  close(): Promise<void>;
}

const host = '127.0.0.1';

export async function startFaultProxy(target: { readonly port: number }): Promise<FaultProxy> {
  const proxy = new HarmfulProxy(target.port);
  await proxy.listen(0);
  return proxy;
}

/** Bytes that mean nothing, the same in each run. */
export function garbage(length: number, seed = 1): Buffer {
  let state = seed;
  return Buffer.from(
    Array.from({ length }, () => {
      // A linear congruential generator (Numerical Recipes): the test must not differ from run to run.
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    }),
  );
}

class Link {
  readonly client: Socket;
  readonly server: Socket;
  /** Bytes that the present `cut` has let through. */
  passed = 0;
  held: Buffer | null = null;

  constructor(client: Socket, server: Socket) {
    this.client = client;
    this.server = server;
  }
}

class HarmfulProxy implements FaultProxy {
  readonly host = host;
  port = 0;
  harmed = 0;
  readonly #target: number;
  readonly #links = new Set<Link>();
  #server: Server | null = null;
  #fault: Fault = { type: 'none' };
  #made = 0;

  constructor(target: number) {
    this.#target = target;
  }

  get connections() {
    return { made: this.#made, open: this.#links.size };
  }

  async listen(port: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (client) => this.#connected(client));
    server.listen(port, host);
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
    this.port = address.port;
    this.#server = server;
  }

  async set(fault: Fault): Promise<void> {
    this.#fault = fault;
    this.harmed = 0;
    for (const link of this.#links) {
      link.passed = 0;
      this.#release(link);
    }
    if (fault.type === 'absent') await this.#stopListening();
    else if (this.#server === null) await this.listen(this.port);
  }

  resetAll(): void {
    for (const link of [...this.#links]) this.#reset(link);
  }

  async close(): Promise<void> {
    await this.#stopListening();
  }

  async #stopListening(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.resetAll();
    if (server === null) return;
    const closed = once(server, 'close');
    server.close();
    await closed;
  }

  #connected(client: Socket): void {
    this.#made += 1;
    const server = connect({ port: this.#target, host, allowHalfOpen: true });
    const link = new Link(client, server);
    this.#links.add(link);
    client.setNoDelay(true);
    server.setNoDelay(true);
    client.on('data', (request: Buffer) => {
      if (this.#fault.type !== 'partition') server.write(request);
    });
    client.on('end', () => server.end());
    server.on('data', (reply: Buffer) => this.#reply(link, reply));
    server.on('end', () => {
      if (!this.#isMute()) client.end();
    });
    for (const socket of [client, server]) {
      socket.on('error', () => this.#reset(link));
      socket.on('close', () => this.#closed(link));
    }
  }

  #isMute(): boolean {
    const { type } = this.#fault;
    return type === 'partition' || type === 'silence';
  }

  #reply(link: Link, reply: Buffer): void {
    const fault = this.#fault;
    if (fault.type !== 'none') this.harmed += 1;
    switch (fault.type) {
      case 'none':
        link.client.write(reply);
        return;
      case 'cut':
        this.#cut(link, reply, fault);
        return;
      case 'slow':
        setTimeout(() => {
          if (!link.client.destroyed) link.client.write(reply);
        }, fault.ms);
        return;
      case 'duplicate':
        link.client.write(reply);
        link.client.write(reply);
        return;
      case 'swap':
        if (link.held === null) {
          link.held = reply;
          return;
        }
        link.client.write(reply);
        this.#release(link);
        return;
      case 'rewrite':
        link.client.write(fault.reply(reply));
        return;
      default:
        // `silence`, `partition`, `absent`: nobody hears it.
        return;
    }
  }

  #cut(link: Link, reply: Buffer, { afterBytes, ending }: Extract<Fault, { readonly type: 'cut' }>): void {
    const rest = afterBytes - link.passed;
    link.passed += reply.length;
    if (rest > 0) link.client.write(reply.subarray(0, rest));
    if (reply.length < rest || ending === 'silence') return;
    if (ending === 'end') link.client.end();
    // A reset throws away what the kernel has not sent: the bytes before it must have left.
    else setImmediate(() => this.#reset(link));
  }

  #release(link: Link): void {
    if (link.held !== null) link.client.write(link.held);
    link.held = null;
  }

  #reset(link: Link): void {
    this.#links.delete(link);
    for (const socket of [link.client, link.server]) {
      // A reset of a socket that is ending already fails (EINVAL), and its handle would keep the process alive.
      if (socket.writableEnded) socket.destroy();
      else if (!socket.destroyed) socket.resetAndDestroy();
    }
  }

  /** Where one side ended, the other does; a mute proxy keeps it to itself. */
  #closed(link: Link): void {
    const isAwaited = !link.client.destroyed && !link.client.readableEnded;
    if (link.server.destroyed && isAwaited && this.#isMute()) return;
    this.#links.delete(link);
    link.client.destroy();
    link.server.destroy();
  }
}
