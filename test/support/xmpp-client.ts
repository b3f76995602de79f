// Owns a Jabber client for tests that speaks in raw text over TCP or TLS and waits for what it must get.
// It never parses XML: a test says which text has to come.

import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export const streamHeader = (domain: string, more = "version='1.0'") =>
  `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='${domain}' ${more}>`;

const waitMs = 4_000;

export class RawClient {
  received = '';
  closed = false;
  #socket: Socket;
  readonly #watchers = new Set<() => void>();

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#attach(socket);
  }

  static open(port: number): RawClient {
    return new RawClient(connect(port, '127.0.0.1'));
  }

  static openTls(port: number, protocols: string[] = ['xmpp-client']): RawClient {
    return new RawClient(connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: protocols }));
  }

  #attach(socket: Socket): void {
    socket.on('data', (bytes: Buffer) => {
      this.received += bytes.toString('utf8');
      this.#changed();
    });
    socket.on('error', () => this.#changed());
    socket.on('close', () => {
      this.closed = true;
      this.#changed();
    });
  }

  #changed(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  send(data: string | Uint8Array): void {
    this.#socket.write(data);
  }

  get raw(): Socket {
    return this.#socket;
  }

  /** After `<proceed/>`. */
  async startTls(): Promise<void> {
    const plain = this.#socket;
    plain.removeAllListeners('data');
    const tls = connectTls({ socket: plain, rejectUnauthorized: false });
    this.#socket = tls;
    this.#attach(tls);
    await new Promise((resolve, reject) => {
      tls.once('secureConnect', () => resolve(null));
      tls.once('error', reject);
    });
  }

  /** Takes everything up to and with the first match; fails with what came instead. */
  async until(pattern: RegExp | string): Promise<string> {
    const find = () => {
      if (typeof pattern === 'string') {
        const at = this.received.indexOf(pattern);
        return at < 0 ? -1 : at + pattern.length;
      }
      const match = pattern.exec(this.received);
      return match === null ? -1 : match.index + match[0].length;
    };
    return this.#wait(find, String(pattern));
  }

  async ended(): Promise<string> {
    return this.#wait(() => (this.closed ? this.received.length : -1), 'the end');
  }

  #wait(find: () => number, what: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const done = (action: () => void) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        action();
      };
      const give = (why: string) => done(() => reject(new Error(`${why} ${what}; received: ${this.received}`)));
      const look = () => {
        const end = find();
        if (end >= 0) {
          done(() => {
            const taken = this.received.slice(0, end);
            this.received = this.received.slice(end);
            resolve(taken);
          });
        } else if (this.closed) give('closed before');
      };
      const timer = setTimeout(() => give('timed out waiting for'), waitMs);
      this.#watchers.add(look);
      look();
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** A stream that waits for a login. */
  async greet(domain: string): Promise<string> {
    this.send(streamHeader(domain));
    return this.until('</stream:features>');
  }

  async plain(domain: string, user: string, password: string): Promise<void> {
    this.send(
      `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${base64(`\0${user}\0${password}`)}</auth>`,
    );
    await this.until('<success');
    await this.until('/>');
    await this.greet(domain);
  }

  async bind(resource?: string): Promise<string> {
    const wanted = resource === undefined ? '' : `<resource>${resource}</resource>`;
    this.send(`<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>${wanted}</bind></iq>`);
    const answer = await this.until('</iq>');
    return /<jid>([^<]*)<\/jid>/.exec(answer)?.[1] ?? '';
  }
}

export function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

/** A SCRAM client as RFC 5802 writes it, to check the server's side against another hand. */
export function scramClient(hash: 'sha1' | 'sha256', user: string, password: string) {
  const nonce = randomBytes(12).toString('base64');
  const bare = `n=${user},r=${nonce}`;
  const mac = (key: Buffer, text: string) => createHmac(hash, key).update(text).digest();
  let serverSignature = '';
  return {
    first: (gs2 = 'n,,') => base64(gs2 + bare),
    final(challenge: string, gs2 = 'n,,'): string {
      const serverFirst = Buffer.from(challenge, 'base64').toString('utf8');
      const [, r = '', s = '', i = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst) ?? [];
      const size = hash === 'sha1' ? 20 : 32;
      const salted = pbkdf2Sync(password, Buffer.from(s, 'base64'), Number(i), size, hash);
      const clientKey = mac(salted, 'Client Key');
      const withoutProof = `c=${base64(gs2)},r=${r}`;
      const message = `${bare},${serverFirst},${withoutProof}`;
      const signature = mac(createHash(hash).update(clientKey).digest(), message);
      const proof = clientKey.map((byte, at) => byte ^ (signature[at] ?? 0));
      serverSignature = mac(mac(salted, 'Server Key'), message).toString('base64');
      return base64(`${withoutProof},p=${Buffer.from(proof).toString('base64')}`);
    },
    /** What `<success/>` must carry. */
    get proofOfServer(): string {
      return base64(`v=${serverSignature}`);
    },
  };
}
