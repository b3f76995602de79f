// Owns the people of the load generator: visitors and operators, when each of them acts, and what each of them sees.
// It judges nothing: promises and sights go to the ledger, times to the histograms.

import type { Message, PollResult } from '../rpc/mod.ts';
import { Latency } from './latency.ts';
import type { Ledger } from './ledger.ts';
import { pick, poissonArrivals, type Random, seeded } from './random.ts';
import { keepAliveAgent } from './rpc-client.ts';
import type { Target } from './target.ts';
import { Visitor } from './visitor.ts';
import { sleep } from './wait.ts';
import type { IncomingChat, XmppOperator } from './xmpp-operator.ts';

/** Of 100 RPCs one is a message and five are page views; the rest are polls. */
const rpcsPerMessage = 100;
const pagesPerMessage = 5;
const pollsPerMessage = rpcsPerMessage - pagesPerMessage - 1;
const pollHoldMsMax = 25_000;
const openedAtOnceMax = 50;
/** How long an operator thinks before he answers. */
const thinkMs = { least: 50, spread: 400 };
const answeredShare = 0.8;

export interface CrowdOptions {
  readonly target: Target;
  readonly ledger: Ledger;
  readonly visitors: number;
  readonly messagesPerSecond: number;
  readonly seed: number;
}

