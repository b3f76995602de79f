// Owns one Jabber stream from its first byte: headers, TLS, login, binding, and its end (RFC 6120 sections 4 to 7).
// It knows no socket (connection.ts), no password (login.ts) and no stanza beyond binding (bound-stream.ts).
//
//   opening -> negotiating -> (TLS) opening -> negotiating -> (login) opening -> unbound -> bound
//   Everything but `closed` can become `closed`; nothing leaves it.

import { randomBytes } from 'node:crypto';
import { base32, type OperatorRecord } from '../actors/mod.ts';
import { acksFailed } from './acks.ts';
import { BoundStream, type StreamEnd } from './bound-stream.ts';
import { child, element, elementsOf, serialise, textOf, withAttributes, type XmlElement } from './element.ts';
import { errorReply, type StanzaFault, type StreamFault, streamError } from './errors.ts';
import { boundFeatures, footerText, headerText, loginFeatures } from './features.ts';
import { jidPartBytesMax, parseJid } from './jid.ts';
import { Login, type LoginServices, type Transport } from './login.ts';
import { NS } from './namespaces.ts';
import { type StreamHeader, StreamParser, type StreamSink } from './stream-parser.ts';

/** How far a stream has come, for the metrics; `closing`: all is said, and the connection is not gone yet. */
export const streamPhases = ['login', 'bound', 'available', 'closing'] as const;
export type StreamPhase = (typeof streamPhases)[number];

type State =
  | { readonly is: 'opening'; readonly account: OperatorRecord | null }
  | { readonly is: 'negotiating' }
  | { readonly is: 'unbound'; readonly account: OperatorRecord }
  | { readonly is: 'bound'; readonly bound: BoundStream }
  | { readonly is: 'closed' };

export class XmppStream {
  readonly #transport: Transport;
  readonly #services: LoginServices;
  readonly #whenBound: () => void;
  readonly #login: Login;
  #state: State = { is: 'opening', account: null };
  #parser: StreamParser;
  #headerSent = false;
  #clientName: string | undefined;
  #cancelLogin: () => void;

