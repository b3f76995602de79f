// Owns the chat as the visitor's edge sees it: sites and sessions that answer like the real ones, in memory, at once.
// It holds no durable truth and no rule beyond what the edge can observe; everything the edge said is written down.

import type { ChatMessage, ConversationView, OutboxProtocol, SessionId, SiteId, SiteView } from '../../actors/mod.ts';
import { conversationId, messageId, siteId } from '../../actors/mod.ts';
import type { EdgeNode } from '../../rpc/mod.ts';
import type { Address, Failure, Result } from '../../runtime/mod.ts';

export interface Heard {
  readonly kind: 'call' | 'cast';
  readonly key: string;
  readonly name: string;
  readonly message: Record<string, unknown>;
}

type CastOutbox = <N extends keyof OutboxProtocol['casts'] & string>(
  name: N,
  message: OutboxProtocol['casts'][N],
) => void;

export class FakeChat {
  readonly heard: Heard[] = [];
  readonly sites = new Map<string, SiteView>();
  readonly #conversations = new Map<string, ConversationView>();
  readonly #answers = new Map<string, Failure | Error | 'never'>();
  #toOutbox: CastOutbox = () => {
    throw new Error('no outbox is connected');
  };

  constructor() {
    this.putSite({ id: 'demo' });
  }

  readonly node: EdgeNode = {
    call: async (to, name, request) => this.#call(keyOf(to), name, request as Record<string, unknown>) as never,
    cast: (to, name, message) => {
      this.heard.push({ kind: 'cast', key: keyOf(to), name, message: message as Record<string, unknown> });
    },
    inspect: async () => ({ node: 'test', threads: [], threadRestarts: 0, threadsLingering: 0, crashReports: [] }),
  };

  /** Where casts to the outbox go. */
  connect(toOutbox: CastOutbox): void {
    this.#toOutbox = toOutbox;
  }

  putSite(site: { readonly id: string } & Partial<Omit<SiteView, 'id'>>): SiteView {
    const id = siteId(site.id);
    if (id === null) throw new Error(`not a site id: ${site.id}`);
    const view: SiteView = {
      name: 'Demo',
      online: true,
      theme: { color: '#0b5fff', mode: 'auto' },
      locale: 'auto',
      origins: [],
      keepQueryStrings: false,
      identitySecret: null,
      ...site,
      id,
    };
    this.sites.set(id, view);
    return view;
  }

  /** The next and all further calls of this name (`session.send`) end like this; null: as usual again. */
  fail(name: string, how: Failure | Error | 'never' | null): void {
    if (how === null) this.#answers.delete(name);
    else this.#answers.set(name, how);
  }

  calls(name: string): readonly Heard[] {
    return this.heard.filter((heard) => heard.kind === 'call' && heard.name === name);
  }

  casts(name: string): readonly Heard[] {
    return this.heard.filter((heard) => heard.kind === 'cast' && heard.name === name);
  }

  /** An operator says something; the visitor's page is told, unless the news is lost on the way. */
  say(session: string, text: string, how: 'told' | 'lost' = 'told'): ChatMessage {
    return this.#append(session as SessionId, { kind: 'operator', name: 'Ada', text, cmid: null }, how);
  }

  event(session: string, event: OutboxProtocol['casts']['event']['event']): void {
    this.#toOutbox('event', { session: session as SessionId, event });
  }

  sync(session: string): void {
    this.#toOutbox('sync', { session: session as SessionId, conversation: this.conversation(session) });
  }

  level(site: SiteView): void {
    this.sites.set(site.id, site);
    this.#toOutbox('site', { site });
  }

  /** Its settings were changed, or it was removed; nobody tells how. */
  changed(id: string): void {
    this.#toOutbox('siteChanged', { site: id as SiteId });
  }

  conversation(session: string): ConversationView | null {
    return this.#conversations.get(session) ?? null;
  }

  change(session: string, part: Partial<ConversationView>): void {
    const conversation = this.conversation(session) ?? emptyConversation(session);
    this.#conversations.set(session, { ...conversation, ...part });
  }

  #call(key: string, name: string, request: Record<string, unknown>): Promise<Result<unknown>> | Result<unknown> {
    this.heard.push({ kind: 'call', key, name, message: request });
    const how = this.#answers.get(`${key.split(':')[0]}.${name}`);
    if (how === 'never') return Promise.withResolvers<never>().promise;
    if (how instanceof Error) throw how;
    if (how !== undefined) return { ok: false, error: how };
    const [family, id = ''] = key.split(':');
    if (family === 'site') return this.#describe(id);
    return { ok: true, value: this.#session(id as SessionId, name, request) };
  }

  #describe(id: string): Result<SiteView> {
    const site = this.sites.get(id);
    if (site !== undefined) return { ok: true, value: site };
    return { ok: false, error: { code: 'unknownSite', message: 'no such site', retryable: false } };
  }

  #session(session: SessionId, name: string, request: Record<string, unknown>): unknown {
    const conversation = this.conversation(session);
    if (name === 'view') return { conversation };
    if (name === 'identify') return { verified: (request.card as { verified: boolean }).verified };
    if (name === 'history') return { messages: conversation?.messages ?? [], more: false };
    if (name !== 'send') return {};
    const cmid = String(request.cmid);
    const known = conversation?.messages.find((message) => message.cmid === cmid);
    const said =
      known ?? this.#append(session, { kind: 'visitor', name: 'Visitor', text: String(request.text), cmid }, 'told');
    return { id: said.id, seq: said.seq, at: said.at };
  }

  #append(
    session: SessionId,
    of: {
      readonly kind: 'visitor' | 'operator';
      readonly name: string;
      readonly text: string;
      readonly cmid: string | null;
    },
    how: 'told' | 'lost',
  ): ChatMessage {
    const conversation = this.conversation(session) ?? emptyConversation(session);
    const message = newMessage(conversation.lastSeq + 1, of);
    const messages = [...conversation.messages, message].slice(-75);
    this.change(session, { messages, lastSeq: message.seq, lastAt: message.at });
    if (how === 'told') this.event(session, { type: 'message', message });
    return message;
  }
}

export function newMessage(
  seq: number,
  of: {
    readonly kind: 'visitor' | 'operator';
    readonly name: string;
    readonly text: string;
    readonly cmid: string | null;
  },
): ChatMessage {
  const id = messageId(`m${String(seq).padStart(9, '0')}`);
  const conversation = conversationId('c1');
  if (id === null || conversation === null) throw new Error('ids have a shape');
  const from = { kind: of.kind, id: of.name.toLowerCase(), name: of.name };
  return { id, seq, at: Date.UTC(2026, 10, 21, 12, 0, seq), conversation, cmid: of.cmid, from, text: of.text };
}

export function emptyConversation(_session: string): ConversationView {
  const id = conversationId('c1');
  if (id === null) throw new Error('ids have a shape');
  const at = Date.UTC(2026, 10, 21, 12);
  return {
    id,
    state: 'waiting',
    operator: null,
    openedAt: at,
    closedAt: null,
    lastSeq: 0,
    lastAt: at,
    messages: [],
    visitorRead: 0,
    operatorRead: 0,
  };
}

function keyOf(to: Address): string {
  return 'family' in to ? `${to.family}:${to.key}` : 'name' in to ? to.name : 'pid';
}
