// Owns the rule that nothing said is lost and nothing is said twice, one named danger after another.
// The danger comes from a store that fails, an answer that is lost or late, or an actor that ends at a bad moment.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { accounts, type Entry, history, roomAt, siteAt, store } from '../../actors/mod.ts';
import { crash } from '../support/breakable.ts';
import { chatStage, code, demo, must, Operator, type Stage, Visitor } from '../support/chat-stage.ts';
import { opened, room, said } from '../support/entries.ts';

async function staged(t: TestContext): Promise<Stage> {
  const stage = await chatStage();
  t.after(() => {
    stage.disk.heal();
    stage.journal.heal();
    return stage.node.stop();
  });
  return stage;
}

async function stored({ node }: Stage, visitor: Visitor) {
  return must(await node.call(store, 'load', { room: visitor.room }));
}

async function texts(stage: Stage, visitor: Visitor): Promise<readonly string[]> {
  return (await stored(stage, visitor)).messages.map(({ seq, text }) => `${seq} ${text}`);
}

/** Here, and has said `first`. */
async function chatting(stage: Stage): Promise<Visitor> {
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await zoe.says('k1', 'first');
  await stage.node.settle();
  return zoe;
}

test('a repeated cmid gets the first answer, and nothing is stored twice', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  const first = await zoe.says('k2', 'again');
  assert.deepEqual(await zoe.says('k2', 'again'), first);
  await crash(stage.node, zoe.to);
  await crash(stage.node, roomAt(zoe.room));
  assert.deepEqual(await zoe.says('k2', 'again'), first, 'a room made anew knows it as well');
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 again']);
});

test('a repeat that is older than the room remembers is found by the store', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  for (let number = 2; number <= 90; number += 1) await zoe.says(`k${number}`, `line ${number}`);
  await crash(stage.node, roomAt(zoe.room));
  assert.equal((await zoe.says('k3', 'line 3')).seq, 3);
  assert.equal(code(await zoe.send('k4', 'something else')), 'invalid');
  assert.equal((await zoe.says('k91', 'line 91')).seq, 91, 'the number of a rejected repeat is not wasted');
});

test('the cmid with another text is an error that names the field, and changes nothing', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  const refused = await zoe.send('k1', 'another text');
  assert.deepEqual(refused.ok ? null : [refused.error.code, refused.error.data], ['invalid', { field: 'cmid' }]);
  assert.deepEqual(await texts(stage, zoe), ['1 first']);
});

test('cmids that differ in case only are two messages', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  assert.equal((await zoe.says('Key', 'one')).seq, 2);
  assert.equal((await zoe.says('key', 'two')).seq, 3);
  assert.equal((await zoe.says('Key', 'one')).seq, 2);
});

test('the same cmid of two visitors is two messages', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  const yan = new Visitor(stage, 'yan');
  yan.present();
  assert.equal((await yan.says('k1', 'hi')).seq, 1);
  assert.deepEqual(await texts(stage, zoe), ['1 first']);
});

test('a repeat while the first awaits its commit waits with it and gets the same answer', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  stage.disk.stall();
  const both = Promise.all([zoe.send('k2', 'once'), zoe.send('k2', 'once')]);
  const other = zoe.send('k2', 'twice');
  await stage.node.settle();
  assert.equal(code(await other), 'invalid');
  stage.disk.resume();
  const [a, b] = await both;
  assert.deepEqual(must(a), must(b));
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 once']);
});

test('an operator stanza that comes again gets the first answer: same origin-id, or same id on the same stream', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  const alice = await Operator.hire(stage, 'alice');
  alice.comes('laptop');
  const byOrigin = { originId: 'o1', id: 'x', stream: 'laptop' };
  const first = await alice.says(zoe, 'one', byOrigin);
  assert.deepEqual(await alice.says(zoe, 'one', { ...byOrigin, stream: 'phone', id: 'y' }), first);
  const byId = { originId: null, id: 'b', stream: 'laptop' };
  const second = await alice.says(zoe, 'two', byId);
  assert.deepEqual(await alice.says(zoe, 'two', byId), second);
  await crash(stage.node, roomAt(zoe.room));
  await crash(stage.node, alice.to);
  alice.repeatLevel();
  assert.deepEqual(await alice.says(zoe, 'two', byId), second, 'made anew as well');
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 one', '3 two']);
});

