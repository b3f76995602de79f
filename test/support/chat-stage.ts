// Owns the stage of the chat's tests: a local node with the real chat, a store that can fail, and two edges that listen.
// Visitors' pages keep messages as the edge's log does; operators' devices keep what each stream was sent.

import {
  accounts,
  type BridgeProtocol,
  type ChatMessage,
  type Contact,
  type ConversationView,
  chatBehaviours,
  chatChildren,
  chatFamilies,
  type OperatorName,
  type OutboxProtocol,
  operatorAt,
  type RoomId,
  roomOf,
  type SessionEvent,
  type SessionId,
  type Show,
  type SiteId,
  type SiteRecord,
  sessionAt,
  store,
  type VisitorLevel,
} from '../../actors/mod.ts';
import {
  type AnyBehaviour,
  type ChildSpec,
  defineBehaviour,
  type LocalNode,
  type LogLine,
  type Result,
  startLocal,
  systemClock,
} from '../../runtime/mod.ts';
import { memoryCache } from '../../stores/mod.ts';
import { breakable } from './breakable.ts';
import { type FakeTiers, fakeCache } from './fake-cache.ts';
import { FakeJournal, fakeJournal } from './fake-journal.ts';
import { FakeDisk, fakeStore } from './fake-store.ts';
import { type Tiers, tierBehaviours, tierChildren } from './real-tiers.ts';

export const demo = 'demo' as SiteId;

/** What one visitor's pages show: as the edge's log, which takes the next number only and asks when one is missing. */
export class Page {
  readonly session: SessionId;
  readonly shown: ChatMessage[] = [];
  readonly events: SessionEvent[] = [];
  gaps = 0;
  /** What was shown has other numbers now: the next sync shows the conversation anew. */
  renumbered = 0;
  #startsOver = false;

  constructor(session: SessionId) {
    this.session = session;
  }

  get lastSeq(): number {
    return this.#startsOver ? 0 : this.shownSeq;
  }

  get shownSeq(): number {
    return this.shown.at(-1)?.seq ?? 0;
  }

  event(event: SessionEvent): void {
    if (event.type !== 'message') this.events.push(event);
    else this.#message(event.message);
  }

  startOver(): void {
    this.renumbered += 1;
    this.#startsOver = true;
  }

  sync(conversation: ConversationView | null): void {
    if (this.#startsOver && conversation !== null) {
      this.#startsOver = false;
      this.shown.splice(0);
      if (conversation.messages[0] !== undefined) this.shown.push(conversation.messages[0]);
    }
    for (const message of conversation?.messages ?? []) this.#message(message);
  }

  texts(): readonly string[] {
    return this.shown.map(({ text }) => text);
  }

  #message(message: ChatMessage): void {
    if (message.seq <= this.lastSeq || this.#startsOver) return;
    if (message.seq > this.lastSeq + 1) this.gaps += 1;
    else this.shown.push(message);
  }
}

export interface Sent {
  readonly stream: string | null;
  readonly room: RoomId;
  readonly message: ChatMessage;
  readonly delayed: boolean;
}

/** What one operator's devices were told. */
export class Desk {
  readonly sent: Sent[] = [];
  readonly notices: string[] = [];
  readonly typing: boolean[] = [];
  readonly contacts = new Map<SessionId, Contact>();
  readonly colleagues = new Map<OperatorName, Show | null>();
  readonly contactNews: Contact[] = [];

  texts(stream?: string): readonly string[] {
    return this.sent.filter((one) => stream === undefined || one.stream === stream).map(({ message }) => message.text);
  }
}

export interface Stage {
  readonly node: LocalNode;
  readonly disk: FakeDisk;
  readonly journal: FakeJournal;
  readonly log: LogLine[];
  readonly sites: { readonly online: boolean }[];
  readonly accountChanges: BridgeProtocol['casts']['account'][];
  page(session: SessionId): Page;
  desk(operator: OperatorName): Desk;
}

export interface StageOptions {
  readonly seed?: number;
  /** A cache of the test's own under the cache's name. */
  readonly tiers?: FakeTiers;
  /** The real tiers before real servers, and real time. */
  readonly servers?: Tiers;
  /** Those that outlived another stage: this one is what starts after it. */
  readonly disk?: FakeDisk;
  readonly journal?: FakeJournal;
}

