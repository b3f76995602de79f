// Owns one operator of a benchmark: a real Jabber stream over TCP, STARTTLS and SASL PLAIN with XEP-0198 acknowledgements.
// It keeps no roster and shows nothing: it tells what came in, sends answers, and says which of them the server has kept.
//
//   header  -> features -> starttls -> proceed -> TLS
//   header  -> features -> auth     -> success
//   header  -> features -> bind     -> enable -> presence -> messages both ways

import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { child, type Element, escapeXml, StanzaReader } from './xml-stanzas.ts';

const loginMsMax = 20_000;

export interface OperatorOptions {
  readonly port: number;
  readonly domain: string;
  readonly name: string;
  readonly password: string;
}

export interface IncomingChat {
  /** Message id: the same for every delivery of the same message. */
  readonly id: string;
  /** Bare JID of the visitor. */
  readonly from: string;
  readonly body: string;
  readonly delayed: boolean;
  readonly error: boolean;
}

export class XmppOperator {
  readonly name: string;
  onChat: (chat: IncomingChat) => void = () => undefined;
  /** The server has kept the message with this id of ours. */
  onKept: (id: string) => void = () => undefined;
  onLost: (why: string) => void = () => undefined;
  readonly #options: OperatorOptions;
  readonly #reader = new StanzaReader(
    (stanza) => this.#stanza(stanza),
    () => this.#fail(`${this.name}: the server closed the stream`),
  );
  #socket: Socket;
  #step: 'features' | 'proceed' | 'auth' | 'bind' | 'enable' | 'in' = 'features';
  #secure = false;
  #authenticated = false;
  #received = 0;
  #sent = 0;
  #acknowledged = 0;
  #askPending = false;
  #ending = false;
  /** Ids in the order they were sent, from the first that is not acknowledged; null for stanzas other than messages. */
  readonly #waiting: (string | null)[] = [];
  #ready: { resolve: () => void; reject: (error: Error) => void } | null = null;

  constructor(options: OperatorOptions) {
    this.name = options.name;
    this.#options = options;
    this.#socket = connectTcp({ host: '127.0.0.1', port: options.port, noDelay: true });
  }

  /** Resolves when the operator is logged in and available. */
  login(): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => this.#fail(`${this.name} was not logged in after ${loginMsMax} ms`), loginMsMax);
      const settled = (then: () => void) => {
        clearTimeout(late);
        this.#ready = null;
        then();
      };
      this.#ready = { resolve: () => settled(resolve), reject: (error) => settled(() => reject(error)) };
      this.#listen(this.#socket);
      this.#header();
    });
  }

  /** The id is the caller's, and stands in both `id` and origin-id. */
  chat(to: string, id: string, body: string): void {
    const text = escapeXml(body);
    const origin = `<origin-id xmlns='urn:xmpp:sid:0' id='${id}'/>`;
    this.#write(`<message type='chat' to='${to}' id='${id}'><body>${text}</body>${origin}</message>`);
    this.#count(id);
    // One request for all messages of this turn, as a client that is typed into quickly does.
    if (this.#askPending) return;
    this.#askPending = true;
    setImmediate(() => {
      this.#askPending = false;
      this.#write(`<r xmlns='urn:xmpp:sm:3'/>`);
    });
  }

  unacknowledged(): number {
    return this.#waiting.length;
  }

  /** Leaves as a client that is closed does. */
  logout(): Promise<void> {
    this.#ending = true;
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#write(`<presence type='unavailable'/></stream:stream>`);
      this.#socket.end();
      setTimeout(() => this.#socket.destroy(), 1_000).unref();
    });
  }

  #listen(socket: Socket): void {
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#reader.push(text));
    socket.on('error', (error) => this.#fail(`${this.name}: ${error.message}`));
    socket.on('close', () => this.#fail(`${this.name}: the connection closed`));
  }

  #fail(why: string): void {
    if (this.#ending) return;
    if (this.#ready === null) this.onLost(why);
    else this.#ready.reject(new Error(why));
  }

  #write(text: string): void {
    if (!this.#socket.destroyed) this.#socket.write(text);
  }

  #header(): void {
    this.#reader.reset();
    this.#step = 'features';
    this.#write(
      `<?xml version='1.0'?><stream:stream to='${this.#options.domain}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`,
    );
  }

  #stanza(stanza: Element): void {
    const refused = stanza.name === 'stream:error' || (stanza.name === 'failure' && this.#step !== 'in');
    if (refused) this.#fail(`${this.name}: ${stanza.children[0]?.name ?? stanza.name}`);
    else if (this.#step === 'in') this.#inSession(stanza);
    else this.#login(stanza);
  }

  #login(stanza: Element): void {
    const at = `${this.#step} ${stanza.name}`;
    if (at === 'features stream:features') this.#next();
    else if (at === 'proceed proceed') this.#toTls();
    else if (at === 'auth success') {
      this.#authenticated = true;
      this.#header();
    } else if (at === 'bind iq') {
      this.#step = 'enable';
      this.#write(`<enable xmlns='urn:xmpp:sm:3'/>`);
    } else if (at === 'enable enabled') {
      this.#step = 'in';
      this.#write('<presence/>');
      this.#count(null);
      this.#ready?.resolve();
    } else this.#fail(`${this.name}: <${stanza.name}/> at step ${this.#step}`);
  }

  #next(): void {
    if (!this.#secure) {
      this.#step = 'proceed';
      this.#write(`<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`);
    } else if (!this.#authenticated) {
      this.#step = 'auth';
      const { name, password } = this.#options;
      const plain = Buffer.from(`\0${name}\0${password}`).toString('base64');
      this.#write(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
    } else {
      this.#step = 'bind';
      this.#write(`<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`);
    }
  }

  #toTls(): void {
    const plain = this.#socket;
    plain.removeAllListeners('data');
    plain.removeAllListeners('close');
    // The certificate is the node's own, made at its first start; over loopback there is nobody to be mistaken for.
    const secure = connectTls({ socket: plain, rejectUnauthorized: false });
    this.#socket = secure;
    this.#secure = true;
    this.#listen(secure);
    secure.once('secureConnect', () => this.#header());
  }

  #inSession(stanza: Element): void {
    if (stanza.name === 'r') this.#write(`<a xmlns='urn:xmpp:sm:3' h='${this.#received}'/>`);
    else if (stanza.name === 'a') this.#kept(Number(stanza.attributes.h));
    else this.#counted(stanza);
  }

  #counted(stanza: Element): void {
    this.#received += 1;
    if (stanza.name === 'message') this.#message(stanza);
    else if (stanza.name === 'iq') this.#query(stanza);
  }

  #message(stanza: Element): void {
    const body = child(stanza, 'body')?.text;
    if (body === undefined) return;
    this.onChat({
      id: stanza.attributes.id ?? '',
      from: (stanza.attributes.from ?? '').split('/')[0] ?? '',
      body,
      delayed: child(stanza, 'delay') !== undefined,
      error: stanza.attributes.type === 'error',
    });
  }

  #query(stanza: Element): void {
    const { type, id, from } = stanza.attributes;
    if (type !== 'get' && type !== 'set') return;
    const to = from === undefined ? '' : ` to='${escapeXml(from)}'`;
    const known = type === 'set' || child(stanza, 'ping') !== undefined;
    const refusal = `<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`;
    const head = `<iq type='${known ? 'result' : 'error'}' id='${escapeXml(id ?? '')}'${to}`;
    this.#write(known ? `${head}/>` : `${head}>${refusal}</iq>`);
    this.#count(null);
  }

  #count(id: string | null): void {
    this.#sent += 1;
    this.#waiting.push(id);
  }

  #kept(h: number): void {
    for (; this.#acknowledged < h && this.#acknowledged < this.#sent; this.#acknowledged += 1) {
      const id = this.#waiting.shift();
      if (typeof id === 'string') this.onKept(id);
    }
  }
}
