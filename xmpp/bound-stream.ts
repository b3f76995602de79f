// Owns one device of an operator after its resource was bound: which of its stanzas are handled, what it was sent and
// has not confirmed, its presence. It knows neither sockets nor logins (stream.ts), nor who answers what (iq.ts …).

import { randomBytes } from 'node:crypto';
import { base32, type OperatorName, operatorAt } from '../actors/mod.ts';
import { handleAcks } from './acks.ts';
import { messageElement } from './chat-stanzas.ts';
import { Delivery, type Mark } from './delivery.ts';
import type { Desk } from './desk.ts';
import type { Delivered, StreamPresence } from './device.ts';
import { element, withAttributes, type XmlElement } from './element.ts';
import { errorReply, type StanzaFault, type StreamFault } from './errors.ts';
import { Handled } from './handled.ts';
import { handleIq } from './iq.ts';
import { bareText, type Jid, parseJid } from './jid.ts';
import { handleMessage } from './message.ts';
import { NS } from './namespaces.ts';
import { handlePresence } from './presence.ts';
import type { ServedStream, StreamServices } from './served.ts';
import { visitorResource } from './visitor-presence.ts';

/** What the stream below offers. */
export interface StreamPort {
  write(node: XmlElement): void;
  /** Says why and closes; null closes without an error. */
  close(fault: StreamFault | null): void;
  pause(): void;
  resume(): void;
}

/** `said`: either side closed the stream. `broken`: the connection went away without a word. */
export type StreamEnd = 'said' | 'broken';

interface Asked {
  readonly position: number;
  /** The id of the ping, null for an `<r/>`. */
  readonly ping: string | null;
  readonly cancelTimer: () => void;
}

export interface Binding {
  readonly desk: Desk;
  readonly resource: string;
  readonly services: StreamServices;
}

export class BoundStream implements ServedStream {
  /** Random: what RFC 6120 8.1.3 calls a stream, within which stanza ids are unique. */
  readonly name = base32(randomBytes(15));
  readonly desk: Desk;
  readonly operator: OperatorName;
  readonly resource: string;
  readonly jid: string;
  readonly bareJid: string;
  readonly boundAt: number;
  readonly services: StreamServices;
  readonly delivery = new Delivery();
  readonly handled = new Handled();
  presence: StreamPresence | null = null;
  /** Has asked for the roster, so it is told of changes. */
  interested = false;
  carbons = false;
  /** An `<r/>` came while stanzas were under way: it is answered again when they are done. */
  #ackOwed = false;
  readonly #port: StreamPort;
  readonly #shown = new Set<string>();
  #serial = 0;
  #heardAt: number;
  #asked: Asked | null = null;
  #askDue = false;
  #hasConfirmed = false;
  /** Stanzas that wait until others are done: at most what one read of the socket brought. */
  readonly #backlog: XmlElement[] = [];
  #ended = false;

  constructor(port: StreamPort, { desk, resource, services }: Binding) {
    this.#port = port;
    this.desk = desk;
    this.operator = desk.operator;
    this.bareJid = desk.jid;
    this.resource = resource;
    this.services = services;
    this.jid = `${desk.jid}/${resource}`;
    this.boundAt = services.clock.now();
    this.#heardAt = services.clock.monotonic();
    desk.streams.set(this.name, this);
    desk.sendLevel();
  }

  get pending(): number {
    return this.handled.pending + this.#backlog.length;
  }

  nextId(what: string): string {
    this.#serial += 1;
    return `parla-${what}-${this.#serial}`;
  }

  // --- from the client

  /** One child of the stream. With too much under way it waits its turn, and the socket is not read meanwhile. */
  handle(stanza: XmlElement): void {
    this.#heardAt = this.services.clock.monotonic();
    if (this.#backlog.length === 0 && !this.#full()) {
      this.#take(stanza);
      return;
    }
    this.#backlog.push(stanza);
    if (this.#backlog.length === 1) this.#port.pause();
  }

  #full(): boolean {
    return this.handled.pending >= this.services.limits.saysInFlightMax;
  }

