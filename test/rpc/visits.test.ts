// Owns the story of a visitor's page over real HTTP: opening, polling, chatting, coming back, with the chat played by a fake.
// Time stands still unless a test moves it.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Event, Methods, PollResult } from '../../rpc/mod.ts';
import { metric, startEdge, type TestEdge, turns, until, untilParked } from '../support/rpc-edge.ts';

type Opened = Methods['session.open']['result'];

const page = { url: 'https://shop.example/pricing?from=mail#top', title: 'Pricing' };

const open = (edge: TestEdge): Promise<Opened> => edge.result('session.open', { site: 'demo' });
const poll = (edge: TestEdge, { visitor }: Opened, cursor: string, more: object = {}): Promise<PollResult> =>
  edge.result('session.poll', { visitor, cursor, ...more });
const texts = (events: readonly Event[]) =>
  events.map((event) => (event.type === 'message' ? event.message.text : event.type));

/** Opens, polls once so that the outbox is there, and gives the place. */
async function visiting(edge: TestEdge): Promise<Opened & { cursor: string }> {
  const opened = await open(edge);
  const { cursor } = await poll(edge, opened, opened.cursor, { holdMs: 0, page });
  return { ...opened, cursor };
}

describe('opening', () => {
  it('gives a newcomer a token and nothing else: no session is asked or told', async (test) => {
    const edge = await startEdge(test);
    const opened = await open(edge);
    assert.match(opened.visitor, /^demo\./);
    assert.match(opened.session, /^s[a-z2-7]{26}$/);
    assert.equal(opened.holdMs, 25_000);
    assert.equal(opened.conversation, null);
    assert.deepEqual(opened.site, {
      id: 'demo',
      name: 'Demo',
      online: true,
      theme: { color: '#0b5fff', mode: 'auto' },
      locale: 'auto',
    });
    assert.deepEqual(
      edge.chat.heard.map(({ key }) => key),
      ['site:demo'],
    );
  });

  it('asks for a site once, not for each visitor', async (test) => {
    const edge = await startEdge(test);
    await Promise.all(Array.from({ length: 20 }, () => open(edge)));
    assert.equal(edge.chat.calls('describe').length, 1);
  });

  it('shows a visitor who comes back his conversation, and what is unread', async (test) => {
    const edge = await startEdge(test);
    const first = await visiting(edge);
    await edge.result('message.send', { visitor: first.visitor, cmid: 'c1', text: 'hi' });
    edge.chat.say(first.session, 'hello');
    const again = await edge.result('session.open', { site: 'demo', visitor: first.visitor, page, locale: 'de' });
    assert.equal(again.session, first.session);
    assert.equal(again.conversation?.lastSeq, 2);
    assert.equal(again.conversation?.unread, 1);
    assert.deepEqual(
      again.conversation?.messages.map(({ text, from, seq }) => [seq, from.kind, text]),
      [
        [1, 'visitor', 'hi'],
        [2, 'operator', 'hello'],
      ],
    );
    assert.equal(again.conversation?.messages[0]?.at, '2026-11-21T12:00:01.000Z');
    const view = edge.chat.calls('view').at(-1);
    assert.deepEqual(view?.message, {
      site: 'demo',
      page: { url: 'https://shop.example/pricing', title: 'Pricing' },
      locale: 'de',
    });
  });

  it('goes on with the old copy of a site while the site cannot be asked', async (test) => {
    const edge = await startEdge(test);
    await open(edge);
    edge.chat.fail('site.describe', { code: 'threadLost', message: '', retryable: true });
    await edge.advance(61_000);
    assert.equal((await open(edge)).site.id, 'demo');
  });

  it('says unavailable while a site that was never seen cannot be asked', async (test) => {
    const edge = await startEdge(test);
    edge.chat.fail('site.describe', { code: 'timeout', message: '', retryable: true });
    const { status, body } = await edge.rpc('session.open', { site: 'demo' });
    assert.deepEqual([status, body.error?.data.code], [200, 'unavailable']);
  });
});