test('an operator stanza without an id is new each time', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  const alice = await Operator.hire(stage, 'alice');
  alice.comes();
  for (const _ of [1, 2]) await alice.says(zoe, 'yes', { originId: null, id: null });
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 yes', '3 yes']);
});

test('the same id and text on a new stream repeats what the lost stream delivered; beside a living stream it is new', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  const alice = await Operator.hire(stage, 'alice');
  alice.comes('laptop');
  const first = await alice.says(zoe, 'ok', { id: '7', stream: 'laptop' });
  alice.comes('phone');
  assert.notDeepEqual(await alice.says(zoe, 'ok', { id: '7', stream: 'phone' }), first, 'two devices, two messages');
  alice.goes('laptop');
  alice.comes('laptop2');
  assert.deepEqual(await alice.says(zoe, 'ok', { id: '7', stream: 'laptop2' }), first);
  assert.notDeepEqual(await alice.says(zoe, 'ok!', { id: '7', stream: 'laptop3' }), first, 'another text is new');
  await stage.node.advance(301_000);
  alice.comes('laptop4');
  const late = await alice.says(zoe, 'ok', { id: '7', stream: 'laptop4', streamAt: stage.node.now() });
  assert.notDeepEqual(late, first, 'five minutes after the loss it is new');
});

test('the late statement: a commit whose answer was lost is acknowledged once, under its own number', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  stage.disk.appendFaults.push('answerLost');
  const answer = zoe.send('k2', 'second');
  await stage.node.advance(3_000);
  assert.equal(must(await answer).seq, 2);
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 second']);
  assert.deepEqual(zoe.page.texts(), ['first', 'second']);
});

test('a commit that reports an error and was kept is one message', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  stage.disk.appendFaults.push('doneButRefused', 'refused', 'rolledBack');
  const answer = zoe.send('k2', 'second');
  await stage.node.advance(5_000);
  assert.equal(must(await answer).seq, 2);
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 second']);
});

test('while an outcome is unknown nothing later is acknowledged, and the same message is repeated before it', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  stage.disk.appendFaults.push('requestLost', 'requestLost', 'requestLost');
  const order: string[] = [];
  const second = zoe.send('k2', 'second').then((result) => order.push(`k2 ${code(result)}`));
  await stage.node.advance(100);
  const third = zoe.send('k3', 'third').then((result) => order.push(`k3 ${code(result)}`));
  await stage.node.advance(1_000);
  assert.deepEqual(order, []);
  assert.deepEqual(zoe.page.texts(), ['first']);
  await stage.node.advance(20_000);
  await Promise.all([second, third]);
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 second', '3 third']);
  assert.deepEqual(zoe.page.texts(), ['first', 'second', 'third']);
});

test('neither store nor journal answers: the sender is told in time, and his repeat gets the message that was kept', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  stage.disk.stall();
  stage.journal.stall();
  const answer = zoe.send('k2', 'second');
  await stage.node.advance(8_000);
  assert.equal(code(await answer), 'unavailable');
  assert.deepEqual(zoe.page.texts(), ['first']);
  stage.disk.resume();
  stage.journal.resume();
  await stage.node.advance(5_000);
  assert.equal((await zoe.says('k2', 'second')).seq, 2);
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 second']);
  assert.deepEqual(zoe.page.texts(), ['first', 'second']);
});

test('the number that was given again: a rejected repeat frees its number, and what stood behind takes it', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  for (let number = 2; number <= 80; number += 1) await zoe.says(`k${number}`, `line ${number}`);
  await crash(stage.node, roomAt(zoe.room));
  // The room made anew does not remember k2; three messages are under way when the store does.
  stage.disk.stall();
  const answers = [zoe.send('k2', 'line 2'), zoe.send('new', 'eighty-one'), zoe.send('newer', 'eighty-two')];
  await stage.node.settle();
  stage.disk.resume();
  await stage.node.advance(1_000);
  const said = (await Promise.all(answers)).map(must);
  assert.deepEqual(
    said.map(({ seq }) => seq),
    [2, 81, 82],
  );
  assert.equal(new Set(said.map(({ id }) => id)).size, 3);
  assert.deepEqual((await texts(stage, zoe)).slice(-2), ['81 eighty-one', '82 eighty-two']);
});

