// Owns the guarantees of the operator's edge in a chat: contacts, presence, lines both ways, and what counts as
// delivered. The chat's actors are played by the test.

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { OperatorName, RoomId, SessionId, SiteId } from '../../actors/mod.ts';
import type { EdgeClock } from '../../xmpp/mod.ts';
import { refuseWith } from '../support/fake-node.ts';
import { RawClient } from '../support/xmpp-client.ts';
import {
  contactOf,
  domain,
  messageOf,
  type Stage,
  type StageOptions,
  visitorJid,
  xmppStage,
} from '../support/xmpp-edge.ts';

const anna = 'anna' as OperatorName;
const [demo, session, room] = ['demo' as SiteId, 'sv1' as SessionId, 'rv1' as RoomId];
const me = `anna@${domain}/desk`;
const ping = "<ping xmlns='urn:xmpp:ping'/>";

async function staged(t: TestContext, options: StageOptions = {}): Promise<Stage> {
  const stage = await xmppStage(options);
  t.after(() => stage.close());
  return stage;
}

/** Everything that comes before the answer to a ping of the client's. */
async function settled(client: RawClient): Promise<string> {
  client.send(`<iq type='get' id='settled'>${ping}</iq>`);
  return (await client.until(`<iq type='result' id='settled' to='${me}'/>`)).replace(
    /<iq type='result' id='settled'.*$/,
    '',
  );
}

function contacts(stage: Stage, ...list: ReturnType<typeof contactOf>[]): void {
  stage.tell('contacts', { operator: anna, site: demo, siteName: 'Demo', contacts: list });
}

function say(stage: Stage, seq: number, text: string, more: { delayed?: boolean; stream?: string | null } = {}): void {
  const message = messageOf(seq, text);
  stage.tell('message', { operator: anna, session, room, message, delayed: false, stream: null, ...more });
}

async function enableAcks(client: RawClient): Promise<void> {
  client.send("<enable xmlns='urn:xmpp:sm:3'/>");
  await client.until("<enabled xmlns='urn:xmpp:sm:3'/>");
}

async function nobodyIsLost(stage: Stage): Promise<void> {
  await stage.node.nextCast(
    'streams',
    ({ streams, lost }: { streams: unknown[]; lost: number }) => streams.length === 0 && lost === 0,
  );
}

