// Owns the chat of this tab without its looks: state, outbox, the shared words with other tabs, and who of them polls.
// It never touches the document; what changes goes to `changed`.

import { conversationMessagesMax, type Event, type Methods, type Page } from '../../../rpc/contract.ts';
import { type Action, type Chat, changed, emptyChat } from '../core/chat.ts';
import { applied, type Entry, type OutboxChange, parseEntries, verdict } from '../core/outbox.ts';
import { isOther, lastSeqOf } from '../core/timeline.ts';
import { notTyping, typed, typingRestMs } from '../core/typing.ts';
import { Connection, type Link } from '../net/connection.ts';
import { Leadership } from '../net/leadership.ts';
import { addressOf, type Reply, type Rpc } from '../net/rpc.ts';
import { Sender } from '../net/sender.ts';
import { type TabNews, Tabs } from '../net/tabs.ts';
import type { Shelf } from '../page/shelf.ts';
import { readCache, writeCache } from './cache.ts';

export interface EngineOptions {
  readonly origin: string;
  readonly site: string;
  readonly shelf: Shelf;
  readonly rpc: Rpc;
  page(): Page | undefined;
  locale(): string;
  changed(before: Chat, after: Chat): void;
  /** `navigate` and `command`: for the leading tab only. */
  order(event: Event): void;
  /** The server refuses this page for good. */
  impossible(code: string): void;
  /** The server knows nothing of the visitor any more: a new one begins. */
  replaced(): void;
  /** The session is bound to another verified identity: this one needs a session of its own. */
  disowned(card: Card): void;
  /** The server has taken what is known of the visitor, or will never take it. */
  identified(card: Card, isTaken: boolean): void;
  /** Another tab has forgotten the visitor. */
  forgotten(): void;
}

type Ask =
  | 'session.page'
  | 'session.typing'
  | 'session.identify'
  | 'message.read'
  | 'conversation.close'
  | 'conversation.rate';
export type Card = Omit<Methods['session.identify']['params'], 'visitor'>;

const readDelayMs = 300;
const behindMs = 1_000;
/** A focus and a visibility change come together; they are one return. */
const frontMsMin = 1_000;
const historyMessages = 50;

