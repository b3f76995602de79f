// Owns a real operator's edge over a stand-in node, for tests: two operators of the site `demo`, one of another site.
// It holds no chat: a test says what the actors would.

import type { BridgeProtocol, ChatMessage, Contact, OperatorRecord } from '../../actors/mod.ts';
import { selfSigned } from '../../app/certificate.ts';
import type { Behaviour } from '../../runtime/mod.ts';
import { createXmppEdge, scramKeys, type XmppEdge, type XmppEdgeOptions, type XmppLimits } from '../../xmpp/mod.ts';
import { FakeNode } from './fake-node.ts';
import { RawClient } from './xmpp-client.ts';

export const domain = 'chat.example';
export const visitorJid = 'sv1@visitors.chat.example';
type Bridge = Behaviour<BridgeProtocol, unknown, Record<string, never>>;

export interface Stage {
  readonly edge: XmppEdge;
  readonly node: FakeNode;
  readonly port: number;
  readonly tlsPort: number;
  /** Says something to the bridge, as the chat's actors do. */
  tell<N extends keyof BridgeProtocol['casts'] & string>(name: N, message: BridgeProtocol['casts'][N]): void;
  /** A bound stream over plain TCP; `presence` null sends none. */
  login(user: string, options?: { resource?: string; presence?: string | null }): Promise<RawClient>;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly limits?: Partial<XmppLimits>;
  readonly plaintext?: XmppEdgeOptions['plaintext'];
  readonly clock?: XmppEdgeOptions['clock'];
}

export async function xmppStage(options: StageOptions = {}): Promise<Stage> {
  const node = new FakeNode();
  const records = await operators();
  node.answer('accounts.operator', ({ name }: { name: string }) => ({ operator: records.get(name) ?? null }));
  node.answer('accounts.operators', ({ site }: { site: string | null }) => ({
    operators: [...records.values()].filter(
      (record) => site === null || (record.sites as readonly string[]).includes(site),
    ),
  }));
  node.answer('operator.say', () => ({ said: { id: 'm1', seq: 1, at: 0 } }));
  node.answer('operator.contact', () => ({ refused: { code: 'notFound', message: '', retryable: false } }));
  const { cert, key } = await selfSigned(domain);
  const edge = createXmppEdge({
    host: '127.0.0.1',
    port: 0,
    tlsPort: 0,
    domain,
    plaintext: options.plaintext ?? 'loopback',
    cert,
    key,
    node: () => node,
    log: () => undefined,
    version: '0.1.0',
    limits: { firstContactsMs: 20, ...options.limits },
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  const { port, tlsPort } = await edge.listen();
  const bridge = edge.bridgeBehaviour as Bridge;
  const tell: Stage['tell'] = (name, message) => {
    bridge.casts[name]({}, message, undefined as never);
  };
  const login: Stage['login'] = (user, more) => logIn(port, user, more);
  return { edge, node, port, tlsPort, tell, login, close: () => edge.close() };
}

async function logIn(port: number, user: string, options: { resource?: string; presence?: string | null } = {}) {
  const client = RawClient.open(port);
  await client.greet(domain);
  await client.plain(domain, user, 'secret');
  await client.bind(options.resource ?? 'desk');
  if (options.presence === null) return client;
  client.send(options.presence ?? '<presence/>');
  await client.until(new RegExp(`<presence[^>]*from='${user}@${domain}/${options.resource ?? 'desk'}'`));
  await client.until('>');
  return client;
}

async function operators(): Promise<Map<string, OperatorRecord>> {
  const scram = await scramKeys('secret');
  const make = (name: string, displayName: string, site: string) =>
    ({ name, displayName, sites: [site], admin: false, scram, createdAt: 0 }) as unknown as OperatorRecord;
  return new Map([
    ['anna', make('anna', 'Anna', 'demo')],
    ['ben', make('ben', 'Ben', 'demo')],
    ['carl', make('carl', 'Carl', 'other')],
  ]);
}

export function contactOf(more: Partial<Contact> = {}): Contact {
  return {
    site: 'demo',
    session: 'sv1',
    room: 'rv1',
    conversation: 'c1',
    name: 'Visitor from Oslo',
    verified: false,
    state: 'waiting',
    operator: null,
    level: 'here',
    page: { url: 'https://shop.example/prices', title: 'Prices' },
    lastSeq: 1,
    lastAt: 0,
    closedAt: null,
    ...more,
  } as Contact;
}

export function messageOf(seq: number, text: string, more: Partial<ChatMessage> = {}): ChatMessage {
  return {
    id: `m${seq}`,
    seq,
    at: Date.UTC(2026, 0, 2, 3, 4, 5),
    conversation: 'c1',
    cmid: null,
    from: { kind: 'visitor', id: 'sv1', name: 'Visitor' },
    text,
    ...more,
  } as ChatMessage;
}