/** Time that stands still until a test lets it pass. */
class ManualClock implements EdgeClock {
  #now = 1_000_000;
  #timers: { readonly at: number; readonly action: () => void }[] = [];
  now(): number {
    return this.#now;
  }
  monotonic(): number {
    return this.#now;
  }
  after(ms: number, action: () => void): () => void {
    const timer = { at: this.#now + ms, action };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
  pass(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter((timer) => timer.at <= this.#now);
    this.#timers = this.#timers.filter((timer) => timer.at > this.#now);
    for (const timer of due) timer.action();
  }
}

describe('a visitor in the roster', () => {
  it('stands in the group of the site, beside the colleagues of the site', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna');
    contacts(stage, contactOf());
    await client.until('</presence>');
    client.send("<iq type='get' id='r'><query xmlns='jabber:iq:roster' ver=''/></iq>");
    const roster = await client.until('</iq>');
    assert.match(
      roster,
      /<item jid='sv1@visitors\.chat\.example' subscription='both' approved='true' name='Visitor from Oslo'><group>Demo<\/group><\/item>/,
    );
    assert.match(
      roster,
      /<item jid='ben@chat\.example' subscription='both' approved='true' name='Ben'><group>Team<\/group><\/item>/,
    );
    assert.doesNotMatch(roster, /carl/);
  });

  it('is pushed when he comes, is renamed and goes, to clients that asked for the roster', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna');
    contacts(stage);
    client.send("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
    await client.until("id='r'");
    await client.until('</iq>');
    stage.tell('contact', { operator: anna, siteName: 'Demo', contact: contactOf({ name: 'Ola' }) });
    assert.match(await client.until('</iq>'), /type='set'.*name='Ola'/);
    assert.match(
      await client.until('</presence>'),
      /from='sv1@visitors\.chat\.example\/w'.*Prices - https:\/\/shop\.example\/prices/,
    );
    stage.tell('contact', { operator: anna, siteName: 'Demo', contact: contactOf({ name: 'Kari' }) });
    assert.match(await client.until('</iq>'), /name='Kari'/);
    stage.tell('contact', { operator: anna, siteName: 'Demo', contact: contactOf({ name: 'Kari' }) });
    assert.equal(await settled(client), '');
    stage.tell('contactGone', { operator: anna, session });
    assert.match(await client.until('</iq>'), /type='unavailable'\/><iq.*subscription='remove'/);
  });

  it('cannot pass for the server by his name', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna');
    contacts(stage, contactOf({ name: '[info] Server', page: { url: 'https://x.example/', title: ' [INFO] hello' } }));
    assert.match(await client.until('</presence>'), /<status>\\\[INFO\] hello - /);
    client.send("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
    assert.match(await client.until('</iq>'), /name='\\\[info\] Server'/);
  });

  const levels = [
    ['here', contactOf(), /^<presence from='[^']*' to='[^']*'><status>Prices/],
    ['away', contactOf({ level: 'away' }), /<show>away<\/show>/],
    ['gone', contactOf({ level: 'gone' }), /^$/],
    [
      'with a colleague',
      contactOf({ state: 'active', operator: { id: 'ben' as OperatorName, name: 'Ben' } }),
      /<show>dnd<\/show><status>busy: with Ben<\/status>/,
    ],
    [
      'with me',
      contactOf({ state: 'active', operator: { id: anna, name: 'Anna' } }),
      /^<presence from='[^']*' to='[^']*'><status>Prices/,
    ],
  ] as const;
  for (const [name, contact, presence] of levels) {
    it(`who is ${name} shows as such`, async (t) => {
      const stage = await staged(t);
      const client = await stage.login('anna');
      contacts(stage, contact);
      assert.match(await settled(client), presence);
    });
  }

  it('who clicks through pages is shown once a second, with the last page', async (t) => {
    const clock = new ManualClock();
    const stage = await staged(t, { clock });
    const client = await stage.login('anna');
    contacts(stage, contactOf());
    await client.until('</presence>');
    for (const page of ['a', 'b', 'c']) contacts(stage, contactOf({ page: { url: `https://x.example/${page}` } }));
    assert.equal(await settled(client), '');
    clock.pass(1_000);
    assert.match(await settled(client), /^<presence[^>]*><status>https:\/\/x\.example\/c<\/status><\/presence>$/);
    contacts(stage, contactOf({ page: { url: 'https://x.example/d' } }));
    contacts(stage, contactOf({ page: { url: 'https://x.example/c' } }));
    clock.pass(1_000);
    assert.equal(await settled(client), '');
  });
});

describe('a line of a visitor', () => {
  it('reaches every device that takes messages, under one id', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna');
    const silent = await stage.login('anna', {
      resource: 'silent',
      presence: '<presence><priority>-1</priority></presence>',
    });
    const none = await stage.login('anna', { resource: 'none', presence: null });
    say(stage, 1, 'a < b & "c"\n[info] not really');
    const line = await client.until('</message>');
    assert.match(
      line,
      /<message type='chat' id='m1' from='sv1@visitors\.chat\.example\/w' to='anna@chat\.example\/desk'>/,
    );
    assert.match(line, /<body>a &lt; b &amp; &quot;c&quot;\n\\\[info\] not really<\/body>/);
    assert.match(line, /<stanza-id xmlns='urn:xmpp:sid:0' id='m1' by='anna@chat\.example'\/>/);
    for (const other of [silent, none]) {
      other.send(`<iq type='get' id='x'>${ping}</iq>`);
      assert.doesNotMatch(await other.until("id='x'"), /<message/);
    }
  });

  it('that waited bears its time', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna');
    say(stage, 1, 'hello', { delayed: true });
    assert.match(
      await client.until('</message>'),
      /<delay xmlns='urn:xmpp:delay' from='anna@chat\.example' stamp='2026-01-02T03:04:05\.000Z'\/>/,
    );
  });

  it('counts as received when the client answers the ping behind it, whatever it answers', async (t) => {
    for (const type of ['result', 'error']) {
      const stage = await staged(t);
      const client = await stage.login('anna');
      say(stage, 1, 'one');
      say(stage, 2, 'two');
      const sent = await client.until(ping);
      assert.equal(sent.match(/<ping/g)?.length, 1);
      assert.equal(stage.node.casts.filter((cast) => cast.name === 'confirmed').length, 0);
      const id = /<iq type='get' id='([^']+)'/.exec(sent)?.[1];
      client.send(`<iq type='${type}' id='${id}' to='${domain}'/>`);
      assert.deepEqual((await stage.node.nextCast('confirmed')).message, { room: 'rv1', seq: 2 });
    }
  });

  it('counts as received when the client acknowledges it by XEP-0198, and no more than that', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna');
    await enableAcks(client);
    say(stage, 1, 'one');
    say(stage, 2, 'two');
    await client.until("<r xmlns='urn:xmpp:sm:3'/>");
    client.send("<a xmlns='urn:xmpp:sm:3' h='1'/>");
    assert.deepEqual((await stage.node.nextCast('confirmed')).message, { room: 'rv1', seq: 1 });
    await client.until("<r xmlns='urn:xmpp:sm:3'/>");
    client.send("<a xmlns='urn:xmpp:sm:3' h='2'/>");
    assert.deepEqual((await stage.node.nextCast('confirmed')).message, { room: 'rv1', seq: 2 });
  });

  it('is not confirmed by a client that counts more than it was sent: its stream ends', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna');
    await enableAcks(client);
    client.send("<a xmlns='urn:xmpp:sm:3' h='9'/>");
    assert.match(
      await client.ended(),
      /<undefined-condition [^>]*>.*<handled-count-too-high xmlns='urn:xmpp:sm:3' h='9' send-count='0'\/><\/stream:error>/,
    );
  });

  it('is shown once to a stream, and wanted again when a stream ends without confirming it', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna');
    say(stage, 1, 'one');
    say(stage, 1, 'one');
    assert.equal((await settled(client)).match(/<message/g)?.length, 1);
    client.destroy();
    await stage.node.nextCast('redeliver');
    const next = await stage.login('anna');
    say(stage, 1, 'one', { delayed: true });
    assert.match(await next.until('</message>'), /id='m1'/);
  });

  it('never carries what XML cannot', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna');
    say(stage, 1, 'a\u0000b\u0008c\ud800d\uffffe');
    assert.match(await client.until('</message>'), /<body>a\ufffdb\ufffdc\ufffdd\ufffde<\/body>/);
  });

  it('is announced by typing, and notices of the server by [info]', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna');
    stage.tell('typing', { operator: anna, session, on: true });
    assert.match(await client.until('</message>'), /<composing xmlns='http:\/\/jabber\.org\/protocol\/chatstates'\/>/);
    stage.tell('typing', { operator: anna, session, on: false });
    assert.match(await client.until('</message>'), /<paused /);
    stage.tell('notice', { operator: anna, session, id: 'n1', text: 'Ben has it.' });
    assert.match(await client.until('</message>'), /id='n1'.*<body>\[info\] Ben has it\.<\/body>/);
  });
});

