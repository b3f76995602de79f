// Owns one visit of the compressed day: open, page views, polls, perhaps a chat, goodbye; each RPC goes to both servers.
// It keeps to its plan's number of RPCs and counts nothing but whether its conversation came to its end.

import type { Message, Page, PollResult } from '../rpc/mod.ts';
import type { PlannedChat, PlannedVisit } from './habla-plan.ts';
import type { OldWay } from './old-way-process.ts';
import type { RpcTarget } from './rpc-client.ts';
import { Visitor } from './visitor.ts';
import { sleep, until } from './wait.ts';

/** Of the day as it was: what the compression shortens. */
const holdSeconds = 25;
const thinkSeconds = 30;
/** One page view each so many RPCs. */
const rpcsPerPage = 6;
const answerMsMax = 20_000;
/** Its time to answer is what it was asked to wait. */
const held = 'session.poll';

export interface VisitOptions {
  readonly plan: PlannedVisit;
  readonly number: number;
  readonly target: RpcTarget;
  readonly oldWay: OldWay;
  /** Gets the same requests, and nobody looks at its answers. */
  readonly httpAlone: OldWay | null;
  readonly compress: number;
  readonly onRpc: (method: string) => void;
  /** How long each side took to answer what it did not hold. */
  readonly onAnswered: (side: 'parla' | 'oldWay', ms: number) => void;
  readonly onTrouble: (method: string, error: unknown) => void;
  /** Told when the visitor's session is known, before he says anything. */
  readonly onChat: (session: string, visit: Visit) => void;
}

export class Visit {
  readonly plan: PlannedVisit;
  readonly #options: VisitOptions;
  readonly #visitor: Visitor;
  readonly #answers = new Set<string>();
  #session = '';
  #rpcs = 0;

  constructor(options: VisitOptions) {
    this.plan = options.plan;
    this.#options = options;
    this.#visitor = new Visitor({
      target: options.target,
      site: 'demo',
      holdMs: 0,
      onEvents: (result) => this.#sees(result),
      onRpc: (method, ms) => this.#counted(method, ms),
      onTrouble: options.onTrouble,
    });
  }

  /** True when the visit, and its conversation if it has one, went to the end of its plan. */
  async run(): Promise<boolean> {
    const opened = await this.#visitor.open(this.#page());
    this.#session = opened.session;
    this.#mirror('session.open', { page: this.#page() });
    const { chat } = this.plan;
    let chatting = chat !== null;
    const talk = chat === null ? Promise.resolve(true) : this.#talk(chat).finally(() => (chatting = false));
    while (chatting || this.#rpcs < this.plan.rpcs - 1) await this.#pollOrView();
    const complete = await talk;
    await this.#visitor.leave();
    this.#mirror('session.leave', {});
    return complete;
  }

  #counted(method: string, ms: number): void {
    this.#rpcs += 1;
    this.#options.onRpc(method);
    if (method !== held) this.#options.onAnswered('parla', ms);
  }

  async #pollOrView(): Promise<void> {
    const holdMs = Math.round((holdSeconds * 1000) / this.#options.compress);
    try {
      if (this.#rpcs % rpcsPerPage === rpcsPerPage - 1) {
        this.#mirror('session.page', { page: this.#page() });
        return await this.#visitor.view(this.#page());
      }
      this.#mirror('session.poll', { holdMs });
      await this.#visitor.pollOnce(holdMs);
    } catch (error) {
      this.#options.onTrouble('visit', error);
      await sleep(holdMs);
    }
  }

  async #talk(chat: PlannedChat): Promise<boolean> {
    this.#options.onChat(this.#session, this);
    try {
      for (const [index, turn] of chat.turns.entries()) await this.#turn(turn, index);
      if (chat.ending === 'visitor') {
        await this.#visitor.close();
        this.#mirror('conversation.close', {});
      }
      return true;
    } catch (error) {
      this.#options.onTrouble('chat', error);
      return false;
    }
  }

  async #turn(turn: 'V' | 'O', index: number): Promise<void> {
    if (turn === 'O') {
      const text = this.textOf(index);
      await until(() => this.#answers.has(text), { what: 'the operator', deadlineMs: answerMsMax });
      return;
    }
    await sleep((thinkSeconds * 1000) / this.#options.compress);
    this.#mirror('message.send', { text: this.textOf(index) });
    await this.#visitor.say(this.textOf(index));
  }

  textOf(turn: number): string {
    return `turn ${turn} of visit ${this.#options.number}`;
  }

  #sees(result: PollResult): void {
    if ('reset' in result) for (const message of result.conversation?.messages ?? []) this.#hears(message);
    for (const event of result.events) if (event.type === 'message') this.#hears(event.message);
  }

  #hears(message: Message): void {
    if (message.from.kind === 'operator') this.#answers.add(message.text);
  }

  #page(): Page {
    return { url: `https://shop.example/${this.#options.number % 40}/${this.#rpcs}`, title: 'Shop' };
  }

  #mirror(method: string, params: { readonly [name: string]: unknown }): void {
    this.#options.httpAlone?.rpc(this.#session, method, params).catch((error) => {
      this.#options.onTrouble('HTTP alone', error);
    });
    const began = performance.now();
    this.#options.oldWay.rpc(this.#session, method, params).then(
      () => {
        if (method !== held) this.#options.onAnswered('oldWay', performance.now() - began);
      },
      (error) => this.#options.onTrouble('the old way', error),
    );
  }
}
