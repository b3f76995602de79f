// Owns the login on one stream: which SASL mechanisms are offered, what each element of theirs answers, and how often
// it may fail (RFC 6120 section 6). It checks no password itself: the mechanisms do.

import { accounts, type OperatorName, type OperatorRecord } from '../actors/mod.ts';
import { type Result, success } from '../runtime/mod.ts';
import { element, textOf, type XmlElement } from './element.ts';
import type { StreamFault } from './errors.ts';
import { NS } from './namespaces.ts';
import { decodeBase64, mechanisms, type SaslCondition, type SaslExchange, type SaslStep } from './sasl/exchange.ts';
import { PlainExchange } from './sasl/plain.ts';
import { ScramExchange } from './sasl/scram.ts';
import type { StreamServices } from './served.ts';
import type { Throttle } from './throttle.ts';

/** What carries a stream: a TCP or TLS connection, later a WebSocket. */
export interface Transport {
  /** Where the other side is, for limits: one address, or one network of IPv6. */
  readonly network: string;
  readonly secure: boolean;
  /** Whether passwords may travel in the clear here. */
  readonly plaintextAllowed: boolean;
  write(text: string): void;
  startTls(): void;
  pause(): void;
  resume(): void;
  /** Sends what is written, then ends. */
  close(): void;
}

export interface LoginServices extends StreamServices {
  readonly failures: Throttle;
  /** Salts for operators who do not exist are made from it. */
  readonly standInSecret: Uint8Array;
}

export interface LoginEvents {
  write(node: XmlElement): void;
  /** `<success/>` was sent. */
  succeeded(operator: OperatorRecord): void;
  close(fault: StreamFault): void;
  /** A mistake of ours. */
  fail(error: unknown): void;
}

type LoginState =
  | { readonly is: 'idle' }
  /** The client is to speak. */
  | { readonly is: 'asked'; readonly exchange: SaslExchange }
  /** A step is being judged. */
  | { readonly is: 'judging' }
  | { readonly is: 'over' };

export class Login {
  readonly #transport: Transport;
  readonly #services: LoginServices;
  readonly #events: LoginEvents;
  #state: LoginState = { is: 'idle' };
  #failures = 0;

  constructor(transport: Transport, services: LoginServices, events: LoginEvents) {
    this.#transport = transport;
    this.#services = services;
    this.#events = events;
  }

  /** Only where nobody can listen: under TLS, or on this machine's own loopback by a switch. */
  get mechanisms(): readonly string[] {
    return this.#transport.secure || this.#transport.plaintextAllowed ? mechanisms : [];
  }

  /** In the middle of an attempt. */
  get busy(): boolean {
    return this.#state.is === 'asked' || this.#state.is === 'judging';
  }

  /** The stream is closed: whatever is still being judged has no consequence. */
  stop(): void {
    this.#state = { is: 'over' };
  }

  /** An element of the SASL namespace. */
  handle(node: XmlElement): void {
    const state = this.#state;
    switch (state.is) {
      case 'idle':
        this.#begin(node);
        return;
      case 'asked':
        this.#respond(node, state.exchange);
        return;
      case 'judging':
        // Whoever speaks now cannot know what he is answering.
        this.#events.close({ condition: 'not-authorized' });
        return;
      case 'over':
        return;
    }
  }

  #begin(node: XmlElement): void {
    const mechanism = node.attributes.mechanism ?? '';
    if (node.name !== 'auth') {
      this.#failed('malformed-request');
    } else if (this.mechanisms.includes(mechanism)) {
      this.#step(this.#exchange(mechanism), textOf(node) === '' ? null : textOf(node));
    } else {
      const known: readonly string[] = mechanisms;
      this.#failed(known.includes(mechanism) ? 'encryption-required' : 'invalid-mechanism');
    }
  }

  #respond(node: XmlElement, exchange: SaslExchange): void {
    if (node.name === 'abort') this.#failed('aborted');
    else if (node.name === 'response') this.#step(exchange, textOf(node));
    else this.#failed('malformed-request');
  }

  #exchange(mechanism: string): SaslExchange {
    const { domains, standInSecret } = this.#services;
    const options = { domain: domains.main, secret: standInSecret, lookup: (name: OperatorName) => this.#lookUp(name) };
    if (mechanism === 'PLAIN') return new PlainExchange(options);
    return new ScramExchange(mechanism === 'SCRAM-SHA-1' ? 'sha1' : 'sha256', options);
  }

  async #lookUp(name: OperatorName): Promise<Result<OperatorRecord | null>> {
    const { node, limits } = this.#services;
    const found = await node().call(accounts, 'operator', { name }, { deadlineMs: limits.lookupDeadlineMs });
    return found.ok ? success(found.value.operator) : found;
  }

  #step(exchange: SaslExchange, text: string | null): void {
    const message = text === null ? null : decodeBase64(text);
    if (text !== null && message === null) {
      this.#failed('incorrect-encoding');
      return;
    }
    if (!this.#services.failures.allows(this.#transport.network)) {
      this.#failed('temporary-auth-failure');
      return;
    }
    this.#state = { is: 'judging' };
    exchange
      .step(message)
      .then((step) => this.#judged(exchange, step))
      .catch((error: unknown) => this.#events.fail(error));
  }

  #judged(exchange: SaslExchange, step: SaslStep): void {
    if (this.#state.is !== 'judging') return;
    switch (step.is) {
      case 'challenge':
        this.#state = { is: 'asked', exchange };
        this.#events.write(element('challenge', NS.sasl, {}, base64(step.data)));
        return;
      case 'success':
        this.#state = { is: 'over' };
        this.#services.counters.add('loginsDone');
        this.#events.write(element('success', NS.sasl, {}, base64(step.data ?? '')));
        this.#events.succeeded(step.operator);
        return;
      case 'failure':
        this.#failed(step.condition);
    }
  }

  #failed(condition: SaslCondition): void {
    this.#state = { is: 'idle' };
    this.#events.write(element('failure', NS.sasl, {}, element(condition, NS.sasl)));
    this.#failures += 1;
    this.#services.counters.add('loginsFailed');
    if (condition === 'not-authorized') this.#services.failures.spend(this.#transport.network);
    if (this.#failures >= this.#services.limits.loginFailuresMax) {
      this.#events.close({ condition: 'policy-violation', text: 'too many attempts' });
    }
  }
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