describe('a poll', () => {
  it('is held until there is news, and then answered with all of it', async (test) => {
    const edge = await startEdge(test);
    const visit = await visiting(edge);
    const held = poll(edge, visit, visit.cursor);
    await untilParked(edge, 1);
    edge.chat.say(visit.session, 'one');
    edge.chat.say(visit.session, 'two');
    const { events, cursor } = await held;
    assert.deepEqual(texts(events), ['one', 'two']);
    assert.notEqual(cursor, visit.cursor);
  });

  it('gives its visitor the first news even if he never polled before', async (test) => {
    const edge = await startEdge(test);
    const opened = await open(edge);
    await edge.result('message.send', { visitor: opened.visitor, cmid: 'c1', text: 'hi' });
    const { events } = await poll(edge, opened, opened.cursor);
    assert.deepEqual(events, [
      {
        type: 'message',
        message: {
          id: 'm000000001',
          seq: 1,
          at: '2026-11-21T12:00:01.000Z',
          cmid: 'c1',
          from: { kind: 'visitor', name: 'Visitor' },
          text: 'hi',
        },
      },
    ]);
  });

  it('is answered empty at its deadline, 25 s by default', async (test) => {
    const edge = await startEdge(test);
    const visit = await visiting(edge);
    const held = poll(edge, visit, visit.cursor);
    const short = poll(edge, visit, visit.cursor, { holdMs: 1_000 });
    await untilParked(edge, 2);
    await edge.advance(1_000);
    assert.deepEqual((await short).events, []);
    await edge.advance(23_750);
    await untilParked(edge, 1);
    await edge.advance(500);
    assert.deepEqual((await held).events, []);
  });

  it('asks no actor anything', async (test) => {
    const edge = await startEdge(test);
    const visit = await visiting(edge);
    const heard = edge.chat.heard.length;
    for (let round = 0; round < 5; round += 1) await poll(edge, visit, visit.cursor, { holdMs: 0, page });
    assert.equal(edge.chat.heard.length, heard);
  });

  it('reads without removing: the same cursor gives the same news again', async (test) => {
    const edge = await startEdge(test);
    const visit = await visiting(edge);
    edge.chat.say(visit.session, 'one');
    const [a, b] = [await poll(edge, visit, visit.cursor), await poll(edge, visit, visit.cursor)];
    assert.deepEqual(a, b);
    assert.deepEqual(texts(a.events), ['one']);
  });

  it('is one of at most four: a fifth makes the oldest answer empty', async (test) => {
    const edge = await startEdge(test);
    const visit = await visiting(edge);
    const held: Promise<PollResult>[] = [];
    for (let count = 1; count <= 4; count += 1) {
      held.push(poll(edge, visit, visit.cursor));
      await untilParked(edge, count);
    }
    const fifth = poll(edge, visit, visit.cursor);
    assert.deepEqual((await held[0])?.events, []);
    await untilParked(edge, 4);
    edge.chat.say(visit.session, 'to all');
    for (const answered of await Promise.all([...held.slice(1), fifth]))
      assert.deepEqual(texts(answered.events), ['to all']);
  });

  it('is forgotten when its client goes away', async (test) => {
    const edge = await startEdge(test);
    const visit = await visiting(edge);
    const client = new AbortController();
    const params = { visitor: visit.visitor, cursor: visit.cursor };
    const gone = edge
      .post({ jsonrpc: '2.0', id: 1, method: 'session.poll', params }, { signal: client.signal })
      .catch((error: Error) => error.name);
    await untilParked(edge, 1);
    client.abort();
    assert.equal(await gone, 'AbortError');
    await untilParked(edge, 0);
  });

  it('starts over with a foreign cursor: site, conversation, and a place to go on from', async (test) => {
    const edge = await startEdge(test);
    const visit = await visiting(edge);
    await edge.result('message.send', { visitor: visit.visitor, cmid: 'c1', text: 'hi' });
    for (const cursor of ['', 'nonsense', 'cC54LjEuMA']) {
      const over = await poll(edge, visit, cursor);
      assert.ok('reset' in over && over.reset);
      assert.deepEqual(over.events, []);
      assert.equal(over.site.id, 'demo');
      assert.equal(over.conversation?.messages.length, 1);
      edge.chat.event(visit.session, { type: 'typing', on: true, name: 'Ada' });
      assert.deepEqual(texts((await poll(edge, visit, over.cursor)).events), ['typing']);
    }
  });

  it('starts over after a restart of the node, and misses nothing from there', async (test) => {
    const before = await startEdge(test);
    const visit = await visiting(before);
    await before.result('message.send', { visitor: visit.visitor, cmid: 'c1', text: 'hi' });
    const after = await startEdge(test);
    after.chat.change(visit.session, before.chat.conversation(visit.session) ?? {});
    const over = await poll(after, visit, visit.cursor);
    assert.ok('reset' in over && over.conversation?.lastSeq === 1);
    after.chat.say(visit.session, 'welcome back');
    assert.deepEqual(texts((await poll(after, visit, over.cursor)).events), ['welcome back']);
    const present = after.chat.casts('present').at(-1);
    assert.deepEqual([present?.message.lastSeq, present?.message.fresh], [1, false]);
  });

  it('tells nobody anything new while a session that must be asked cannot answer', async (test) => {
    const edge = await startEdge(test);
    const visit = await visiting(edge);
    edge.chat.fail('session.view', { code: 'exited', message: '', retryable: true });
    const { status, body } = await edge.rpc('session.poll', { visitor: visit.visitor, cursor: 'x' });
    assert.deepEqual([status, body.error?.code, body.error?.data.code], [200, -32_005, 'unavailable']);
  });

  it('shows a message once although its news comes twice, late, or after a reborn session told everything', async (test) => {
    const edge = await startEdge(test);
    const visit = await visiting(edge);
    edge.chat.say(visit.session, 'one');
    edge.chat.say(visit.session, 'two', 'lost');
    const three = edge.chat.say(visit.session, 'three');
    assert.equal(edge.chat.casts('present').at(-1)?.message.lastSeq, 1, 'the session is asked for what is missing');
    edge.chat.sync(visit.session);
    edge.chat.sync(visit.session);
    edge.chat.event(visit.session, { type: 'message', message: three });
    const { events } = await poll(edge, visit, visit.cursor);
    assert.deepEqual(texts(events), ['one', 'two', 'three', 'conversation']);
  });

  it('leads one page elsewhere, not every tab', async (test) => {
    const edge = await startEdge(test);
    const visit = await visiting(edge);
    const tabs = [poll(edge, visit, visit.cursor), poll(edge, visit, visit.cursor)];
    await untilParked(edge, 2);
    edge.chat.event(visit.session, { type: 'navigate', url: 'https://shop.example/a' });
    const first = await Promise.race(tabs);
    assert.deepEqual(first.events, [{ type: 'navigate', url: 'https://shop.example/a' }]);
    await edge.advance(25_250);
    const told = await Promise.all(tabs);
    assert.equal(told.filter(({ events }) => events.length > 0).length, 1);
    assert.deepEqual((await poll(edge, visit, visit.cursor, { holdMs: 0 })).events, []);
  });
});