describe('a line of an operator', () => {
  it('is said with all that tells a repeat: origin-id, id, the stream and its time', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna');
    client.send(
      `<message type='chat' id='i1' to='${visitorJid}/w'><body>hello</body><origin-id xmlns='urn:xmpp:sid:0' id='o1'/></message>`,
    );
    await settled(client);
    const { message } = stage.node.calls.find((call) => call.name === 'say') ?? {};
    const { key, ...rest } = message as { key: { originId: string; id: string; stream: string; streamAt: number } };
    assert.deepEqual(rest, { session: 'sv1', text: 'hello' });
    assert.equal(key.originId, 'o1');
    assert.equal(key.id, 'i1');
    assert.match(key.stream, /^[a-z2-7]{24}$/);
    assert.ok(key.streamAt > 0);
  });

  it('is acknowledged only after it was committed', async (t) => {
    const stage = await staged(t);
    let commit: (answer: unknown) => void = () => undefined;
    stage.node.answer('operator.say', () => new Promise((resolve) => (commit = resolve)));
    const client = await stage.login('anna');
    await enableAcks(client);
    client.send(
      `<presence/><message type='chat' id='i1' to='${visitorJid}'><body>hello</body></message><presence/><r xmlns='urn:xmpp:sm:3'/>`,
    );
    await client.until("<a xmlns='urn:xmpp:sm:3' h='1'/>");
    commit({ said: { id: 'm1', seq: 1, at: 0 } });
    await client.until("<a xmlns='urn:xmpp:sm:3' h='3'/>");
  });

  const refusals = [
    ['taken', refuseWith('taken', { winner: 'Ben' }), "type='cancel'><conflict "],
    ['unavailable', refuseWith('unavailable'), "type='wait'><internal-server-error "],
    ['throttled', refuseWith('throttled'), "type='wait'><resource-constraint "],
    ['notFound', refuseWith('notFound'), "type='cancel'><item-not-found "],
    ['timeout', refuseWith('timeout'), "type='wait'><internal-server-error "],
  ] as const;
  for (const [code, answer, fault] of refusals) {
    it(`that is refused as ${code} comes back with ${/<([a-z-]+)/.exec(fault)?.[1]}`, async (t) => {
      const stage = await staged(t);
      stage.node.answer('operator.say', () => answer);
      const client = await stage.login('anna');
      client.send(`<message type='chat' id='i1' to='${visitorJid}'><body>hello</body></message>`);
      const got = await client.until(/<message type='error'.*<\/message>/);
      assert.match(got, new RegExp(`id='i1' to='${me}'><body>hello</body><error ${fault}`));
      if (code === 'taken') assert.match(got, /<body>\[info\] Ben answered first/);
    });
  }

  it('that is too long is not acceptable and is not sent on', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna');
    client.send(`<message type='chat' id='i1' to='${visitorJid}'><body>${'x'.repeat(10_001)}</body></message>`);
    assert.match(await client.until(/<message type='error'.*<\/message>/), /<not-acceptable /);
    assert.equal(stage.node.calls.filter((call) => call.name === 'say').length, 0);
  });

  it('that is being typed is told, and no line is made of it', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna');
    contacts(stage, contactOf());
    const states = [
      ['composing', true],
      ['paused', false],
    ] as const;
    for (const [state, on] of states) {
      client.send(
        `<message type='chat' to='${visitorJid}'><${state} xmlns='http://jabber.org/protocol/chatstates'/></message>`,
      );
      assert.deepEqual((await stage.node.nextCast('typing')).message, { session: 'sv1', on });
    }
    assert.equal(stage.node.calls.filter((call) => call.name === 'say').length, 0);
  });
});