  constructor(transport: Transport, services: LoginServices, whenBound: () => void) {
    this.#transport = transport;
    this.#services = services;
    this.#whenBound = whenBound;
    this.#login = new Login(transport, services, {
      write: (node) => this.#write(node),
      succeeded: (operator) => this.#restart(operator),
      close: (fault) => this.close(fault),
      fail: (error) => this.#fail(error),
    });
    this.#parser = this.#newParser();
    this.#cancelLogin = services.clock.after(services.limits.loginMs, () =>
      this.close({ condition: 'connection-timeout' }),
    );
  }

  get phase(): StreamPhase {
    if (this.#state.is === 'closed') return 'closing';
    if (this.#state.is !== 'bound') return 'login';
    return this.#state.bound.presence === null ? 'bound' : 'available';
  }

  receive(bytes: Uint8Array): void {
    try {
      this.#parser.feed(bytes);
    } catch (error) {
      // A mistake of ours in handling one client's stanza ends that client's stream: the edge thread has no supervisor
      // that could end less than all of them.
      this.#fail(error);
    }
  }

  /** The connection is gone. */
  disconnected(): void {
    this.#end('broken');
  }

  /** Says why, and closes. Without a fault: the other side has closed, or we have said all. */
  close(fault: StreamFault | null): void {
    if (this.#state.is === 'closed') return;
    if (!this.#headerSent) this.#sendHeader();
    if (fault !== null) {
      this.#services.counters.add('streamErrors');
      this.#write(streamError(fault));
    }
    this.#transport.write(footerText);
    // A connection that fell silent was lost, and its operator may be coming back: that is no farewell.
    this.#end(fault?.condition === 'connection-timeout' ? 'broken' : 'said');
    this.#transport.close();
  }

  #end(end: StreamEnd): void {
    const state = this.#state;
    if (state.is === 'closed') return;
    this.#state = { is: 'closed' };
    this.#parser.stop();
    this.#login.stop();
    this.#cancelLogin();
    if (state.is === 'bound') state.bound.ended(end);
  }

  #fail(error: unknown): void {
    const [name, stack] = error instanceof Error ? [error.name, error.stack] : [typeof error, ''];
    this.#services.log('error', 'a Jabber stream failed', { error: name, stack });
    this.close({ condition: 'internal-server-error' });
  }

  #newParser(): StreamParser {
    const { limits } = this.#services;
    const unknown = this.#state.is === 'opening' && this.#state.account === null;
    const sink: StreamSink = {
      opened: (header) => this.#opened(header),
      element: (node) => this.#element(node),
      closed: () => this.close(null),
      failed: (fault) => this.close(fault),
    };
    return new StreamParser(sink, {
      stanzaUnitsMax: unknown ? limits.stanzaUnitsUnauthenticatedMax : limits.stanzaUnitsMax,
      elementDepthMax: limits.elementDepthMax,
      attributesMax: limits.attributesMax,
    });
  }

  /** RFC 6120 sections 4.3.3 and 5.4.3.3: after TLS and after login the stream begins anew; what was sent before that
   * in the same breath is dropped, or a man in the middle could put his words into the protected stream. */
  #restart(account: OperatorRecord | null): void {
    this.#parser.stop();
    this.#headerSent = false;
    this.#state = { is: 'opening', account };
    this.#parser = this.#newParser();
  }

  #write(node: XmlElement): void {
    this.#transport.write(serialise(node));
  }

  // --- opening

  #opened(header: StreamHeader): void {
    const from = header.attributes.from === undefined ? null : parseJid(header.attributes.from);
    this.#clientName = from === null ? undefined : header.attributes.from;
    const fault = this.#wrongHeader(header);
    if (fault !== null) {
      this.close(fault);
      return;
    }
    this.#sendHeader();
    const account = this.#state.is === 'opening' ? this.#state.account : null;
    if (account !== null) {
      this.#state = { is: 'unbound', account };
      this.#write(boundFeatures());
      return;
    }
    this.#state = { is: 'negotiating' };
    this.#write(loginFeatures({ secure: this.#transport.secure, mechanisms: this.#login.mechanisms }));
  }

  #wrongHeader({ name, ns, prefix, contentNs, attributes }: StreamHeader): StreamFault | null {
    if (ns !== NS.streams) return { condition: 'invalid-namespace' };
    if (name !== 'stream') return { condition: 'bad-format' };
    if (prefix !== 'stream') return { condition: 'bad-namespace-prefix' };
    if (contentNs !== NS.client) return { condition: 'invalid-namespace' };
    const { to, version } = attributes;
    if (to === undefined) return { condition: 'improper-addressing', text: 'Say `to` whom.' };
    const jid = parseJid(to);
    if (jid === null || jid.local !== '' || jid.resource !== '') return { condition: 'improper-addressing' };
    if (jid.domain !== this.#services.domains.main) return { condition: 'host-unknown' };
    const [, major] = /^(\d+)\.\d+$/.exec(version ?? '') ?? [];
    return Number(major ?? 0) < 1 ? { condition: 'unsupported-version' } : null;
  }

  #sendHeader(): void {
    this.#headerSent = true;
    const id = base32(randomBytes(15));
    this.#transport.write(headerText({ id, from: this.#services.domains.main, to: this.#clientName }));
  }

  // --- after the header

  #element(node: XmlElement): void {
    const state = this.#state;
    switch (state.is) {
      case 'negotiating':
        this.#negotiate(node);
        return;
      case 'unbound':
        this.#bind(node, state.account);
        return;
      case 'bound':
        state.bound.handle(node);
        return;
      case 'opening':
      case 'closed':
        return;
    }
  }

  #negotiate(node: XmlElement): void {
    if (node.ns === NS.tls && node.name === 'starttls' && !this.#login.busy) this.#startTls();
    else if (node.ns === NS.sasl) this.#login.handle(node);
    else this.close({ condition: 'not-authorized' });
  }

  #startTls(): void {
    if (this.#transport.secure) {
      this.#write(element('failure', NS.tls));
      this.close(null);
      return;
    }
    this.#write(element('proceed', NS.tls));
    this.#restart(null);
    this.#transport.startTls();
  }

  // --- binding

  #bind(node: XmlElement, account: OperatorRecord): void {
    if (node.ns === NS.acks) {
      this.#write(acksFailed(node.name === 'resume' ? 'feature-not-implemented' : 'unexpected-request'));
      return;
    }
    const asked = node.ns === NS.client && node.name === 'iq' ? child(node, 'bind', NS.bind) : undefined;
    if (asked === undefined) {
      this.close({ condition: 'not-authorized' });
      return;
    }
    const { type, id } = node.attributes;
    if (type !== 'set' || !id || elementsOf(node).length !== 1) {
      this.#refuse(node, { condition: 'bad-request' });
      return;
    }
    const wanted = child(asked, 'resource');
    const resource = (wanted === undefined ? '' : textOf(wanted)).normalize('NFC') || base32(randomBytes(10));
    if (/\p{Cc}/u.test(resource) || Buffer.byteLength(resource) > jidPartBytesMax) {
      this.#refuse(node, { condition: 'bad-request' });
      return;
    }
    this.#bound(node, account, resource);
  }

  #bound(iq: XmlElement, account: OperatorRecord, resource: string): void {
    const { desks, limits } = this.#services;
    const desk = desks.enter(account);
    const older = desk.byResource(resource);
    if (older === undefined && desk.streams.size >= limits.streamsPerOperatorMax) {
      this.#refuse(iq, { condition: 'resource-constraint' });
      return;
    }
    const port = {
      write: (node: XmlElement) => this.#write(node),
      close: (fault: StreamFault | null) => this.close(fault),
      pause: () => this.#transport.pause(),
      resume: () => this.#transport.resume(),
    };
    const bound = new BoundStream(port, { desk, resource, services: this.#services });
    this.#state = { is: 'bound', bound };
    // RFC 6120 section 7.7.2.2: the newer session has the resource; the older is most often a ghost of the same device.
    older?.close({ condition: 'conflict' });
    this.#cancelLogin();
    this.#whenBound();
    const jid = element('bind', NS.bind, {}, element('jid', NS.bind, {}, bound.jid));
    this.#write(element('iq', NS.client, { type: 'result', id: iq.attributes.id }, jid));
  }

  #refuse(iq: XmlElement, fault: StanzaFault): void {
    this.#write(withAttributes(errorReply(iq, fault), { from: undefined }));
  }
}
