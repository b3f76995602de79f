// Owns the everyday of a conversation: a visitor writes, operators answer, pages and devices show it, silence ends it.
// Faults are another file's: here every store answers.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { roomAt, sessionAt, siteAt, store } from '../../actors/mod.ts';
import { chatStage, code, demo, must, Operator, type Stage, Visitor } from '../support/chat-stage.ts';

const hourMs = 3_600_000;
const info = (text: string) => `[info] ${text}`;

async function staged(t: TestContext): Promise<Stage> {
  const stage = await chatStage();
  t.after(() => stage.node.stop());
  return stage;
}

test('a first message opens a conversation, is stored with it in one statement, and is shown on the page once', async (t) => {
  const { node, disk, ...stage } = await staged(t);
  const zoe = new Visitor({ node, disk, ...stage }, 'zoe');
  zoe.present();
  const answer = await zoe.says('k1', 'hello');
  await node.settle();
  assert.equal(answer.seq, 1);
  assert.equal(disk.calls.filter((name) => name === 'append').length, 1);
  assert.deepEqual(zoe.page.texts(), ['hello']);
  assert.deepEqual(zoe.page.events, [
    { type: 'conversation', id: zoe.page.shown[0]?.conversation, state: 'waiting', operator: null },
  ]);
  const view = await zoe.view();
  assert.equal(view?.state, 'waiting');
  assert.equal(view?.lastSeq, 1);
});

test('a visitor who never chats costs the store nothing, in his first life and in the next', async (t) => {
  const stage = await staged(t);
  const { node, disk } = stage;
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  assert.equal(await zoe.view(), null);
  await node.advance(30_000);
  zoe.present('gone');
  await node.advance(120_000);
  zoe.fresh = false;
  disk.calls.length = 0;
  zoe.present('here');
  assert.equal(await zoe.view(), null);
  must(await node.call(zoe.to, 'read', { site: demo, seq: 3 }));
  must(await node.call(zoe.to, 'close', { site: demo }));
  assert.deepEqual(disk.calls, []);
});

test('a fresh visitor who chats costs the store one write and no read', async (t) => {
  const stage = await staged(t);
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await stage.node.settle();
  stage.disk.calls.length = 0;
  await zoe.says('k1', 'hello');
  assert.deepEqual(
    stage.disk.calls.filter((name) => name !== 'site' && name !== 'conversations'),
    ['append'],
  );
});

test("the first operator's answer takes the conversation; the lines come to him, not to the other", async (t) => {
  const stage = await staged(t);
  const { node } = stage;
  const [alice, bob] = [await Operator.hire(stage, 'alice'), await Operator.hire(stage, 'bob')];
  alice.comes();
  bob.comes();
  await node.advance(5_000);
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await zoe.says('k1', 'hello');
  await node.settle();
  assert.deepEqual([alice.desk.texts(), bob.desk.texts()], [['hello'], ['hello']]);
  const said = await alice.says(zoe, 'hi, how can I help?');
  assert.equal(said?.seq, 2);
  await node.settle();
  assert.deepEqual(zoe.page.texts(), ['hello', 'hi, how can I help?']);
  const late = await bob.say(zoe, 'me too');
  assert.equal(code(late), 'taken');
  assert.deepEqual(late.ok ? null : late.error.data, { winner: 'ALICE' });
  await zoe.says('k2', 'thanks');
  await node.settle();
  assert.deepEqual(bob.desk.texts(), ['hello']);
  assert.deepEqual(alice.desk.texts(), ['hello', 'thanks']);
  assert.equal(bob.desk.contacts.get(zoe.session)?.operator?.id, 'alice');
  assert.deepEqual(zoe.page.texts(), ['hello', 'hi, how can I help?', 'thanks']);
});

test('two answers at the same moment: one owner, and the text of the other never reaches the visitor', async (t) => {
  const stage = await staged(t);
  const [alice, bob] = [await Operator.hire(stage, 'alice'), await Operator.hire(stage, 'bob')];
  alice.comes();
  bob.comes();
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await zoe.says('k1', 'hello');
  const answers = await Promise.all([alice.say(zoe, 'mine'), bob.say(zoe, 'no, mine')]);
  assert.deepEqual(answers.map(code).sort(), ['ok', 'taken']);
  await stage.node.settle();
  assert.equal(zoe.page.shown.length, 2);
  const { turns } = must(await stage.node.call(store, 'load', { room: zoe.room }));
  assert.deepEqual(
    turns.map(({ kind }) => kind),
    ['opened', 'assigned'],
  );
});

