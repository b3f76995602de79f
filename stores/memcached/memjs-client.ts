// Owns one memjs client for one server, for one life: from its connection to its end it is never repaired.
// It trusts memjs with writing requests and matching replies by number, and with nothing else.
//
// What memjs 1.3.2 does by itself, and what is done about it here (lib/memjs/server.js):
//   its buffer survives a reconnect, so one reply that was cut ruins all later ones    a client connects once
//   `close` with calls under way never ends them                                        `failed` is told, the gate ends them
//   a length of 2 GiB is waited for, garbage is read as replies                         Replies throws first
//   a failed call is repeated on the ruined connection                                  retries: 1 is none
//   its timers run before sockets are read                                              they are set beyond the gate's

import { Client, Server } from 'memjs';
import { GateError } from '../gate/mod.ts';
import { meaningOf } from './errors.ts';
import { Replies } from './replies.ts';

type Socket = Parameters<Parameters<Server['onConnect']>[0]>[0];

/** Longer than any deadline of ours. */
const memjsSeconds = 60;

export class MemjsClient {
  readonly #server: GuardedServer;
  readonly #client: Client<Buffer>;

  private constructor(server: GuardedServer) {
    this.#server = server;
    const logger = { log: () => undefined };
    this.#client = new Client<Buffer>([server], { retries: 1, failover: false, logger });
  }

  /** Resolves when it is connected; what goes wrong, then or later, is told to `failed`. */
  static connect(at: { readonly host: string; readonly port: number }, failed: (error: unknown) => void) {
    const server = new GuardedServer(at, failed);
    const client = new MemjsClient(server);
    return { client, connected: server.connect() };
  }

  async get(key: string): Promise<Buffer | null> {
    const { value } = await this.#client.get(key).catch(rethrow);
    return value;
  }

  async set(key: string, value: Buffer, expires: number): Promise<void> {
    await this.#client.set(key, value, { expires }).catch(rethrow);
  }

  /** False when the key is there already. */
  add(key: string, value: Buffer): Promise<boolean> {
    return this.#client.add(key, value, {}).catch(rethrow);
  }

  delete(key: string): Promise<boolean> {
    return this.#client.delete(key).catch(rethrow);
  }

  destroy(): void {
    this.#server.destroy();
  }
}

function rethrow(error: unknown): never {
  throw meaningOf(error);
}

class GuardedServer extends Server {
  /** memjs's own. */
  declare _socket?: Socket;
  readonly #replies = new Replies();
  readonly #failed: (error: unknown) => void;
  #socket: Socket | null = null;
  #destroyed = false;

  constructor({ host, port }: { readonly host: string; readonly port: number }, failed: (error: unknown) => void) {
    super(host, port, undefined, undefined, { timeout: memjsSeconds, conntimeout: memjsSeconds, keepAlive: true });
    this.#failed = failed;
    // memjs would take a password from the environment.
    Object.assign(this, { username: undefined, password: undefined });
  }

  connect(): Promise<void> {
    return new Promise((resolve) => {
      this.sock(false, () => resolve());
      const socket = this._socket;
      if (socket === undefined) throw new Error('memjs made no socket');
      this.#socket = socket;
      socket.setNoDelay(true);
      socket.on('error', this.#failed);
      socket.on('close', () => this.#failed(new GateError('connectionClosed', 'memcached closed the connection')));
    });
  }

  override responseHandler(bytes: Buffer): void {
    if (this.#destroyed) return;
    try {
      for (const reply of this.#replies.push(bytes)) super.responseHandler(reply);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Where memjs would make a second connection there is none: whoever waits for it is ended by the gate. */
  override sock(sasl: boolean, go: (socket: Socket) => void): void {
    if (this.#socket === null || (this._socket === this.#socket && !this.#destroyed)) super.sock(sasl, go);
  }

  destroy(): void {
    this.#destroyed = true;
    const socket = this.#socket;
    Object.assign(this, { connectCallbacks: [], responseCallbacks: {}, errorCallbacks: {}, requestTimeouts: [] });
    this.removeAllListeners();
    socket?.removeAllListeners();
    socket?.on('error', () => undefined);
    socket?.destroy();
  }
}