export class Crowd {
  readonly latencies = {
    acknowledged: new Latency('send to acknowledgement'),
    woken: new Latency('send to own parked poll'),
    toOperator: new Latency('visitor to operator'),
    toVisitor: new Latency('operator to visitor'),
  };
  readonly troubles = new Map<string, number>();
  readonly rpcs = new Map<string, number>();
  readonly holdMs: number;
  readonly #options: CrowdOptions;
  readonly #random: Random;
  readonly #visitors: Visitor[];
  readonly #bySession = new Map<string, number>();
  /** Text -> when it was due. */
  readonly #due = new Map<string, number>();
  readonly #underWay = new Set<Promise<void>>();
  #parked: Promise<unknown> = Promise.resolve();
  #said = 0;
  #measuringFrom = Number.POSITIVE_INFINITY;
  #rpcsBefore = 0;

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#random = seeded(options.seed);
    const pollsPerSecond = options.messagesPerSecond * pollsPerMessage;
    this.holdMs = Math.min(pollHoldMsMax, Math.round((options.visitors / pollsPerSecond) * 1000));
    const agent = keepAliveAgent();
    this.#visitors = Array.from({ length: options.visitors }, (_, index) => {
      const target = { url: options.target.url, agent, address: addressOf(index) };
      return new Visitor({
        target,
        site: 'demo',
        holdMs: this.holdMs,
        onEvents: (result, visitor) => this.#visitorSees(result, visitor.session),
        onRpc: (method) => this.rpcs.set(method, (this.rpcs.get(method) ?? 0) + 1),
        onTrouble: (method, error) => this.#trouble(method, error),
      });
    });
    for (const [index, operator] of options.target.operators.entries()) this.#employ(operator, index);
  }

  get size(): number {
    return this.#visitors.length;
  }

  async open(): Promise<void> {
    for (let from = 0; from < this.size; from += openedAtOnceMax) {
      const some = this.#visitors.slice(from, from + openedAtOnceMax);
      await Promise.all(some.map((visitor) => visitor.open({ url: 'https://shop.example/', title: 'Shop' })));
    }
    for (const [index, visitor] of this.#visitors.entries()) this.#bySession.set(visitor.session, index);
  }

  /** Everybody holds one poll; resolves shortly before the first is answered. */
  async park(ms: number): Promise<void> {
    const parked = this.#visitors.map((visitor) => visitor.pollOnce(ms).catch((error) => this.#trouble('park', error)));
    this.#parked = Promise.all(parked);
    await sleep(ms * 0.8);
  }

  /** One reader never has two polls at once: each would be shown the same message. */
  async startPolling(): Promise<void> {
    await this.#parked;
    for (const visitor of this.#visitors) visitor.startPolling();
  }

  beginMeasuring(): void {
    this.#measuringFrom = performance.now();
    this.#rpcsBefore = this.#rpcsSoFar();
  }

  rpcsMeasured(): number {
    return this.#rpcsSoFar() - this.#rpcsBefore;
  }

  /** Messages and page views arrive for this long; returns when the last is due, not when it is answered. */
  async act(ms: number): Promise<void> {
    const began = performance.now();
    const { messagesPerSecond } = this.#options;
    const says = poissonArrivals(this.#random, messagesPerSecond, ms).map((at) => ({ at, act: this.#say }));
    const views = poissonArrivals(this.#random, messagesPerSecond * pagesPerMessage, ms).map((at) => ({
      at,
      act: this.#view,
    }));
    for (const { at, act } of [...says, ...views].sort((one, other) => one.at - other.at)) {
      const due = began + at;
      const early = due - performance.now();
      if (early > 0) await sleep(early);
      act(pick(this.#random, this.#visitors), due);
    }
    await sleep(Math.max(0, began + ms - performance.now()));
  }

  /** Nothing that was sent is without its answer. */
  quiet(): boolean {
    return this.#underWay.size === 0 && this.#options.ledger.unkeptAnswers() === 0;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#visitors.map((visitor) => visitor.stop()));
  }

  #rpcsSoFar(): number {
    return [...this.rpcs.values()].reduce((sum, count) => sum + count, 0);
  }

  #keep(promise: Promise<void>): void {
    this.#underWay.add(promise);
    promise.finally(() => this.#underWay.delete(promise));
  }

  #trouble(what: string, error: unknown): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const key = `${what}: ${code}`;
    this.troubles.set(key, (this.troubles.get(key) ?? 0) + 1);
  }

  readonly #say = (visitor: Visitor, due: number): void => {
    this.#said += 1;
    const text = `question ${this.#said} of ${visitor.session.slice(0, 6)}`;
    this.#due.set(text, due);
    const kept = visitor.say(text).then(
      (answer) => {
        this.#timed(this.latencies.acknowledged, due);
        this.#options.ledger.visitorKept(text, { session: visitor.session, id: answer.id, seq: answer.seq });
      },
      (error) => this.#trouble('never kept', error),
    );
    this.#keep(kept);
  };

  readonly #view = (visitor: Visitor): void => {
    const url = `https://shop.example/${Math.floor(this.#random() * 100)}`;
    this.#keep(visitor.view({ url, title: 'Shop' }).catch((error) => this.#trouble('session.page', error)));
  };

  #visitorSees(result: PollResult, session: string): void {
    if ('reset' in result) {
      this.#trouble('session.poll', new Error('reset'));
      const messages = result.conversation?.messages ?? [];
      this.#options.ledger.visitorBegan(
        session,
        messages.map(({ id, seq, text, from }) => ({ id, seq, text, fromVisitor: from.kind === 'visitor' })),
      );
    }
    for (const event of result.events) if (event.type === 'message') this.#visitorSeesMessage(session, event.message);
  }

  #visitorSeesMessage(session: string, message: Message): void {
    const fromVisitor = message.from.kind === 'visitor';
    const { id, seq, text } = message;
    this.#options.ledger.visitorSaw(session, { id, seq, text, fromVisitor });
    const due = this.#due.get(text);
    if (due !== undefined) this.#timed(fromVisitor ? this.latencies.woken : this.latencies.toVisitor, due);
  }

  /** Each visitor has one operator of his own here: who answers first is another benchmark's question. */
  #employ(operator: XmppOperator, index: number): void {
    let answers = 0;
    const texts = new Map<string, string>();
    operator.onLost = (why) => this.#trouble('operator', new Error(why));
    operator.onKept = (id) => this.#options.ledger.operatorKept(texts.get(id) ?? '');
    operator.onChat = (chat) => {
      const session = chat.from.split('@')[0] ?? '';
      if (chat.error) this.#options.ledger.operatorRefused(texts.get(chat.id) ?? '');
      if (!this.#operatorSees(operator, { ...chat, from: session })) return;
      const mine = (this.#bySession.get(session) ?? 0) % this.#options.target.operators.length === index;
      if (!mine || this.#random() > answeredShare) return;
      answers += 1;
      const text = `answer ${answers} of ${operator.name} to ${chat.body}`;
      const id = `${operator.name}-${answers}`;
      texts.set(id, text);
      const thought = sleep(thinkMs.least + this.#random() * thinkMs.spread).then(() => {
        this.#due.set(text, performance.now());
        this.#options.ledger.operatorSent(text, session);
        operator.chat(chat.from, id, text);
      });
      this.#keep(thought);
    };
  }

  /** False for what is no visitor's message: an error, or a line of the server's own. */
  #operatorSees(operator: XmppOperator, chat: IncomingChat): boolean {
    const due = this.#due.get(chat.body);
    if (chat.error || due === undefined) {
      this.#trouble('operator', new Error(chat.error ? 'refused' : 'notice'));
      return false;
    }
    this.#options.ledger.operatorSaw(operator.name, { session: chat.from, id: chat.id, text: chat.body });
    this.#timed(this.latencies.toOperator, due);
    return true;
  }

  #timed(latency: Latency, due: number): void {
    if (due >= this.#measuringFrom) latency.record(performance.now() - due);
  }
}

/** Visitors come from addresses of their own, as behind a proxy. */
function addressOf(index: number): string {
  return `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
}