test('assignment and answer are stored in one statement', async (t) => {
  const stage = await staged(t);
  const alice = await Operator.hire(stage, 'alice');
  alice.comes();
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await zoe.says('k1', 'hello');
  const before = stage.disk.calls.filter((name) => name === 'append').length;
  await alice.says(zoe, 'hi');
  assert.equal(stage.disk.calls.filter((name) => name === 'append').length, before + 1);
});

test('lines for an absent operator wait, and come with their time when he does', async (t) => {
  const stage = await staged(t);
  const alice = await Operator.hire(stage, 'alice');
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await zoe.says('k1', 'anybody?');
  await zoe.says('k2', 'mail me');
  zoe.present('gone');
  await stage.node.advance(hourMs);
  alice.comes();
  await stage.node.advance(10_000);
  assert.deepEqual(alice.desk.texts(), ['anybody?', 'mail me']);
  assert.ok(alice.desk.sent.every(({ delayed }) => delayed));
});

test('a line said just before an operator came bears its time, one said after does not', async (t) => {
  const stage = await staged(t);
  const alice = await Operator.hire(stage, 'alice');
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await zoe.says('k1', 'before');
  await stage.node.advance(1_000);
  alice.comes();
  await stage.node.settle();
  await zoe.says('k2', 'after');
  await stage.node.settle();
  assert.deepEqual(
    alice.desk.sent.map(({ message, delayed }) => [message.text, delayed]),
    [
      ['before', true],
      ['after', false],
    ],
  );
});

test('an operator who comes to more lines than a room remembers gets all of them at once, in order', async (t) => {
  const stage = await staged(t);
  const alice = await Operator.hire(stage, 'alice');
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  const lines = Array.from({ length: 170 }, (_, index) => `line ${index + 1}`);
  for (const line of lines) await zoe.says(line.replace(' ', '-'), line);
  alice.comes();
  await stage.node.advance(1_000);
  assert.deepEqual(alice.desk.texts(), lines);
});

test('an operator who is away gets no new conversations, and gets them when he is back', async (t) => {
  const stage = await staged(t);
  const alice = await Operator.hire(stage, 'alice');
  alice.comes('phone', 'away');
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await zoe.says('k1', 'hello');
  await stage.node.advance(15_000);
  assert.deepEqual(alice.desk.texts(), []);
  alice.comes('phone', 'online');
  await stage.node.advance(1_000);
  assert.deepEqual(alice.desk.texts(), ['hello']);
});

test('a site is online while at least one operator is neither away, xa nor dnd', async (t) => {
  const stage = await staged(t);
  const { node } = stage;
  const alice = await Operator.hire(stage, 'alice');
  const online = async () => {
    await node.settle();
    return must(await node.call(siteAt(demo), 'describe', {})).online;
  };
  const seen = [await online()];
  for (const show of ['online', 'away', 'chat', 'xa', 'online', 'dnd'] as const) {
    alice.comes('phone', show);
    seen.push(await online());
  }
  alice.goes('phone');
  assert.deepEqual([...seen, await online()], [false, true, false, true, false, true, false, false]);
});

test('an operator whose stream broke without a word stays routable until its time is over', async (t) => {
  const stage = await staged(t);
  const { node } = stage;
  const alice = await Operator.hire(stage, 'alice');
  const online = async () => must(await node.call(siteAt(demo), 'describe', {})).online;
  alice.comes('phone');
  await node.settle();
  alice.lost = 1;
  alice.goes('phone');
  await node.settle();
  assert.equal(await online(), true);
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await zoe.says('k1', 'still there?');
  alice.lost = 0;
  alice.comes('phone2');
  await node.advance(1_000);
  assert.deepEqual(alice.desk.texts('phone2'), ['still there?']);
  alice.goes('phone2');
  await node.settle();
  assert.equal(await online(), false);
});