export async function chatStage(options: StageOptions = {}): Promise<Stage> {
  const { seed = 1, tiers, servers, disk = await FakeDisk.make(), journal = new FakeJournal() } = options;
  const pages = new Map<SessionId, Page>();
  const desks = new Map<OperatorName, Desk>();
  const log: LogLine[] = [];
  const sites: { readonly online: boolean }[] = [];
  const accountChanges: BridgeProtocol['casts']['account'][] = [];
  const page = (session: SessionId) => memberOf(pages, session, () => new Page(session));
  const desk = (operator: OperatorName) => memberOf(desks, operator, () => new Desk());
  const edges = [listeningOutbox(page, sites), listeningBridge(desk, accountChanges)];
  const behaviours: readonly AnyBehaviour[] = [
    ...chatBehaviours.map(breakable),
    ...edges,
    fakeStore(disk),
    fakeJournal(journal),
    ...(servers === undefined ? [tiers === undefined ? memoryCache : fakeCache(tiers)] : tierBehaviours),
  ];
  const node = await startLocal({
    behaviours,
    families: chatFamilies,
    seed,
    ...(servers === undefined ? {} : { clock: systemClock() }),
    tree: {
      strategy: 'oneForOne',
      intensity: 100_000,
      children: [
        { id: 'store', name: 'store', behaviour: 'fakeStore', args: {}, handlerDeadlineMs: 1_000_000_000 },
        { id: 'journal', name: 'journal', behaviour: 'fakeJournal', args: {}, handlerDeadlineMs: 1_000_000_000 },
        ...(servers === undefined ? [cacheChild(tiers)] : tierChildren(servers)),
        { id: 'outbox', name: 'outbox', behaviour: 'listeningOutbox', args: {} },
        { id: 'bridge', name: 'bridge', behaviour: 'listeningBridge', args: {} },
        ...chatChildren.map(({ placement: _, ...child }) => child),
      ],
    },
    log: (line) => log.push(line),
  });
  if (options.disk === undefined) await addSite(node, 'demo');
  return { node, disk, journal, log, sites, accountChanges, page, desk };
}

function cacheChild(tiers: FakeTiers | undefined): ChildSpec {
  const behaviour = tiers === undefined ? 'memoryCache' : 'fakeCache';
  return { id: 'cache', name: 'cache', behaviour, args: { bytesMax: 10_000_000 } };
}

export async function addSite(node: LocalNode, id: string): Promise<SiteId> {
  const site: SiteRecord = {
    id: id as SiteId,
    name: `Site ${id}`,
    origins: [],
    theme: { color: '#336699', mode: 'auto' },
    locale: 'en',
    routing: 'firstAnswer',
    keepQueryStrings: false,
    identitySecret: null,
    createdAt: 0,
  };
  must(await node.call(store, 'putSite', { site }));
  return site.id;
}

/** A visitor of the demo site, as the edge speaks for him. */
export class Visitor {
  readonly session: SessionId;
  readonly room: RoomId;
  readonly page: Page;
  level: VisitorLevel = 'here';
  fresh: boolean;
  readonly #stage: Stage;
  readonly #site: SiteId;

  constructor(stage: Stage, name: string, { site = demo, fresh = true } = {}) {
    this.session = `s${name}` as SessionId;
    this.room = roomOf(this.session);
    this.#stage = stage;
    this.#site = site;
    this.fresh = fresh;
    this.page = stage.page(this.session);
  }

