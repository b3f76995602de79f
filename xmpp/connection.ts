// Owns one TCP connection: bytes in and out, the step into TLS, and what a client leaves unread.
// It never looks into what it carries.

import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { EdgeClock } from './clock.ts';
import type { XmppLimits } from './limits.ts';
import type { Transport } from './login.ts';

export interface ConnectionOptions {
  readonly secureContext: SecureContext;
  readonly limits: XmppLimits;
  readonly clock: EdgeClock;
  readonly network: string;
  readonly plaintextAllowed: boolean;
  /** Begins with a TLS handshake (XEP-0368). */
  readonly directTls: boolean;
}

export interface ConnectionEvents {
  received(bytes: Uint8Array): void;
  /** Once; nothing is received afterwards. */
  gone(): void;
  /** The client does not read what it is sent. */
  choked(): void;
}

/** What XEP-0368 calls this protocol in a TLS handshake. */
const alpn = 'xmpp-client';

export class Connection implements Transport {
  readonly network: string;
  readonly plaintextAllowed: boolean;
  readonly #options: ConnectionOptions;
  readonly #raw: Socket;
  #events: ConnectionEvents | null = null;
  #socket: Socket;
  #corked = false;
  #closing = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#options = options;
    this.#raw = socket;
    this.#socket = socket;
    this.network = options.network;
    this.plaintextAllowed = options.plaintextAllowed;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, options.limits.tcpKeepaliveMs);
    // Every error is followed by `close`, which is what counts; without a listener it would end the process.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#events?.gone());
  }

  listen(events: ConnectionEvents): void {
    this.#events = events;
    if (this.#options.directTls) this.startTls();
    else this.#attach(this.#socket);
  }

  get secure(): boolean {
    return this.#socket !== this.#raw;
  }

  startTls(): void {
    this.#uncork();
    this.#raw.removeAllListeners('data');
    const { secureContext } = this.#options;
    const tls = new TLSSocket(this.#raw, { isServer: true, secureContext, ALPNProtocols: [alpn] });
    this.#socket = tls;
    tls.on('error', () => this.#raw.destroy());
    tls.on('close', () => this.#raw.destroy());
    this.#attach(tls);
  }

  #attach(socket: Socket): void {
    socket.on('data', (bytes: Uint8Array) => this.#events?.received(bytes));
  }

  write(text: string): void {
    if (this.#closing || this.#socket.destroyed) return;
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => this.#uncork());
    }
    this.#socket.write(text);
    if (this.#socket.writableLength > this.#options.limits.unsentBytesMax) {
      this.#events?.choked();
      this.#raw.destroy();
    }
  }

  #uncork(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#socket.uncork();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#uncork();
    this.#socket.resume();
    this.#socket.end();
    this.#options.clock.after(this.#options.limits.closeMs, () => this.#raw.destroy());
  }

  destroy(): void {
    this.#raw.destroy();
  }
}