test('typing goes both ways and switches itself off after 10 s', async (t) => {
  const stage = await staged(t);
  const { node } = stage;
  const alice = await Operator.hire(stage, 'alice');
  alice.comes();
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await zoe.says('k1', 'hello');
  await alice.says(zoe, 'hi');
  await node.settle();
  node.cast(zoe.to, 'typing', { site: demo, on: true });
  node.cast(alice.to, 'typing', { session: zoe.session, on: true });
  await node.advance(9_000);
  const typing = () => zoe.page.events.filter(({ type }) => type === 'typing');
  assert.deepEqual([alice.desk.typing, typing()], [[true], [{ type: 'typing', on: true, name: 'ALICE' }]]);
  await node.advance(2_000);
  assert.deepEqual(alice.desk.typing, [true, false]);
  assert.deepEqual(typing().at(-1), { type: 'typing', on: false, name: 'ALICE' });
});

test('what an operator confirmed the visitor sees as read, and the mark is written once for many', async (t) => {
  const stage = await staged(t);
  const { node, disk } = stage;
  const alice = await Operator.hire(stage, 'alice');
  alice.comes();
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  for (const number of [1, 2, 3]) {
    await zoe.says(`k${number}`, `line ${number}`);
    await node.settle();
    alice.confirm(zoe.room, number);
  }
  await node.advance(4_000);
  assert.deepEqual(
    zoe.page.events.flatMap((event) => (event.type === 'read' ? [event.seq] : [])),
    [1, 2, 3],
  );
  assert.equal(disk.calls.filter((name) => name === 'saveMarks').length, 1);
  const { marks } = must(await node.call(store, 'marks', { operator: alice.name, rooms: [zoe.room] }));
  assert.deepEqual(marks, [{ room: zoe.room, seq: 3 }]);
});

test('either side closes; the next message opens another conversation, and seq runs on', async (t) => {
  const stage = await staged(t);
  const { node } = stage;
  const alice = await Operator.hire(stage, 'alice');
  alice.comes();
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await zoe.says('k1', 'hello');
  await alice.says(zoe, 'hi');
  assert.equal(await alice.says(zoe, '!end'), null);
  await node.settle();
  assert.deepEqual(alice.desk.notices, ['[info] The conversation is closed.']);
  assert.equal((await zoe.view())?.state, 'closed');
  const first = (await zoe.view())?.id;
  const again = await zoe.says('k2', 'one more thing');
  assert.equal(again.seq, 3);
  const view = await zoe.view();
  assert.equal(view?.state, 'waiting');
  assert.notEqual(view?.id, first);
  must(await node.call(zoe.to, 'close', { site: demo }));
  must(await node.call(zoe.to, 'close', { site: demo }));
  assert.equal((await zoe.view())?.state, 'closed');
  await node.settle();
  assert.deepEqual(
    zoe.page.events.flatMap((event) => (event.type === 'conversation' ? [event.state] : [])),
    ['waiting', 'active', 'closed', 'waiting', 'closed'],
  );
});

test('an answered conversation is closed after 24 hours of silence', async (t) => {
  const stage = await staged(t);
  const alice = await Operator.hire(stage, 'alice');
  alice.comes();
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await zoe.says('k1', 'hello');
  await alice.says(zoe, 'hi');
  await stage.node.advance(23 * hourMs);
  assert.equal((await zoe.view())?.state, 'active');
  await stage.node.advance(2 * hourMs);
  assert.equal((await zoe.view())?.state, 'closed');
});

test('one that nobody answered still waits on Monday', async (t) => {
  const stage = await staged(t);
  const alice = await Operator.hire(stage, 'alice');
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await zoe.says('k1', 'hello from the weekend');
  zoe.present('gone');
  await stage.node.advance(60 * hourMs);
  alice.comes();
  await stage.node.advance(10_000);
  assert.deepEqual(alice.desk.texts(), ['hello from the weekend']);
});

test('the contact of a closed conversation leaves the roster after 10 minutes', async (t) => {
  const stage = await staged(t);
  const alice = await Operator.hire(stage, 'alice');
  alice.comes();
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await zoe.says('k1', 'hello');
  must(await stage.node.call(zoe.to, 'close', { site: demo }));
  await stage.node.advance(9 * 60_000);
  assert.equal(alice.desk.contacts.get(zoe.session)?.state, 'closed');
  await stage.node.advance(2 * 60_000);
  assert.equal(alice.desk.contacts.has(zoe.session), false);
});