describe('colleagues', () => {
  it('see each other come and go, and talk', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna');
    const ben = await stage.login('ben', { resource: 'pc', presence: '<presence><show>away</show></presence>' });
    assert.match(await client.until('</presence>'), /from='ben@chat\.example\/pc'.*<show>away<\/show>/);
    await ben.until("from='anna@chat.example/desk'");
    client.send(`<message type='chat' id='1' to='ben@${domain}'><body>hi</body></message>`);
    assert.match(
      await ben.until('</message>'),
      /<message type='chat' id='1' to='ben@chat\.example' from='anna@chat\.example\/desk'><body>hi<\/body>/,
    );
    ben.send("<iq type='get' id='v' to='anna@chat.example/desk'><query xmlns='jabber:iq:version'/></iq>");
    assert.match(await client.until('</iq>'), /from='ben@chat\.example\/pc'><query xmlns='jabber:iq:version'\/>/);
    ben.send('</stream:stream>');
    await client.until(/<presence type='unavailable' from='ben@chat\.example\/pc'/);
  });

  it('of other sites are not there at all', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna');
    await stage.login('carl');
    assert.equal(await settled(client), '');
  });
});

describe('an operator’s devices', () => {
  it('are told to the chat as a level, again every 30 s, and when somebody asks', async (t) => {
    const clock = new ManualClock();
    const stage = await staged(t, { clock });
    await stage.login('anna', {
      presence: '<presence><show>dnd</show><status>lunch</status><priority>5</priority></presence>',
    });
    type Level = { streams: { show: string | null }[]; lost: number };
    const level = await stage.node.nextCast('streams', ({ streams }: Level) => streams[0]?.show === 'dnd');
    const { streams, lost } = level.message as { streams: { stream: string }[]; lost: number };
    assert.equal(lost, 0);
    assert.deepEqual(
      streams.map(({ stream: _random, ...rest }) => rest),
      [{ resource: 'desk', show: 'dnd', status: 'lunch', priority: 5 }],
    );
    stage.node.casts.length = 0;
    clock.pass(30_000);
    assert.equal(stage.node.casts.filter((cast) => cast.name === 'streams').length, 1);
    stage.edge.repeatLevels();
    assert.equal(stage.node.casts.filter((cast) => cast.name === 'streams').length, 2);
  });

  it('whose connection broke are still counted for a minute; who said goodbye is gone at once', async (t) => {
    const clock = new ManualClock();
    const stage = await staged(t, { clock });
    const client = await stage.login('anna');
    client.destroy();
    await stage.node.nextCast(
      'streams',
      ({ streams, lost }: { streams: unknown[]; lost: number }) => streams.length === 0 && lost === 1,
    );
    clock.pass(60_000);
    await nobodyIsLost(stage);
    const polite = await stage.login('anna');
    polite.send('</stream:stream>');
    await polite.ended();
    await nobodyIsLost(stage);
    assert.deepEqual(stage.edge.stats().operators, 0);
  });

  it('of the same name: the newer one stays', async (t) => {
    const stage = await staged(t);
    const old = await stage.login('anna');
    const fresh = await stage.login('anna');
    assert.match(await old.ended(), /<conflict /);
    await settled(fresh);
  });

  it('get a name of the server’s when they bring none', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna', { presence: null });
    assert.ok(client);
    const other = RawClient.open(stage.port);
    await other.greet(domain);
    await other.plain(domain, 'anna', 'secret');
    assert.match(await other.bind(), /^anna@chat\.example\/[a-z2-7]{16}$/);
  });

  it('that ask for copies see what the others say to a visitor and to a colleague, and no commands', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna');
    const other = await stage.login('anna', { resource: 'phone' });
    const ben = await stage.login('ben', { resource: 'pc' });
    await client.until("from='ben@chat.example/pc'");
    for (const device of [client, other]) {
      device.send("<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>");
      await device.until("id='c'");
    }
    const chat = (to: string, body: string) => `<message type='chat' id='1' to='${to}'><body>${body}</body></message>`;
    client.send(chat(visitorJid, 'hello'));
    assert.match(
      await other.until('</message></forwarded></sent></message>'),
      /<sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'[^>]*><body>hello</,
    );
    ben.send(chat(me, 'hi'));
    assert.match(await other.until('</received></message>'), /<body>hi</);
    stage.node.answer('operator.say', () => ({ said: null }));
    client.send(chat(visitorJid, '!help'));
    assert.doesNotMatch(await settled(client), /carbons/);
    other.send(`<iq type='get' id='x'>${ping}</iq>`);
    assert.doesNotMatch(await other.until("id='x'"), /help/);
  });

  it('are closed when the account is removed or the password changes', async (t) => {
    const stage = await staged(t);
    const changes = [
      ['removed', 'not-authorized'],
      ['password', 'reset'],
    ] as const;
    for (const [change, condition] of changes) {
      const client = await stage.login('anna');
      stage.tell('account', { operator: anna, change });
      assert.match(await client.ended(), new RegExp(`<stream:error><${condition} `));
    }
  });

  it('that answered before and now are silent have a dead connection: it is ended', async (t) => {
    const clock = new ManualClock();
    const stage = await staged(t, { clock });
    const client = await stage.login('anna');
    await enableAcks(client);
    say(stage, 1, 'one');
    await client.until('<r ');
    client.send("<a xmlns='urn:xmpp:sm:3' h='1'/>");
    await stage.node.nextCast('confirmed');
    say(stage, 2, 'two');
    await client.until('<r ');
    clock.pass(60_000);
    assert.match(await client.ended(), /<connection-timeout /);
    await stage.node.nextCast('redeliver');
  });

  it('that are silent for long are asked, and ended when they no longer answer', async (t) => {
    const clock = new ManualClock();
    const stage = await staged(t, { clock });
    const client = await stage.login('anna');
    const round = async () => {
      for (let seconds = 0; seconds < 150; seconds += 30) clock.pass(30_000);
      const asked = await client.until(ping);
      return /<iq type='get' id='([^']+)'/.exec(asked)?.[1];
    };
    client.send(`<iq type='result' id='${await round()}' to='${domain}'/>`);
    await settled(client);
    await round();
    clock.pass(60_000);
    assert.match(await client.ended(), /<connection-timeout /);
  });

  it('are told of a shutdown', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna');
    const drained = stage.edge.drain();
    assert.match(await client.ended(), /<system-shutdown /);
    await drained;
    assert.equal(stage.edge.stats().connections, 0);
  });
});