/** What an owner says that this node knows nothing of: it goes straight to the store. */
function lineOfAnother(of: Visitor, fields: Partial<Entry>): Entry {
  const author = { kind: 'bot', id: 'other', name: 'Other owner' } as const;
  return { ...said(of.room, 0, 0), site: demo, author, cmid: null, text: 'from elsewhere', ...fields };
}

async function appended({ node }: Stage, entry: Entry) {
  return must(await node.call(store, 'append', { groups: [[entry]] })).outcomes;
}

test('what the owner of before still sends changes nothing once the room was made anew and has written', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  const before = must(await stage.node.call(store, 'tail', { room: zoe.room }));
  await crash(stage.node, roomAt(zoe.room));
  await zoe.says('k2', 'second');
  const { pos, seq, fence } = must(await stage.node.call(store, 'tail', { room: zoe.room }));
  assert.ok(fence > before.fence);
  const late = lineOfAnother(zoe, { pos: pos + 1, seq: seq + 1, fence: before.fence });
  assert.deepEqual(await appended(stage, late), [{ type: 'conflict' }]);
  assert.equal((await zoe.says('k3', 'third')).seq, 3);
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 second', '3 third']);
});

test('a number that somebody else took: the room is read anew from the store, and the repeat is stored behind it', async (t) => {
  const stage = await staged(t);
  const { node } = stage;
  const zoe = await chatting(stage);
  const { pos, seq, fence } = must(await stage.node.call(store, 'tail', { room: zoe.room }));
  const foreign = lineOfAnother(zoe, { pos: pos + 1, seq: seq + 1, fence: fence + 1 });
  assert.deepEqual(await appended(stage, foreign), [{ type: 'stored' }]);
  const refused = await zoe.send('k2', 'second');
  assert.equal(code(refused), 'unavailable');
  assert.equal((await zoe.says('k2', 'second')).seq, 3);
  zoe.present();
  await node.advance(1_000);
  assert.deepEqual(zoe.page.texts(), ['first', 'from elsewhere', 'second']);
});

test('a first message to a room that was thought to be new, and is not, is stored behind what is there', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  await crash(stage.node, zoe.to);
  await crash(stage.node, roomAt(zoe.room));
  const request = {
    site: demo,
    text: 'second',
    cmid: 'k2',
    card: null,
    level: 'here',
    page: null,
    fresh: true,
  } as const;
  const refused = await stage.node.call(roomAt(zoe.room), 'say', request);
  assert.equal(code(refused), 'unavailable');
  assert.equal((await zoe.says('k2', 'second')).seq, 2);
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 second']);
});

test('a past that cannot be read is unavailable, never an empty one', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  await crash(stage.node, zoe.to);
  await crash(stage.node, roomAt(zoe.room));
  await stage.node.settle();
  // The room's question, the writer's whether the store is there at all, and the next room's.
  stage.disk.readFaults.push('refused', 'refused', 'refused');
  const view = () => stage.node.call(zoe.to, 'view', { site: demo });
  assert.equal(code(await view()), 'unavailable');
  assert.equal(code(await zoe.send('k2', 'second')), 'unavailable');
  assert.equal(must(await view()).conversation?.lastSeq, 1);
});

test('a copy in the cache that says `never chatted` does not outlive the first message', async (t) => {
  const stage = await staged(t);
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await stage.node.advance(20_000);
  await zoe.says('k1', 'first');
  await crash(stage.node, zoe.to);
  assert.equal((await zoe.view())?.lastSeq, 1);
});

