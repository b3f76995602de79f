// Owns the proof that the edge works with the runtime itself: its outbox is an actor, sessions and sites are actors of
// families, and a message goes round from HTTP to an actor and back to a held poll. Only the chat's rules are played.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outbox, refusal, type SessionProtocol, type SiteProtocol, sessionId, siteId } from '../../actors/mod.ts';
import type { EdgeNode } from '../../rpc/mod.ts';
import { defineBehaviour, InitFailed, reply, startLocal, stop, systemClock } from '../../runtime/mod.ts';
import { FakeChat, newMessage } from '../support/fake-chat.ts';
import { type Ending, startEdge, type TestEdge, untilParked } from '../support/rpc-edge.ts';

type Session = { readonly session: ReturnType<typeof sessionId> & string; seq: number };

const session = defineBehaviour<SessionProtocol, { readonly key: string }, Session>({
  name: 'session',
  init({ key }) {
    const id = sessionId(key);
    if (id === null) throw new Error('not a session');
    return { session: id, seq: 0 };
  },
  calls: {
    view: () => reply({ conversation: null }),
    send(state, { cmid, text }, context) {
      if (text === 'crash') throw new Error('as the visitor wished');
      state.seq += 1;
      const message = newMessage(state.seq, { kind: 'visitor', name: 'Visitor', text, cmid });
      context.cast(outbox, 'event', { session: state.session, event: { type: 'message', message } });
      return reply({ id: message.id, seq: message.seq, at: message.at });
    },
    history: () => reply({ messages: [], more: false }),
    identify: (_, { card }) => reply({ verified: card.verified }),
    read: () => reply({}),
    close: () => reply({}),
    rate: () => reply({}),
  },
  casts: {
    present: () => undefined,
    typing: () => stop('normal'),
    said: () => undefined,
    event: () => undefined,
    conversation: () => undefined,
  },
});

const site = defineBehaviour<SiteProtocol, { readonly key: string }, string>({
  name: 'site',
  init({ key }) {
    if (key !== 'demo') throw new InitFailed(refusal('unknownSite', 'there is no such site'));
    return key;
  },
  calls: {
    describe: (key) => reply(new FakeChat().putSite({ id: siteId(key) ?? 'demo' })),
    contacts: () => reply({ contacts: [] }),
  },
  casts: {
    operator: () => undefined,
    conversation: () => undefined,
    renumbered: () => undefined,
    changed: () => undefined,
  },
});

async function startWithNode(test: Ending): Promise<TestEdge> {
  const late: { node?: EdgeNode } = {};
  const edge = await startEdge(test, {
    node: () => {
      if (late.node === undefined) throw new Error('the node has not started');
      return late.node;
    },
  });
  const node = await startLocal({
    clock: systemClock(),
    behaviours: [session, site, edge.edge.outboxBehaviour],
    families: [
      { family: 'session', behaviour: 'session' },
      { family: 'site', behaviour: 'site' },
    ],
    tree: {
      strategy: 'oneForOne',
      children: [{ id: 'outbox', name: 'outbox', behaviour: 'outbox', args: {}, placement: { on: 'edge' } }],
    },
  });
  test.after(() => node.stop());
  late.node = node;
  return edge;
}

describe('the edge on a node of actors', () => {
  it('answers a held poll with what an actor said', async (test) => {
    const edge = await startWithNode(test);
    const { visitor, cursor } = await edge.result('session.open', { site: 'demo' });
    const held = edge.result('session.poll', { visitor, cursor });
    await untilParked(edge, 1);
    const said = await edge.result('message.send', { visitor, cmid: 'c1', text: 'hi' });
    const { events } = await held;
    assert.equal(events[0]?.type === 'message' && events[0].message.id, said.id);
  });

  it('says unknownSite for a site whose actor cannot begin', async (test) => {
    const edge = await startWithNode(test);
    assert.equal((await edge.rpc('session.open', { site: 'nowhere' })).body.error?.code, -32_002);
  });

  it('says unavailable to the caller of an actor that dies, and goes on with the next', async (test) => {
    const edge = await startWithNode(test);
    const { visitor } = await edge.result('session.open', { site: 'demo' });
    const { body } = await edge.rpc('message.send', { visitor, cmid: 'c1', text: 'crash' });
    assert.equal(body.error?.data.code, 'unavailable');
    assert.equal((await edge.result('message.send', { visitor, cmid: 'c2', text: 'hi' })).seq, 1);
  });

  it('keeps a held poll over the death of its session', async (test) => {
    const edge = await startWithNode(test);
    const { visitor, cursor } = await edge.result('session.open', { site: 'demo' });
    const held = edge.result('session.poll', { visitor, cursor });
    await untilParked(edge, 1);
    await edge.rpc('message.send', { visitor, cmid: 'c1', text: 'crash' });
    await edge.result('message.send', { visitor, cmid: 'c2', text: 'still here' });
    const { events } = await held;
    assert.equal(events[0]?.type === 'message' && events[0].message.text, 'still here');
  });
});