describe('what clients ask for at login', () => {
  const asked = [
    [
      'a session',
      "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>",
      'set',
      /^<iq type='result' id='q' to='[^']+'\/>$/,
    ],
    ['a ping', ping, 'get', /^<iq type='result' id='q' to='[^']+'\/>$/],
    ['the block list', "<blocklist xmlns='urn:xmpp:blocking'/>", 'get', /<blocklist xmlns='urn:xmpp:blocking'\/>/],
    [
      'bookmarks',
      "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'/></query>",
      'get',
      /<storage xmlns='storage:bookmarks'\/>/,
    ],
    ['his card', "<vCard xmlns='vcard-temp'/>", 'get', /<FN>Anna<\/FN>/],
    ['the time', "<time xmlns='urn:xmpp:time'/>", 'get', /<tzo>\+00:00<\/tzo><utc>[0-9T:-]+Z<\/utc>/],
    ['carbons', "<enable xmlns='urn:xmpp:carbons:2'/>", 'set', /^<iq type='result' id='q' to='[^']+'\/>$/],
    ['what nobody knows', "<query xmlns='urn:nobody'/>", 'get', /<service-unavailable /],
  ] as const;
  for (const [name, payload, type, answer] of asked) {
    it(`${name} is answered at once`, async (t) => {
      const stage = await staged(t);
      const client = await stage.login('anna');
      client.send(`<iq type='${type}' id='q'>${payload}</iq>`);
      assert.match(await client.until(/<iq[^>]*id='q'[^>]*(\/>|>.*<\/iq>)/), answer);
    });
  }

  it('what is kept privately comes back', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna');
    const thing = "<storage xmlns='storage:bookmarks'><conference jid='a@b'/></storage>";
    client.send(`<iq type='set' id='1'><query xmlns='jabber:iq:private'>${thing}</query></iq>`);
    await client.until("id='1'");
    client.send(
      "<iq type='get' id='2'><query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'/></query></iq>",
    );
    assert.match(await client.until('</iq>'), new RegExp(thing));
  });

  it('a contact of his own is added, pushed and removed; one of the server’s cannot be removed', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna');
    client.send("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
    await client.until('</iq>');
    const set = (item: string) =>
      client.send(`<iq type='set' id='s'><query xmlns='jabber:iq:roster'>${item}</query></iq>`);
    set("<item jid='friend@other.example' name='Friend'><group>Own</group></item>");
    assert.match(
      await client.until("id='s'"),
      /<item jid='friend@other\.example' subscription='none' name='Friend'><group>Own<\/group><\/item>/,
    );
    set("<item jid='friend@other.example' subscription='remove'/>");
    assert.match(await client.until("id='s'"), /<item jid='friend@other\.example' subscription='remove'\/>/);
    set("<item jid='ben@chat.example' subscription='remove'/>");
    assert.match(await client.until('</iq>'), /<not-allowed /);
  });

  it('the server and a visitor say what they are', async (t) => {
    const stage = await staged(t);
    const client = await stage.login('anna');
    contacts(stage, contactOf());
    const info = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
    client.send(`<iq type='get' id='1' to='${domain}'>${info}</iq>`);
    assert.match(await client.until('</iq>'), /<identity category='server' type='im' name='Parla'\/>/);
    client.send(`<iq type='get' id='2' to='${visitorJid}/w'>${info}</iq>`);
    assert.match(await client.until('</iq>'), /<identity category='client' type='web' name='Parla widget'\/>/);
  });
});