describe('whether anybody is available', () => {
  it('reaches every visitor of the site when it changes, and no other site', async (test) => {
    const edge = await startEdge(test);
    const other = edge.chat.putSite({ id: 'other' });
    const demo = edge.chat.sites.get('demo') ?? other;
    const visits = await Promise.all(Array.from({ length: 250 }, () => visiting(edge)));
    const held = visits.map((visit) => poll(edge, visit, visit.cursor));
    await untilParked(edge, 250);
    edge.chat.level(other);
    edge.chat.level(demo);
    await turns(5);
    await untilParked(edge, 250);
    edge.chat.level({ ...demo, online: false });
    for (const { events } of await Promise.all(held)) assert.deepEqual(events, [{ type: 'presence', online: false }]);
  });

  it('reaches a newcomer when it changed between his opening and his first poll', async (test) => {
    const edge = await startEdge(test);
    const opened = await open(edge);
    const demo = edge.chat.sites.get('demo');
    if (demo !== undefined) edge.chat.level({ ...demo, online: false });
    assert.deepEqual((await poll(edge, opened, opened.cursor)).events, [{ type: 'presence', online: false }]);
  });
});

describe('the level of a visitor', () => {
  const levels = (edge: TestEdge) => edge.chat.casts('present').map(({ message }) => message.level);

  it('is told when his outbox begins, with his page, and that nothing of him can be stored', async (test) => {
    const edge = await startEdge(test);
    const visit = await visiting(edge);
    const told = edge.chat.casts('present').map(({ key, message }) => [key, message]);
    const message = { site: 'demo', level: 'here', page: null, lastSeq: 0, fresh: true };
    const kept = { url: 'https://shop.example/pricing', title: 'Pricing' };
    assert.deepEqual(told, [
      [`session:${visit.session}`, message],
      [`session:${visit.session}`, { ...message, page: kept }],
    ]);
  });

  it('is no longer fresh once he sends something', async (test) => {
    const edge = await startEdge(test);
    const visit = await visiting(edge);
    await edge.result('message.send', { visitor: visit.visitor, cmid: 'c1', text: 'hi' });
    await edge.result('session.page', { visitor: visit.visitor, page: { url: 'https://shop.example/b' } });
    assert.equal(edge.chat.casts('present').at(-1)?.message.fresh, false);
  });

  it('is repeated every 30 s while he polls, and not when nothing changed before', async (test) => {
    const edge = await startEdge(test);
    const visit = await visiting(edge);
    const held = poll(edge, visit, visit.cursor);
    await untilParked(edge, 1);
    const count = levels(edge).length;
    await edge.advance(25_250);
    await held;
    const again = poll(edge, visit, visit.cursor);
    await untilParked(edge, 1);
    assert.equal(levels(edge).length, count);
    await edge.advance(6_000);
    assert.equal(levels(edge).length, count + 1);
    await edge.advance(20_000);
    await again;
  });

  it('is away while the tab is hidden, and here when it comes back', async (test) => {
    const edge = await startEdge(test);
    const visit = await visiting(edge);
    await poll(edge, visit, visit.cursor, { holdMs: 0, page: { ...page, hidden: true } });
    await edge.result('session.page', { visitor: visit.visitor, page });
    assert.deepEqual(levels(edge), ['here', 'here', 'away', 'here']);
  });

  it('is gone 40 s after the last poll, here with the next', async (test) => {
    const edge = await startEdge(test);
    const visit = await visiting(edge);
    await edge.advance(39_000);
    assert.equal(levels(edge).at(-1), 'here');
    await edge.advance(2_000);
    assert.equal(levels(edge).at(-1), 'gone');
    await poll(edge, visit, visit.cursor, { holdMs: 0 });
    assert.equal(levels(edge).at(-1), 'here');
  });

  it('is gone 10 s after the page said goodbye, unless another page came', async (test) => {
    const edge = await startEdge(test);
    const [leaves, reloads] = [await visiting(edge), await visiting(edge)];
    await edge.result('session.leave', { visitor: leaves.visitor });
    await edge.result('session.leave', { visitor: reloads.visitor });
    await edge.advance(5_000);
    await edge.result('session.open', { site: 'demo', visitor: reloads.visitor, page });
    await edge.advance(6_000);
    const gone = edge.chat.casts('present').filter(({ message }) => message.level === 'gone');
    assert.deepEqual(
      gone.map(({ key }) => key),
      [`session:${leaves.session}`],
    );
  });

  it('is repeated for everybody within 3 s when actors were made anew', async (test) => {
    const edge = await startEdge(test);
    for (let count = 0; count < 30; count += 1) await visiting(edge);
    const before = levels(edge).length;
    edge.edge.repeatLevels();
    assert.ok(levels(edge).length < before + 5, 'not all at once');
    await edge.advance(4_000);
    assert.equal(levels(edge).length, before + 30);
  });
});