  present(level: VisitorLevel = this.level, page = { url: 'https://demo.example/' }): void {
    this.level = level;
    const { lastSeq } = this.page;
    const message = { site: this.#site, level, page, lastSeq, fresh: this.fresh };
    this.#stage.node.cast(sessionAt(this.session), 'present', message);
  }

  send(cmid: string, text: string) {
    this.fresh = false;
    const request = { site: this.#site, cmid, text };
    return this.#stage.node.call(sessionAt(this.session), 'send', request, { deadlineMs: 8_000 });
  }

  async says(cmid: string, text: string) {
    return must(await this.send(cmid, text));
  }

  async view(): Promise<ConversationView | null> {
    return must(await this.#stage.node.call(sessionAt(this.session), 'view', { site: this.#site })).conversation;
  }

  get to() {
    return sessionAt(this.session);
  }
}

/** An operator of the demo site, as the Jabber edge speaks for him. */
export class Operator {
  readonly name: OperatorName;
  readonly desk: Desk;
  streams = new Map<string, Show | null>();
  lost = 0;
  readonly #stage: Stage;
  #stanzas = 0;

  private constructor(stage: Stage, name: OperatorName) {
    this.#stage = stage;
    this.name = name;
    this.desk = stage.desk(name);
  }

  static async hire(stage: Stage, name: string, sites: readonly SiteId[] = [demo]): Promise<Operator> {
    const keys = { salt: '', iterations: 1, storedKey: '', serverKey: '' };
    const scram = { sha1: keys, sha256: keys };
    const record = {
      name: name as OperatorName,
      displayName: name.toUpperCase(),
      sites,
      admin: false,
      scram,
      createdAt: 0,
    };
    must(await stage.node.call(accounts, 'putOperator', { operator: record, mustBeNew: true, passwordChanged: false }));
    return new Operator(stage, record.name);
  }

  /** Hired in an earlier life of the stage. */
  static known(stage: Stage, name: string): Operator {
    return new Operator(stage, name as OperatorName);
  }

  /** On one stream of this name. */
  comes(stream = `${this.name}-1`, show: Show | null = 'online'): void {
    this.streams.set(stream, show);
    this.repeatLevel();
  }

  goes(stream = `${this.name}-1`): void {
    this.streams.delete(stream);
    this.repeatLevel();
  }

  repeatLevel(): void {
    const streams = [...this.streams].map(([stream, show]) => ({
      stream,
      resource: stream,
      show,
      status: '',
      priority: 0,
    }));
    this.#stage.node.cast(operatorAt(this.name), 'streams', { streams, lost: this.lost });
  }

  say(to: Visitor, text: string, key: Partial<StanzaParts> = {}) {
    const stream = key.stream ?? [...this.streams.keys()][0] ?? `${this.name}-1`;
    this.#stanzas += 1;
    const { originId = null, id = `stanza${this.#stanzas}`, streamAt = this.#stage.node.now() } = key;
    const request = { session: to.session, key: { originId, id, stream, streamAt }, text };
    return this.#stage.node.call(operatorAt(this.name), 'say', request, { deadlineMs: 8_000 });
  }

  async says(to: Visitor, text: string, key: Partial<StanzaParts> = {}) {
    return must(await this.say(to, text, key)).said;
  }

  confirm(room: RoomId, seq: number): void {
    this.#stage.node.cast(operatorAt(this.name), 'confirmed', { room, seq });
  }

  get to() {
    return operatorAt(this.name);
  }
}

export interface StanzaParts {
  readonly originId: string | null;
  readonly id: string | null;
  readonly stream: string;
  readonly streamAt: number;
}

export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`refused: ${result.error.code}: ${result.error.message}`);
  return result.value;
}

/** The code of a refusal, or `ok`. */
export function code(result: Result<unknown>): string {
  return result.ok ? 'ok' : result.error.code;
}

function memberOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const member = map.get(key) ?? make();
  map.set(key, member);
  return member;
}

function listeningOutbox(page: (session: SessionId) => Page, sites: { readonly online: boolean }[]) {
  return defineBehaviour<OutboxProtocol, unknown, null>({
    name: 'listeningOutbox',
    init: () => null,
    calls: {},
    casts: {
      event: (_, { session, event }) => page(session).event(event),
      sync: (_, { session, conversation }) => page(session).sync(conversation),
      renumbered: (_, { session }) => page(session).startOver(),
      site: (_, { site }) => void sites.push(site),
      siteChanged: () => undefined,
    },
  });
}

function listeningBridge(desk: (operator: OperatorName) => Desk, changes: BridgeProtocol['casts']['account'][]) {
  return defineBehaviour<BridgeProtocol, unknown, null>({
    name: 'listeningBridge',
    init: () => null,
    calls: {},
    casts: {
      contacts(_, { operator, site, contacts }) {
        const known = desk(operator).contacts;
        for (const contact of known.values()) if (contact.site === site) known.delete(contact.session);
        for (const contact of contacts) known.set(contact.session, contact);
      },
      contact(_, { operator, contact }) {
        desk(operator).contacts.set(contact.session, contact);
        desk(operator).contactNews.push(contact);
      },
      contactGone: (_, { operator, session }) => void desk(operator).contacts.delete(session),
      message: (_, { operator, ...sent }) => void desk(operator).sent.push(sent),
      typing: (_, { operator, on }) => void desk(operator).typing.push(on),
      notice: (_, { operator, text }) => void desk(operator).notices.push(text),
      colleague: (_, { operator, colleague, show }) => void desk(operator).colleagues.set(colleague, show),
      account: (_, change) => void changes.push(change),
    },
  });
}