test('operators see where the visitor is, and that he left', async (t) => {
  const stage = await staged(t);
  const alice = await Operator.hire(stage, 'alice');
  alice.comes();
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await zoe.says('k1', 'hello');
  zoe.present('away', { url: 'https://demo.example/prices' });
  await stage.node.settle();
  const contact = () => alice.desk.contacts.get(zoe.session);
  assert.deepEqual([contact()?.level, contact()?.page?.url], ['away', 'https://demo.example/prices']);
  zoe.present('gone');
  await stage.node.settle();
  assert.equal(contact()?.level, 'gone');
});

test("operators of another site neither see nor can address a site's visitors", async (t) => {
  const stage = await staged(t);
  const stranger = await Operator.hire(stage, 'stranger', []);
  stranger.comes();
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await zoe.says('k1', 'hello');
  assert.equal(code(await stranger.say(zoe, 'psst')), 'notFound');
  assert.equal(code(await stranger.say(zoe, '!end')), 'notFound');
  assert.equal(code(await stage.node.call(stranger.to, 'contact', { session: zoe.session })), 'notFound');
  assert.deepEqual(stranger.desk.sent, []);
  assert.equal((await zoe.view())?.state, 'waiting');
});

test('nobody can write to a visitor who never wrote', async (t) => {
  const stage = await staged(t);
  const alice = await Operator.hire(stage, 'alice');
  alice.comes();
  assert.equal(code(await alice.say(new Visitor(stage, 'quiet'), 'hello?')), 'notFound');
});

test('an unknown site is refused and keeps no actor', async (t) => {
  const stage = await staged(t);
  assert.equal(code(await stage.node.call(siteAt('madeup' as typeof demo), 'describe', {})), 'unknownSite');
});

test('who a visitor says to be is durable with his first message and names him; a verified name cannot be replaced', async (t) => {
  const stage = await staged(t);
  const { node } = stage;
  const alice = await Operator.hire(stage, 'alice');
  alice.comes();
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  const identify = (card: object) => node.call(zoe.to, 'identify', { site: demo, card: { verified: false, ...card } });
  assert.deepEqual(must(await identify({ name: 'Zoë', email: 'zoe@example.org' })), { verified: false });
  await zoe.says('k1', 'hello');
  await node.settle();
  assert.equal(alice.desk.contacts.get(zoe.session)?.name, 'Zoë');
  assert.equal(must(await node.call(store, 'load', { room: zoe.room })).card?.email, 'zoe@example.org');
  assert.deepEqual(must(await identify({ name: 'Zoë Z.', subject: 'u1', verified: true })), { verified: true });
  assert.deepEqual(must(await identify({ name: 'Mallory' })), { verified: true });
  assert.equal(code(await identify({ name: 'Eve', subject: 'u2', verified: true })), 'unauthorized');
  await node.settle();
  const contact = alice.desk.contacts.get(zoe.session);
  assert.deepEqual([contact?.name, contact?.verified], ['Zoë Z.', true]);
});

test('the name an operator gave is not undone by the next message', async (t) => {
  const stage = await staged(t);
  const alice = await Operator.hire(stage, 'alice');
  alice.comes();
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  must(await stage.node.call(zoe.to, 'identify', { site: demo, card: { name: 'Z', verified: false } }));
  await zoe.says('k1', 'hello');
  await alice.says(zoe, '!name Zoë from Basel');
  await alice.says(zoe, '!name');
  await alice.says(zoe, '!email');
  await zoe.says('k2', 'hello again');
  await stage.node.settle();
  assert.equal(alice.desk.contacts.get(zoe.session)?.name, 'Zoë from Basel');
  assert.deepEqual(
    alice.desk.notices,
    ['Noted: name Zoë from Basel', 'name: Zoë from Basel', 'email: not known'].map(info),
  );
});