describe('an outbox', () => {
  it('is dropped after two unused minutes', async (test) => {
    const edge = await startEdge(test);
    const visit = await visiting(edge);
    await edge.advance(119_000);
    assert.equal(await metric(edge, 'parla_outboxes'), 1);
    await edge.advance(2_000);
    assert.equal(await metric(edge, 'parla_outboxes'), 0);
    assert.equal(await metric(edge, 'parla_outbox_dropped_total{reason="unused"}'), 1);
    assert.ok('reset' in (await poll(edge, visit, visit.cursor)));
  });

  it('goes first without a conversation when there are too many', async (test) => {
    const edge = await startEdge(test, { limits: { outboxesMax: 3 } });
    const chats = await visiting(edge);
    await edge.result('message.send', { visitor: chats.visitor, cmid: 'c1', text: 'hi' });
    const browses = await visiting(edge);
    await visiting(edge);
    await visiting(edge);
    const resets = async (visit: Opened) => 'reset' in (await poll(edge, visit, visit.cursor, { holdMs: 0 }));
    assert.equal(await resets(chats), false);
    assert.equal(await resets(browses), true);
    assert.equal(await metric(edge, 'parla_outboxes'), 3);
  });

  it('is bounded in bytes over all visitors: who was idle longest goes first', async (test) => {
    const edge = await startEdge(test, { limits: { outboxBytesMax: 30_000 } });
    const visits = [await visiting(edge), await visiting(edge), await visiting(edge)];
    for (const { session } of visits) edge.chat.say(session, 'x'.repeat(5_000));
    await edge.advance(1_000);
    assert.equal(await metric(edge, 'parla_outboxes'), 2);
    assert.equal(await metric(edge, 'parla_outbox_dropped_total{reason="tooLarge"}'), 1);
    const [oldest] = visits;
    if (oldest !== undefined) assert.ok('reset' in (await poll(edge, oldest, oldest.cursor, { holdMs: 0 })));
  });

  it('takes no news for a visitor who is not here', async (test) => {
    const edge = await startEdge(test);
    edge.chat.say('sabsent', 'hello?');
    await until('counted', () => true);
    assert.equal(await metric(edge, 'parla_outbox_events_total{outcome="nobody"}'), 1);
  });
});