test('at most 32 entries of a room await their commit; the next sender is told to wait', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  stage.disk.stall();
  const answers = Array.from({ length: 32 }, (_, index) => zoe.send(`n${index}`, `line ${index}`));
  assert.equal(code(await zoe.send('n32', 'line 32')), 'throttled');
  stage.disk.resume();
  const said = await Promise.all(answers);
  assert.deepEqual(
    said.map((one) => must(one).seq),
    Array.from({ length: 32 }, (_, index) => index + 2),
  );
});

test('what cannot be stored at all is refused, and what stood behind it is stored', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  stage.disk.stall();
  const huge = zoe.send('huge', 'x'.repeat(1_000_000));
  const next = zoe.send('next', 'next');
  await stage.node.settle();
  stage.disk.resume();
  await stage.node.advance(1_000);
  assert.equal(code(await huge), 'invalid');
  assert.equal(must(await next).seq, 2);
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 next']);
});

for (const [who, address] of [
  ['session', (zoe: Visitor) => zoe.to],
  ['room', (zoe: Visitor) => roomAt(zoe.room)],
  ['durable writer', () => history],
] as const) {
  test(`a ${who} that ends between a send and its answer loses nothing: the widget repeats, and it is there once`, async (t) => {
    const stage = await staged(t);
    const zoe = await chatting(stage);
    stage.disk.stall();
    const answer = zoe.send('k2', 'second');
    await stage.node.settle();
    await crash(stage.node, address(zoe));
    await stage.node.settle();
    stage.disk.resume();
    await stage.node.advance(8_000);
    if (!(await answer).ok) {
      const again = zoe.send('k2', 'second');
      await stage.node.advance(8_000);
      const repeated = await again;
      // Found as a repeat of what its room did not know yet, it is answered; the room is then read anew.
      assert.equal(must(repeated).seq, 2);
    }
    zoe.present();
    await stage.node.advance(31_000);
    zoe.present();
    await stage.node.advance(1_000);
    assert.deepEqual(await texts(stage, zoe), ['1 first', '2 second']);
    assert.deepEqual(zoe.page.texts(), ['first', 'second']);
  });
}

test('a page that missed something is told it when its session comes back', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  const alice = await Operator.hire(stage, 'alice');
  alice.comes();
  await alice.says(zoe, 'hi');
  await crash(stage.node, zoe.to);
  await stage.node.settle();
  await alice.says(zoe, 'are you there?');
  await stage.node.settle();
  zoe.present();
  await stage.node.settle();
  assert.deepEqual(zoe.page.texts(), ['first', 'hi', 'are you there?']);
  assert.equal(zoe.page.gaps, 0);
});

test('lines said while an operator actor was dead reach him, each once on each stream that is new', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  const alice = await Operator.hire(stage, 'alice');
  alice.comes('a');
  await stage.node.advance(1_000);
  await alice.says(zoe, 'hi');
  alice.confirm(zoe.room, 1);
  await stage.node.settle();
  await crash(stage.node, alice.to);
  await zoe.says('k2', 'second');
  alice.goes('a');
  alice.comes('b');
  await stage.node.advance(11_000);
  assert.deepEqual(alice.desk.texts('a'), ['first']);
  assert.deepEqual(alice.desk.texts('b'), ['second']);
});

test('unconfirmed lines come again on the next stream, with the same id and as delayed; confirmed ones do not', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  const alice = await Operator.hire(stage, 'alice');
  alice.comes('a');
  await zoe.says('k2', 'second');
  await stage.node.advance(1_000);
  alice.confirm(zoe.room, 1);
  alice.goes('a');
  alice.comes('b');
  await stage.node.advance(1_000);
  const [again, ...more] = alice.desk.sent.filter(({ stream }) => stream === 'b');
  assert.deepEqual([again?.message.text, again?.delayed, more.length], ['second', true, 0]);
  assert.equal(again?.message.id, alice.desk.sent.find(({ message }) => message.text === 'second')?.message.id);
});

test('a conversation that waits is offered to whoever comes after everything was restarted', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  for (const address of [zoe.to, roomAt(zoe.room), history]) await crash(stage.node, address);
  const alice = await Operator.hire(stage, 'alice');
  await stage.node.settle();
  alice.comes();
  await stage.node.advance(10_000);
  assert.deepEqual(alice.desk.texts(), ['first']);
});

