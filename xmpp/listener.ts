// Owns the listening sockets of the operator's edge and the connections they accepted: how many, and from where.
// It never speaks: a stream of its own does for each connection.

import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { Connection } from './connection.ts';
import type { StreamFault } from './errors.ts';
import type { LoginServices } from './login.ts';
import { type StreamPhase, streamPhases, XmppStream } from './stream.ts';
import { isLoopback, networkOf, Tally } from './throttle.ts';

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly plaintext: 'never' | 'loopback';
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export class Listener {
  readonly #options: ListenerOptions;
  readonly #services: LoginServices;
  readonly #secureContext: SecureContext;
  readonly #servers: Server[] = [];
  readonly #streams = new Map<XmppStream, Connection>();
  readonly #open = new Tally();
  readonly #unauthenticated = new Tally();

  constructor(options: ListenerOptions, services: LoginServices) {
    this.#options = options;
    this.#services = services;
    this.#secureContext = createSecureContext({ cert: options.cert, key: options.key, minVersion: 'TLSv1.2' });
  }

  get connections(): number {
    return this.#streams.size;
  }

  streams(): { readonly [phase in StreamPhase]: number } {
    const counts = Object.fromEntries(streamPhases.map((phase) => [phase, 0])) as { [phase in StreamPhase]: number };
    for (const stream of this.#streams.keys()) counts[stream.phase] += 1;
    return counts;
  }

  async listen(): Promise<{ port: number; tlsPort: number }> {
    const port = await this.#serve(this.#options.port, false);
    const tlsPort = await this.#serve(this.#options.tlsPort, true);
    return { port, tlsPort };
  }

  #serve(port: number, directTls: boolean): Promise<number> {
    const server = createServer((socket) => this.#accept(socket, directTls));
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, this.#options.host, () => {
        server.off('error', reject);
        server.on('error', (error) =>
          this.#services.log('error', 'a Jabber listener failed', { error: error.message }),
        );
        const address = server.address();
        resolve(address !== null && typeof address === 'object' ? address.port : port);
      });
    });
  }

  #accept(socket: Socket, directTls: boolean): void {
    const { limits, clock, counters } = this.#services;
    const address = socket.remoteAddress ?? '';
    const network = networkOf(address);
    if (this.#tooMany(network)) {
      counters.add('connectionsRefused');
      socket.on('error', () => socket.destroy());
      socket.destroy();
      return;
    }
    counters.add('connectionsAccepted');
    const plaintextAllowed = this.#options.plaintext === 'loopback' && isLoopback(address);
    const secureContext = this.#secureContext;
    const connection = new Connection(socket, { secureContext, limits, clock, network, plaintextAllowed, directTls });
    this.#carry(connection, network);
  }

  #tooMany(network: string): boolean {
    const { limits } = this.#services;
    return (
      this.#streams.size >= limits.connectionsMax ||
      this.#open.of(network) >= limits.connectionsPerAddressMax ||
      this.#unauthenticated.of(network) >= limits.unauthenticatedPerAddressMax
    );
  }

  #carry(connection: Connection, network: string): void {
    let unknown = true;
    const known = () => {
      if (unknown) this.#unauthenticated.remove(network);
      unknown = false;
    };
    this.#open.add(network);
    this.#unauthenticated.add(network);
    const stream = new XmppStream(connection, this.#services, known);
    this.#streams.set(stream, connection);
    connection.listen({
      received: (bytes) => stream.receive(bytes),
      choked: () => this.#services.counters.add('unreadGivenUp'),
      gone: () => {
        this.#open.remove(network);
        known();
        this.#streams.delete(stream);
        stream.disconnected();
      },
    });
  }

  stopListening(): void {
    for (const server of this.#servers.splice(0)) server.close();
  }

  /** Tells every stream why, and waits until all are gone or the time is over. */
  async closeAll(fault: StreamFault): Promise<void> {
    for (const stream of [...this.#streams.keys()]) stream.close(fault);
    const deadline = this.#services.clock.monotonic() + this.#services.limits.closeMs;
    while (this.#streams.size > 0 && this.#services.clock.monotonic() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    for (const connection of this.#streams.values()) connection.destroy();
  }
}