describe('the limits of operators', () => {
  it('a burst of lines is said in order, with a bounded number under way, and all are acknowledged', async (t) => {
    const stage = await staged(t, { limits: { saysInFlightMax: 4 } });
    let [underWay, most] = [0, 0];
    stage.node.answer('operator.say', async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return { said: { id: 'm1', seq: 1, at: 0 } };
    });
    const client = await stage.login('anna');
    await enableAcks(client);
    const texts = Array.from({ length: 100 }, (_, at) => `line ${at}`);
    client.send(texts.map((text) => `<message to='${visitorJid}' type='chat'><body>${text}</body></message>`).join(''));
    client.send("<r xmlns='urn:xmpp:sm:3'/>");
    await client.until("h='100'");
    assert.deepEqual(
      stage.node.calls.filter((call) => call.name === 'say').map((call) => (call.message as { text: string }).text),
      texts,
    );
    assert.equal(most, 4);
  });

  it('a client that does not read is given up, and what it did not confirm is wanted again', async (t) => {
    const stage = await staged(t, { limits: { unsentBytesMax: 100_000 } });
    const client = await stage.login('anna');
    client.raw.pause();
    for (let seq = 1; seq <= 1_000; seq += 1) say(stage, seq, 'x'.repeat(9_000));
    await stage.node.nextCast('redeliver');
    assert.equal(stage.edge.stats().counted.unreadGivenUp, 1);
    client.destroy();
  });

  it('a device too many is refused, and the others stay', async (t) => {
    const stage = await staged(t, { limits: { streamsPerOperatorMax: 1 } });
    const client = await stage.login('anna');
    const other = RawClient.open(stage.port);
    await other.greet(domain);
    await other.plain(domain, 'anna', 'secret');
    other.send("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
    assert.match(await other.until('</iq>'), /<resource-constraint /);
    await settled(client);
  });

  it('a connection that is gone is not counted any more, under TLS too', async (t) => {
    const stage = await staged(t);
    const client = RawClient.openTls(stage.tlsPort);
    await client.greet(domain);
    assert.equal(stage.edge.stats().connections, 1);
    client.destroy();
    while (stage.edge.stats().connections > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});
