// Owns a visitor as a character of a story who speaks the contract itself: sends, polls, keeps what he was shown.
// He behaves as a good widget does: repeats under the same cmid, keys by id, orders by seq; he has no page.

import { randomBytes } from 'node:crypto';
import { sleep, until } from '../../bench/mod.ts';
import type { Conversation, Event, Message, MethodName, Methods, Page } from '../../rpc/mod.ts';

const seenMsMax = 20_000;
const retryMs = 100;
const holdMs = 2_000;

export class StoryVisitor {
  readonly #url: () => string;
  readonly #stop = new AbortController();
  readonly events: Event[] = [];
  readonly #messages = new Map<string, Message>();
  #token: string | null = null;
  #cursor = '';
  #polling: Promise<void> | null = null;
  session = '';
  conversation: Conversation | null = null;
  online = false;

  /** `url` is asked each time: a node may come back elsewhere. */
  constructor(url: () => string) {
    this.#url = url;
  }

  async opens(page: Page): Promise<void> {
    const visitor = this.#token === null ? {} : { visitor: this.#token };
    const opened = await this.asks('session.open', { site: 'demo', page, ...visitor });
    this.#token = opened.visitor;
    this.session = opened.session;
    this.#cursor = opened.cursor;
    this.online = opened.site.online;
    this.#takes(opened.conversation);
  }

  /** The same visitor in a new page: his token is all that he brings. */
  async returns(before: StoryVisitor, page: Page): Promise<void> {
    this.#token = before.token;
    await this.comes(page);
  }

  /** Comes and keeps polling. */
  async comes(page: Page): Promise<void> {
    await this.opens(page);
    this.#polling ??= this.#polls();
  }

  /** Resolves when the node says that the message is kept. */
  says(text: string): Promise<Methods['message.send']['result']> {
    return this.asks('message.send', { visitor: this.token, cmid: randomBytes(9).toString('base64url'), text });
  }

  get token(): string {
    if (this.#token === null) throw new Error('this visitor has no session');
    return this.#token;
  }

  async hears(text: string): Promise<Message> {
    return until(() => this.messages().find((message) => message.text === text), {
      what: `the visitor to hear "${text}" (heard: ${this.texts().join(' | ')})`,
      deadlineMs: seenMsMax,
    });
  }

  /** Everything he was shown, once by id, in order of seq. */
  messages(): Message[] {
    return [...this.#messages.values()].sort((one, other) => one.seq - other.seq);
  }

  texts(): string[] {
    return this.messages().map((message) => message.text);
  }

  async leaves(): Promise<void> {
    this.#stop.abort();
    await this.#polling;
  }

  /** Asks until there is an answer: no connection, 5xx, `throttled` and `unavailable` are asked again. */
  async asks<M extends MethodName>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result']> {
    const deadline = performance.now() + seenMsMax;
    for (;;) {
      const answer = await this.#post(method, params);
      if (answer !== null) return answer;
      if (performance.now() > deadline || this.#stop.signal.aborted) throw new Error(`no answer to ${method}`);
      await sleep(retryMs);
    }
  }

  async #post<M extends MethodName>(method: M, params: Methods[M]['params']): Promise<Methods[M]['result'] | null> {
    try {
      const route = this.session === '' ? '' : `?s=${this.session}`;
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
      const headers = { 'content-type': 'text/plain' };
      const sent = { method: 'POST', headers, body, signal: this.#stop.signal };
      const answer = await fetch(`${this.#url()}/rpc${route}`, sent);
      const document: { result?: Methods[M]['result']; error?: { data?: { code: string } } } = JSON.parse(
        await answer.text(),
      );
      if (document.result !== undefined) return document.result;
      const code = document.error?.data?.code ?? '';
      if (!['throttled', 'unavailable', ''].includes(code)) throw new RangeError(`${method}: ${code}`);
      return null;
    } catch (error) {
      if (error instanceof RangeError) throw error;
      return null;
    }
  }

  async #polls(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const result = await this.#post('session.poll', { visitor: this.token, cursor: this.#cursor, holdMs });
      if (result === null) {
        await sleep(retryMs);
        continue;
      }
      this.#cursor = result.cursor;
      if ('reset' in result) this.#takes(result.conversation);
      for (const event of result.events) this.#sees(event);
    }
  }

  #sees(event: Event): void {
    this.events.push(event);
    if (event.type === 'message') this.#messages.set(event.message.id, event.message);
    if (event.type === 'presence') this.online = event.online;
  }

  #takes(conversation: Conversation | null): void {
    this.conversation = conversation;
    for (const message of conversation?.messages ?? []) this.#messages.set(message.id, message);
  }
}