  #take(stanza: XmlElement): void {
    if (stanza.ns === NS.acks) {
      handleAcks(this, stanza);
      return;
    }
    const known = stanza.name === 'iq' || stanza.name === 'message' || stanza.name === 'presence';
    if (!known || stanza.ns !== NS.client) {
      this.close({ condition: known ? 'invalid-namespace' : 'unsupported-stanza-type' });
      return;
    }
    if (!this.#fromIsOwn(stanza.attributes.from)) {
      this.close({ condition: 'invalid-from' });
      return;
    }
    this.services.counters.add('stanzasIn');
    const ticket = this.handled.received();
    const done = this.#dispatch(stanza);
    if (done === undefined) this.#settle(ticket);
    else done.then(() => this.#settle(ticket)).catch((error: unknown) => this.fail(error));
  }

  #dispatch(stanza: XmlElement): Promise<void> | undefined {
    const { to } = stanza.attributes;
    const jid = to === undefined ? null : parseJid(to);
    if (to !== undefined && jid === null) {
      const isAnswer = stanza.attributes.type === 'error' || stanza.attributes.type === 'result';
      if (!isAnswer) this.refuse(stanza, { condition: 'jid-malformed' }, this.desk.jid);
      return undefined;
    }
    const stamped = withAttributes(stanza, { from: this.jid });
    switch (stanza.name) {
      case 'iq':
        return handleIq(this, stamped, jid);
      case 'message':
        return handleMessage(this, stamped, jid);
      default:
        return handlePresence(this, stamped, jid);
    }
  }

  /** RFC 6120 section 8.1.2.1: a client may name itself, and nobody else. */
  #fromIsOwn(from: string | undefined): boolean {
    if (from === undefined) return true;
    const jid: Jid | null = parseJid(from);
    return jid !== null && bareText(jid) === this.desk.jid && (jid.resource === '' || jid.resource === this.resource);
  }

  #settle(ticket: number): void {
    this.handled.done(ticket);
    const waited = this.#backlog.length > 0;
    while (!this.#ended && !this.#full()) {
      const next = this.#backlog.shift();
      if (next === undefined) break;
      this.#take(next);
    }
    if (waited && this.#backlog.length === 0) this.#port.resume();
    if (this.#ackOwed && this.handled.pending === 0) this.acknowledge();
  }

  /** Tells the client how many of its stanzas are handled, and so durable. */
  acknowledge(): void {
    this.#ackOwed = this.handled.pending > 0;
    this.write(element('a', NS.acks, { h: String(this.handled.h) }));
  }

  /** A mistake of ours ends this stream, and nothing else. */
  fail(error: unknown): void {
    const name = error instanceof Error ? error.name : typeof error;
    this.services.log('error', 'a Jabber stream failed', {
      error: name,
      stack: error instanceof Error ? error.stack : '',
    });
    this.close({ condition: 'internal-server-error' });
  }

  // --- to the client

  /** Not counted by XEP-0198: everything that is no stanza. */
  write(node: XmlElement): void {
    if (!this.#ended) this.#port.write(node);
  }

  send(stanza: XmlElement): void {
    if (this.#ended) return;
    this.delivery.stanzaSent();
    this.services.counters.add('stanzasOut');
    this.#port.write(stanza);
  }

  /** Sends a failed stanza back, from whom it was sent to. */
  refuse(stanza: XmlElement, fault: StanzaFault, from?: string): void {
    this.send(withAttributes(errorReply(stanza, fault, from), { to: this.jid }));
  }

  /** Shows a message, once: what this stream was shown before is only confirmed again. */
  deliver({ session, room, message, delayed }: Delivered): void {
    if (this.#ended) return;
    const mark: Mark = { room, seq: message.seq };
    if (this.#shown.has(message.id)) {
      if (this.delivery.waiting === 0) this.#confirmed([mark]);
      return;
    }
    if (this.delivery.waiting >= this.services.limits.unconfirmedMax) {
      this.close({ condition: 'policy-violation', text: 'too much is unconfirmed' });
      return;
    }
    this.#remember(message.id);
    const from = `${this.services.domains.visitor(session)}/${visitorResource}`;
    this.send(messageElement(message, { from, to: this.jid, by: this.desk.jid, delayed }));
    this.delivery.messageSent(mark);
    this.services.counters.add('messagesDelivered');
    this.#askSoon();
  }

  #remember(id: string): void {
    this.#shown.add(id);
    const oldest = this.#shown.values().next();
    if (this.#shown.size > this.services.limits.shownIdsMax && !oldest.done) this.#shown.delete(oldest.value);
  }

  // --- confirmation

  /** One question for all messages of this turn, and one question at a time. */
  #askSoon(): void {
    if (this.#askDue || this.#asked !== null) return;
    this.#askDue = true;
    setImmediate(() => {
      this.#askDue = false;
      if (!this.#ended && this.#asked === null && this.delivery.waiting > 0) this.#ask();
    });
  }

  #ask(): void {
    const ping = this.delivery.acksEnabled ? null : this.nextId('ping');
    const { clock, limits } = this.services;
    const cancelTimer = clock.after(limits.confirmMs, () => this.#unanswered());
    const position = this.delivery.position;
    this.#asked = { position, ping, cancelTimer };
    if (ping === null) {
      this.write(element('r', NS.acks));
      return;
    }
    const from = this.services.domains.main;
    this.send(element('iq', NS.client, { type: 'get', id: ping, from, to: this.jid }, element('ping', NS.ping)));
  }

  /** Long silence: asked whether anybody is there, or an operator whose laptop is shut would stay available. */
  checkAlive(): void {
    const silentMs = this.services.clock.monotonic() - this.#heardAt;
    if (silentMs >= this.services.limits.silentMs && this.#asked === null) this.#ask();
  }

  #unanswered(): void {
    this.#asked = null;
    if (this.#hasConfirmed) this.close({ condition: 'connection-timeout' });
  }

  /** An answer to an iq of ours: whether it was the ping, and so confirms what went before. */
  answered(id: string | undefined): void {
    if (this.#asked === null || this.#asked.ping === null || this.#asked.ping !== id) return;
    const { position } = this.#asked;
    this.#settleAsked(this.delivery.confirmedUpTo(position));
  }

  /** `<a h='…'/>`. */
  acknowledged(h: number): void {
    const marks = this.delivery.acknowledged(h);
    if (marks === 'tooHigh') {
      const counts = { h: String(h), 'send-count': String(this.delivery.sentCount) };
      const detail = element('handled-count-too-high', NS.acks, counts);
      this.close({ condition: 'undefined-condition', text: 'You acknowledged more than was sent.', detail });
      return;
    }
    this.#settleAsked(marks);
  }

  #settleAsked(marks: readonly Mark[]): void {
    this.#asked?.cancelTimer();
    this.#asked = null;
    this.#hasConfirmed = true;
    this.#confirmed(marks);
    // An answer that settled nothing came too early; the next message asks again, so nobody spins.
    if (marks.length > 0 && this.delivery.waiting > 0) this.#askSoon();
    else if (this.delivery.waiting > 0) this.services.clock.after(1_000, () => this.#askSoon());
  }

  #confirmed(marks: readonly Mark[]): void {
    for (const mark of marks) this.services.node().cast(operatorAt(this.desk.operator), 'confirmed', mark);
    this.services.counters.add('messagesConfirmed', marks.length);
  }

  // --- the end

  close(fault: StreamFault): void {
    if (!this.#ended) this.#port.close(fault);
  }

  /** Called once by the stream below, when nothing goes in or out any more. */
  ended(end: StreamEnd): void {
    if (this.#ended) return;
    const { desks, counters } = this.services;
    const wasAvailable = this.presence !== null;
    this.#asked?.cancelTimer();
    this.#ended = true;
    this.presence = null;
    this.desk.streams.delete(this.name);
    if (wasAvailable) desks.broadcast(this, element('presence', NS.client, { type: 'unavailable' }));
    if (wasAvailable && end === 'broken') {
      counters.add('streamsLost');
      this.desk.lose(() => desks.forgetIfEmpty(this.desk));
    }
    this.desk.sendLevel();
    const unconfirmed = this.delivery.waiting > 0;
    if (unconfirmed) this.services.node().cast(operatorAt(this.desk.operator), 'redeliver', { stream: null });
    desks.forgetIfEmpty(this.desk);
  }
}