export class Engine {
  readonly #options: EngineOptions;
  readonly #tab = crypto.getRandomValues(new Uint32Array(2)).join('-');
  readonly #tabs: Tabs;
  readonly #leadership: Leadership;
  readonly #connection: Connection;
  readonly #sender: Sender;
  #chat: Chat = emptyChat;
  #link: Link | null = null;
  #mark = notTyping;
  #restTimer = 0;
  #typingTimer = 0;
  #readTimer = 0;
  #card: Card | null = null;
  #behindTimer = 0;
  #frontAt = 0;
  #isLoading = false;
  #isStopped = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { site, shelf, rpc, page, locale } = options;
    const entries = () => this.#chat.outbox;
    const time = { random: Math.random, now: Date.now };
    this.#connection = new Connection({
      rpc,
      site,
      page,
      locale,
      ...time,
      visitor: () => shelf.read('v'),
      listener: this.#listener(),
    });
    this.#sender = new Sender({
      ...time,
      rpc,
      entries,
      link: () => this.#connection.link,
      change: (change) => this.#changeOutbox(change),
      acked: (message) => this.#share({ type: 'acked', message }),
      throttled: () => this.#share({ type: 'throttled', on: true }),
      reopen: () => this.#connection.drop(),
    });
    const name = `parla:${site}`;
    this.#leadership = new Leadership({
      name,
      tab: this.#tab,
      shelf,
      locks: navigator.locks,
      work: (signal) => this.#lead(signal),
    });
    // Where nothing is kept, each tab is a visitor of its own.
    this.#tabs = new Tabs(shelf.shared ? name : null, this.#tab, (news) => this.#heard(news));
  }

  get chat(): Chat {
    return this.#chat;
  }

  get visitor(): string | null {
    return this.#link?.visitor ?? null;
  }

  get isLeading(): boolean {
    return this.#leadership.isLeading;
  }

  start(isInFront: boolean): void {
    // What is painted from the device is no news.
    this.#chat = { ...emptyChat, ...readCache(this.#options.shelf, Date.now()), outbox: this.#storedEntries() };
    this.#options.changed(this.#chat, this.#chat);
    this.#leadership.stand(isInFront);
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of [this.#behindTimer, this.#restTimer, this.#typingTimer, this.#readTimer]) clearTimeout(timer);
    this.#leadership.resign();
    this.#tabs.bye();
    this.#tabs.close();
  }

  /** Tells the other tabs that the visitor is forgotten on this device. */
  forget(): void {
    this.#tabs.tell({ type: 'shutdown' });
  }

  send(text: string): boolean {
    const entry: Entry = {
      cmid: crypto.getRandomValues(new Uint32Array(4)).reduce((id, part) => id + part.toString(36), 'w'),
      text,
      at: Date.now(),
    };
    this.#mark = notTyping;
    clearTimeout(this.#restTimer);
    this.#changeOutbox({ type: 'add', entries: [entry] });
    return this.#chat.outbox.some(({ cmid }) => cmid === entry.cmid);
  }

  retry(cmid: string): void {
    this.#changeOutbox({ type: 'retry', cmid, at: Date.now() });
  }

  discard(cmid: string): void {
    this.#changeOutbox({ type: 'settle', cmids: [cmid] });
  }

  typed(isEmpty: boolean): void {
    const { mark, tell } = typed(this.#mark, isEmpty, Date.now());
    this.#mark = mark;
    clearTimeout(this.#restTimer);
    if (mark.toldAt > 0) this.#restTimer = window.setTimeout(() => this.typed(true), typingRestMs);
    // Nobody can see the typing of somebody who is not in a conversation.
    if (tell !== undefined && this.#chat.talk && this.#chat.talk.state !== 'closed')
      void this.#ask('session.typing', { on: tell });
  }

  /** The visitor has the messages before the eyes. */
  seen(): void {
    const seq = this.#chat.messages.findLast(isOther)?.seq;
    if (this.#chat.unread === 0 || seq === undefined || this.#link === null) return;
    this.#share({ type: 'seen', seq: lastSeqOf(this.#chat.messages) });
    clearTimeout(this.#readTimer);
    this.#readTimer = window.setTimeout(() => void this.#ask('message.read', { seq }), readDelayMs);
  }

  async older(): Promise<void> {
    const before = this.#chat.messages[0]?.seq;
    const link = this.#link;
    if (this.#isLoading || !this.#chat.more || before === undefined || link === null) return;
    this.#isLoading = true;
    const params = { visitor: link.visitor, before, limit: historyMessages };
    const reply = await this.#options.rpc('message.history', params, { session: link.session });
    this.#isLoading = false;
    if (reply.ok && !this.#isStopped)
      this.#apply({ type: 'older', messages: reply.result.messages, more: reply.result.more });
  }

  /** Kept until there is a session to tell it to. */
  identify(card: Card): void {
    this.#card = { ...this.#card, ...card };
    void this.#tellCard();
  }

  async rate(score: number): Promise<void> {
    await this.#ask('conversation.rate', { score });
  }

  async end(): Promise<void> {
    await this.#ask('conversation.close', {});
  }

  page(): void {
    const page = this.#options.page();
    if (page) void this.#ask('session.page', { page });
  }

  /** The tab is in front again, or the network is back: ask now, here. */
  front(): void {
    clearTimeout(this.#behindTimer);
    const isRecent = Date.now() - this.#frontAt < frontMsMin;
    this.#frontAt = Date.now();
    if (!this.#leadership.isLeading) this.#leadership.stand(true);
    else if (!isRecent || this.#chat.connection !== 'online') this.#connection.now();
    this.#sender.kick();
  }

  behind(): void {
    if (!this.#leadership.isLeading) return;
    this.#tabs.tell({ type: 'behind' });
    // Another tab in front takes over within this time, and then nobody has gone.
    this.#behindTimer = window.setTimeout(() => this.#leadership.isLeading && this.page(), behindMs);
  }

  offline(): void {
    this.#share({ type: 'connection', connection: 'offline' });
  }

  /** The page goes away, perhaps to come back from the browser's cache. */
  leave(): void {
    this.#tabs.bye();
    if (!this.#tabs.haveOthers && this.#link && this.#chat.talk) {
      const body = { jsonrpc: '2.0', method: 'session.leave', params: { visitor: this.#link.visitor } };
      navigator.sendBeacon(addressOf(this.#options.origin, this.#link.session), JSON.stringify(body));
    }
    this.#leadership.resign();
  }

  comeBack(): void {
    this.#tabs.hello();
    this.#apply({ type: 'outbox', entries: this.#storedEntries() });
    this.#leadership.stand(true);
  }

  async #lead(signal: AbortSignal): Promise<void> {
    if (this.#isStopped) return;
    this.#connection.adopt(this.#link);
    // What a tab wrote that has closed since.
    this.#hearOutbox({ type: 'add', entries: this.#storedEntries() });
    await Promise.all([this.#connection.run(signal), this.#sender.run(signal)]);
  }

  #listener() {
    return {
      opened: (link: Link, site: Chat['site'] & object, conversation: Parameters<typeof openedAction>[1]) => {
        this.#options.shelf.write('v', link.visitor);
        this.#moved(link);
        this.#share(openedAction(site, conversation));
        this.#connected();
      },
      moved: (link: Link) => {
        this.#moved(link);
        this.#connected();
      },
      events: (events: readonly Event[]) => {
        if (events.length > 0) this.#share({ type: 'events', events });
        for (const event of events) this.#options.order(event);
      },
      refused: () => {
        this.#options.shelf.write('v', null);
        this.#options.shelf.write('c', null);
        this.#share({ type: 'restored', chat: { ...emptyChat, site: this.#chat.site, outbox: this.#chat.outbox } });
        this.#options.replaced();
      },
      impossible: this.#options.impossible,
      trouble: (attempt: number) => {
        const connection = !navigator.onLine ? 'offline' : attempt > 0 ? 'degraded' : this.#chat.connection;
        if (connection !== this.#chat.connection) this.#share({ type: 'connection', connection });
      },
    };
  }

  #moved(link: Link): void {
    this.#link = link;
    this.#tabs.tell({ type: 'link', link });
  }

  #connected(): void {
    if (this.#chat.connection !== 'online') this.#share({ type: 'connection', connection: 'online' });
    this.#sender.kick();
    void this.#tellCard();
  }

  #heard(news: TabNews): void {
    if (this.#isStopped) return;
    if (news.type === 'action') this.#apply(news.action);
    if (news.type === 'link') this.#link = news.link;
    if (news.type === 'outbox') this.#hearOutbox(news.change);
    if (news.type === 'here') this.#hearOutbox({ type: 'add', entries: news.entries });
    if (news.type === 'hello') this.#tabs.here(this.#chat.outbox);
    if (news.type === 'behind' && !document.hidden) this.#leadership.stand(true);
    if (news.type === 'shutdown') this.#options.forgotten();
    if (news.type === 'hello' && this.isLeading) this.#tellNewcomer();
  }

  /** What the newcomer took from the shelf may be older than this. */
  #tellNewcomer(): void {
    const { site, talk, messages, unread, readSeq, typing, connection } = this.#chat;
    const events = messages.slice(-conversationMessagesMax).map((message) => ({ type: 'message', message }) as const);
    this.#tabs.tell({ type: 'link', link: this.#link });
    this.#tabs.tell({ type: 'action', action: { type: 'events', events } });
    this.#tabs.tell({
      type: 'action',
      action: { type: 'restored', chat: { site, talk, unread, readSeq, typing, connection } },
    });
  }

  #share(action: Action): void {
    this.#tabs.tell({ type: 'action', action });
    this.#apply(action);
  }

  #apply(action: Action): void {
    if (this.#isStopped) return;
    const before = this.#chat;
    this.#chat = changed(before, action);
    const isNews =
      this.#chat.messages !== before.messages || this.#chat.unread !== before.unread || this.#chat.talk !== before.talk;
    if (isNews && action.type !== 'restored' && this.#leadership.isLeading)
      writeCache(this.#options.shelf, this.#chat, Date.now());
    if (this.#chat.typing !== null) this.#typingEnds();
    this.#options.changed(before, this.#chat);
    if (this.#chat.messages !== before.messages) this.#settleSaid();
  }

  /** What the server has told of needs no acknowledgement any more. */
  #settleSaid(): void {
    const said = new Set(this.#chat.messages.map(({ cmid }) => cmid));
    const cmids = this.#chat.outbox.map(({ cmid }) => cmid).filter((cmid) => said.has(cmid));
    if (cmids.length === 0) return;
    this.#changeOutbox({ type: 'settle', cmids });
    if (this.#chat.isThrottled) this.#share({ type: 'throttled', on: false });
  }

  #typingEnds(): void {
    clearTimeout(this.#typingTimer);
    this.#typingTimer = window.setTimeout(() => this.#apply({ type: 'typingOff' }), typingRestMs);
  }

  /** Every tab makes the same changes to its own copy and stores it: what is stored may reach other tabs late. */
  #changeOutbox(change: OutboxChange): void {
    this.#tabs.tell({ type: 'outbox', change });
    this.#hearOutbox(change);
  }

  #hearOutbox(change: OutboxChange): void {
    if (this.#isStopped) return;
    const said = new Set(this.#chat.messages.map(({ cmid }) => cmid));
    const entries = applied(this.#chat.outbox, change).filter(({ cmid }) => !said.has(cmid));
    this.#options.shelf.write('q', entries.length > 0 ? JSON.stringify(entries) : null);
    this.#apply({ type: 'outbox', entries });
    this.#sender.kick();
  }

  #storedEntries(): readonly Entry[] {
    return parseEntries(this.#options.shelf.read('q'));
  }

  async #tellCard(): Promise<void> {
    const card = this.#card;
    if (card === null || this.#link === null) return;
    this.#card = null;
    const reply = await this.#ask('session.identify', card);
    if (reply === null || this.#isStopped) return;
    const isTransient = !reply.ok && reply.error.code !== 'unauthorized' && verdict(reply.error) === 'wait';
    if (isTransient) this.#card = { ...card, ...(this.#card ?? {}) };
    else if (!reply.ok && reply.error.code === 'unauthorized' && reply.error.field === undefined)
      this.#options.disowned(card);
    else this.#options.identified(card, reply.ok);
  }

  async #ask<M extends Ask>(method: M, params: Omit<Methods[M]['params'], 'visitor'>): Promise<Reply<M> | null> {
    const link = this.#link;
    if (link === null || this.#isStopped) return null;
    return this.#options.rpc(method, { ...params, visitor: link.visitor } as unknown as Methods[M]['params'], {
      session: link.session,
    });
  }
}

function openedAction(
  site: NonNullable<Chat['site']>,
  conversation: Extract<Action, { type: 'opened' }>['conversation'],
): Action {
  return { type: 'opened', site, conversation };
}