test('the last 75 messages come back on return; older ones page by page, from memory or the store alike', async (t) => {
  const stage = await staged(t);
  const { node } = stage;
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  for (let number = 1; number <= 100; number += 1) await zoe.says(`k${number}`, `line ${number}`);
  zoe.present('gone');
  await node.advance(300_000);
  zoe.present();
  const view = await zoe.view();
  assert.equal(view?.messages.length, 75);
  assert.equal(view?.messages.at(-1)?.text, 'line 100');
  const seqs = async (before: number | null, limit: number) => {
    const page = must(await node.call(sessionAt(zoe.session), 'history', { site: demo, before, limit }));
    return [page.messages[0]?.seq, page.messages.at(-1)?.seq, page.more];
  };
  assert.deepEqual(await seqs(null, 10), [91, 100, true]);
  assert.deepEqual(await seqs(30, 10), [20, 29, true]);
  assert.deepEqual(await seqs(11, 10), [1, 10, false]);
});

test('a device that comes later begins after what was confirmed; none is told anything twice', async (t) => {
  const stage = await staged(t);
  const { node } = stage;
  const alice = await Operator.hire(stage, 'alice');
  alice.comes('laptop');
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  for (const number of [1, 2, 3]) await zoe.says(`k${number}`, `line ${number}`);
  await node.settle();
  alice.confirm(zoe.room, 2);
  alice.comes('phone');
  node.cast(alice.to, 'redeliver', { stream: 'phone' });
  node.cast(alice.to, 'redeliver', { stream: null });
  await node.advance(25_000);
  assert.deepEqual(alice.desk.texts('laptop'), ['line 1', 'line 2', 'line 3']);
  assert.deepEqual(alice.desk.texts('phone'), ['line 3']);
  assert.equal(alice.desk.sent.find(({ stream }) => stream === 'phone')?.delayed, true);
});

test('commands are never shown to the visitor and are answered by a line of their own', async (t) => {
  const stage = await staged(t);
  const { node } = stage;
  const alice = await Operator.hire(stage, 'alice');
  alice.comes();
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await zoe.says('k1', 'hello');
  const lines = [
    '!help',
    ' !info',
    '!ned',
    'two\n!lines',
    '!push ftp://x',
    '!push https://demo.example/offer',
    '!history 1',
    '!operators',
  ];
  for (const line of lines) assert.equal(await alice.says(zoe, line), null, line);
  await alice.says(zoe, '!!important');
  await node.settle();
  assert.deepEqual(zoe.page.texts(), ['hello', '!important']);
  assert.equal(alice.desk.notices.length, lines.length);
  assert.ok(alice.desk.notices.every((text) => text.startsWith('[info] ')));
  assert.match(alice.desk.notices[2] ?? '', /Did you mean "!end"\?/);
  assert.deepEqual(
    zoe.page.events.filter(({ type }) => type === 'navigate'),
    [{ type: 'navigate', url: 'https://demo.example/offer' }],
  );
});

test('a rating is kept with the conversation, and needs one', async (t) => {
  const stage = await staged(t);
  const { node } = stage;
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  const rate = () => node.call(zoe.to, 'rate', { site: demo, score: 5, comment: 'great' });
  assert.equal(code(await rate()), 'notFound');
  await zoe.says('k1', 'hello');
  must(await rate());
  const { turns } = must(await node.call(store, 'load', { room: zoe.room }));
  assert.deepEqual(
    turns.map(({ kind, text }) => [kind, text]),
    [
      ['opened', null],
      ['rated', 'great'],
    ],
  );
});

test('no message is dated before the one before it, whatever the clock does', async (t) => {
  const stage = await staged(t);
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  const times = [];
  for (const key of ['a', 'b', 'c']) times.push((await zoe.says(key, key)).at);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});

test('a room that is idle is put away, and comes back with one read of its last numbers', async (t) => {
  const stage = await staged(t);
  const { node, disk } = stage;
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await zoe.says('k1', 'hello');
  zoe.present('gone');
  await node.advance(600_000);
  const alive = (await node.inspect()).threads[0]?.behaviours;
  assert.equal(alive?.room ?? 0, 0);
  assert.equal(alive?.session ?? 0, 0);
  disk.calls.length = 0;
  assert.deepEqual(
    (await zoe.view())?.messages.map(({ text }) => text),
    ['hello'],
  );
  assert.deepEqual(disk.calls, ['tail']);
  assert.equal(code(await node.call(roomAt(zoe.room), 'view', { site: 'other' as typeof demo })), 'notFound');
});