test('a message that a dead room left behind is found by its repeat, and shown though the new room did not know it', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  stage.disk.appendFaults.push('requestLost');
  const lost = zoe.send('k2', 'second');
  await stage.node.settle();
  await crash(stage.node, roomAt(zoe.room));
  assert.equal(code(await lost), 'exited');
  // The durable writer still repeats the first; the room made anew sends a second one behind it.
  const again = zoe.send('k2', 'second');
  await stage.node.advance(3_000);
  assert.equal(must(await again).seq, 2);
  zoe.present();
  await stage.node.advance(1_000);
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 second']);
  assert.deepEqual(zoe.page.texts(), ['first', 'second']);
});

test('a site and its rooms made anew make nobody seem gone, and take nobody out of a roster', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  const alice = await Operator.hire(stage, 'alice');
  alice.comes();
  await stage.node.advance(5_000);
  assert.equal(alice.desk.contacts.get(zoe.session)?.level, 'here');
  for (const address of [siteAt(demo), roomAt(zoe.room), zoe.to]) await crash(stage.node, address);
  alice.repeatLevel();
  await stage.node.advance(2_000);
  assert.equal(alice.desk.contacts.get(zoe.session)?.level, 'here');
  zoe.present();
  await stage.node.advance(60_000);
  zoe.present();
  await stage.node.advance(10_000);
  assert.equal(alice.desk.contacts.get(zoe.session)?.level, 'here');
  assert.ok(alice.desk.contactNews.every(({ level }) => level === 'here'));
});

test('an operator and a site whose accounts cannot be read yet go on as soon as they can', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  const alice = await Operator.hire(stage, 'alice');
  for (const address of [siteAt(demo), accounts]) await crash(stage.node, address);
  // Keepers of accounts made anew remember nobody.
  stage.disk.readFaults.push(...Array.from({ length: 6 }, () => 'refused' as const));
  alice.comes();
  await stage.node.settle();
  assert.equal(code(await alice.say(zoe, 'hi')), 'unavailable');
  await stage.node.advance(5_000);
  assert.deepEqual(alice.desk.texts(), ['first']);
  assert.equal((await alice.says(zoe, 'hi'))?.seq, 2);
  assert.equal(must(await stage.node.call(siteAt(demo), 'describe', {})).online, true);
});

test('after a restart an operator gets his contacts before their lines, at once', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  const alice = await Operator.hire(stage, 'alice');
  for (const address of [zoe.to, roomAt(zoe.room), siteAt(demo)]) await crash(stage.node, address);
  alice.comes();
  await stage.node.settle();
  assert.equal(alice.desk.contacts.has(zoe.session), true);
  await stage.node.advance(5_000);
  assert.equal(alice.desk.contacts.get(zoe.session)?.level, 'gone', 'nobody has heard of him since');
});

test('an answer to one flush is never taken for the answer to another', async (t) => {
  const stage = await staged(t);
  const { node, disk, journal } = stage;
  const answers: string[] = [];
  const append = async (name: string) => {
    const entries = [opened(room(name), 1)];
    const result = must(await node.call(history, 'append', { entries }, { deadlineMs: 60_000 }));
    answers.push(`${name} ${result.type}`);
  };
  // The flush of `a` is given up while the store still has it; `b` and `c` come while it is, each at its own moment.
  disk.stall();
  disk.appendFaults.push('none', 'requestLost');
  const all = [append('a')];
  await node.advance(1_990);
  all.push(append('b'));
  await node.advance(20);
  all.push(append('c'));
  await node.settle();
  disk.resume();
  await node.advance(20_000);
  await Promise.all(all);
  assert.deepEqual(answers.toSorted(), ['a stored', 'b stored', 'c stored']);
  for (const name of ['a', 'b', 'c']) {
    assert.equal(must(await node.call(store, 'tail', { room: room(name) })).pos, 1);
  }
  assert.equal(journal.contents.groups, 0);
});
