// Owns the rule that a message is safe while SQL is away: acknowledged from the journal, and once in SQL afterwards.
// Each danger by name: what is late, what is lost, who ends in the middle, and who else wrote there meanwhile.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Entry, history, journal, newMessageId, roomAt, siteAt, store } from '../../actors/mod.ts';
import { crash } from '../support/breakable.ts';
import {
  chatStage,
  code,
  demo,
  must,
  Operator,
  type Stage,
  type StageOptions,
  Visitor,
} from '../support/chat-stage.ts';
import { said } from '../support/entries.ts';
import { FakeJournal } from '../support/fake-journal.ts';
import { FakeDisk } from '../support/fake-store.ts';

async function staged(t: TestContext, options: StageOptions = {}): Promise<Stage> {
  const stage = await chatStage(options);
  t.after(() => {
    stage.disk.heal();
    stage.journal.heal();
    return stage.node.stop();
  });
  return stage;
}

/** Here, and has said `first`. */
async function chatting(stage: Stage): Promise<Visitor> {
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await zoe.says('k1', 'first');
  await stage.node.settle();
  return zoe;
}

async function texts({ node }: Stage, visitor: Visitor): Promise<readonly string[]> {
  const { messages } = must(await node.call(store, 'load', { room: visitor.room }));
  return messages.map(({ seq, text }) => `${seq} ${text}`);
}

/** Sends, and says how many milliseconds of the stage's time the acknowledgement took. */
async function acknowledgedAfter(stage: Stage, visitor: Visitor, cmid: string): Promise<number> {
  const began = stage.node.monotonic();
  let took: number | null = null;
  const answer = visitor.send(cmid, cmid).then((result) => {
    must(result);
    took = stage.node.monotonic() - began;
  });
  while (took === null && stage.node.monotonic() - began < 10_000) await stage.node.advance(10);
  await answer;
  return took ?? assert.fail('never acknowledged');
}

/** SQL does not answer, and everybody has learned it. */
async function sqlAway(stage: Stage, visitor: Visitor): Promise<void> {
  stage.disk.stall();
  await acknowledgedAfter(stage, visitor, 'learned');
}

async function sqlBack({ disk, node }: Stage): Promise<void> {
  disk.resume();
  await node.advance(1_000);
}

test('while SQL hangs, the first message costs its 2 seconds, and those after it only the journal', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  const yan = new Visitor(stage, 'yan');
  yan.present();
  stage.disk.stall();
  const first = await acknowledgedAfter(stage, zoe, 'k2');
  assert.ok(first >= 1_990 && first <= 2_100, `${first} ms`);
  assert.ok((await acknowledgedAfter(stage, zoe, 'k3')) <= 10);
  assert.ok((await acknowledgedAfter(stage, yan, 'k1')) <= 10, "another visitor's first one too");
  assert.deepEqual(zoe.page.texts(), ['first', 'k2', 'k3']);
  await sqlBack(stage);
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 k2', '3 k3']);
  assert.deepEqual(await texts(stage, yan), ['1 k1']);
  assert.equal(stage.journal.contents.groups, 0);
});

test('a message that comes while a flush hangs waits for that flush, and not for one more', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  stage.disk.stall();
  const first = zoe.send('k2', 'k2');
  await stage.node.advance(1_500);
  assert.ok((await acknowledgedAfter(stage, zoe, 'k3')) <= 600);
  must(await first);
});

for (const fault of ['refused', 'rolledBack', 'doneButRefused'] as const) {
  test(`SQL answers an append with an error (${fault}): it is acknowledged from the journal at once, and there once`, async (t) => {
    const stage = await staged(t);
    const zoe = await chatting(stage);
    stage.disk.appendFaults.push(fault);
    assert.ok((await acknowledgedAfter(stage, zoe, 'k2')) <= 10);
    await stage.node.advance(1_000);
    assert.deepEqual(await texts(stage, zoe), ['1 first', '2 k2']);
    assert.equal(stage.journal.contents.groups, 0);
  });
}

test('SQL is used again within a second after it is back', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  await sqlAway(stage, zoe);
  await stage.node.advance(60_000);
  await sqlBack(stage);
  const { puts } = stage.journal;
  await zoe.says('k3', 'third');
  assert.equal(stage.journal.puts, puts, 'nothing more went to the journal');
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 learned', '3 third']);
});

test('SQL answers late, after the journal took the same: it is there once', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  stage.disk.stall();
  const answer = zoe.send('k2', 'k2');
  await stage.node.advance(2_050);
  must(await answer);
  assert.equal(stage.journal.contents.groups, 1);
  // Everything that SQL was given meanwhile is done now, in order, however late.
  await sqlBack(stage);
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 k2']);
  assert.equal(stage.journal.contents.groups, 0);
});

for (const fault of ['answerLost', 'doneButRefused', 'requestLost', 'refused'] as const) {
  test(`the journal fails once (${fault}): the room says the same again, and it is there once`, async (t) => {
    const stage = await staged(t);
    const zoe = await chatting(stage);
    await sqlAway(stage, zoe);
    stage.journal.putFaults.push(fault);
    const [third, fourth] = [zoe.send('k3', 'third'), zoe.send('k4', 'fourth')];
    await stage.node.advance(3_000);
    assert.deepEqual([must(await third).seq, must(await fourth).seq], [3, 4]);
    await sqlBack(stage);
    assert.deepEqual(await texts(stage, zoe), ['1 first', '2 learned', '3 third', '4 fourth']);
  });
}

test('the journal answers late: the message was taken once, and what came later stands behind it', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  await sqlAway(stage, zoe);
  stage.journal.stall();
  const third = zoe.send('k3', 'third');
  await stage.node.advance(1_500);
  const fourth = zoe.send('k4', 'fourth');
  stage.journal.resume();
  await stage.node.advance(3_000);
  assert.deepEqual([must(await third).seq, must(await fourth).seq], [3, 4]);
  await sqlBack(stage);
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 learned', '3 third', '4 fourth']);
});

test('while the journal holds anything of a room, its next messages go there too, also when SQL is well', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  const yan = new Visitor(stage, 'yan');
  yan.present();
  stage.disk.appendFaults.push('refused');
  await zoe.says('k2', 'second');
  // The journal cannot be read for a moment, so nothing drains.
  stage.journal.callFaults.push(...Array.from({ length: 4 }, () => 'refused' as const));
  await stage.node.advance(60);
  const { puts } = stage.journal;
  await zoe.says('k3', 'third');
  assert.equal(stage.journal.puts, puts + 1);
  await stage.node.advance(5_000);
  await yan.says('k1', 'hello');
  await zoe.says('k4', 'fourth');
  assert.equal(stage.journal.puts, puts + 1, 'both are direct again');
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 second', '3 third', '4 fourth']);
});

test('a room in which somebody always speaks gets out of the journal', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  await sqlAway(stage, zoe);
  stage.disk.resume();
  for (let number = 3; number < 60; number += 1) {
    const answer = zoe.send(`k${number}`, `line ${number}`);
    await stage.node.advance(10);
    assert.equal(must(await answer).seq, number);
  }
  assert.equal(stage.journal.contents.groups, 0);
  const { puts } = stage.journal;
  await zoe.says('last', 'last');
  assert.equal(stage.journal.puts, puts);
});

test('a full journal: the sender gets an error that may be repeated, and the repeat is stored when SQL is back', async (t) => {
  const stage = await staged(t, { journal: new FakeJournal({ bytesMax: 2_000 }) });
  const zoe = await chatting(stage);
  await sqlAway(stage, zoe);
  const answer = zoe.send('big', 'x'.repeat(3_000));
  await stage.node.advance(5_000);
  const refused = await answer;
  assert.deepEqual(refused.ok ? null : [refused.error.code, refused.error.retryable], ['unavailable', true]);
  assert.equal(stage.journal.contents.groups, 1);
  await sqlBack(stage);
  await stage.node.advance(2_000);
  assert.equal((await zoe.says('big', 'x'.repeat(3_000))).seq, 3);
  assert.equal((await zoe.says('next', 'next')).seq, 4);
});

test('the durable writer ends with something in both: nothing acknowledged is lost, nothing is there twice', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  const yan = new Visitor(stage, 'yan');
  yan.present();
  await yan.says('k1', 'hello');
  await sqlAway(stage, zoe);
  const answers = [zoe.send('k3', 'third'), yan.send('k2', 'again')];
  await stage.node.settle();
  await crash(stage.node, history);
  answers.push(zoe.send('k4', 'fourth'));
  await stage.node.advance(5_000);
  for (const answer of answers) must(await answer);
  await crash(stage.node, history, { silent: false });
  await sqlBack(stage);
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 learned', '3 third', '4 fourth']);
  assert.deepEqual(await texts(stage, yan), ['1 hello', '2 again']);
  assert.equal(stage.journal.contents.groups, 0);
});

test('what an earlier life of the durable writer still sends to the journal is refused', async (t) => {
  const stage = await staged(t);
  await chatting(stage);
  const { writer } = must(await stage.node.call(journal, 'begin', {}));
  must(await stage.node.call(journal, 'begin', {}));
  assert.equal(code(await stage.node.call(journal, 'put', { writer, groups: [] })), 'staleWriter');
});

test('a room that ends while SQL is away comes back from the journal and its copy, with every number known', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  // The copy is written some seconds after the first message.
  await stage.node.advance(20_000);
  await sqlAway(stage, zoe);
  await zoe.says('k3', 'third');
  for (const address of [roomAt(zoe.room), zoe.to]) await crash(stage.node, address);
  assert.equal((await zoe.says('k4', 'fourth')).seq, 4);
  assert.equal((await zoe.says('k3', 'third')).seq, 3, 'a repeat is known');
  assert.deepEqual(
    (await zoe.view())?.messages.map(({ text }) => text),
    ['first', 'learned', 'third', 'fourth'],
  );
  await sqlBack(stage);
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 learned', '3 third', '4 fourth']);
});

test('a room whose past cannot be read while SQL is away is unavailable, never empty', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  await sqlAway(stage, zoe);
  stage.node.cast({ name: 'cache' }, 'forgetRoom', { room: zoe.room });
  for (const address of [roomAt(zoe.room), zoe.to]) await crash(stage.node, address);
  const view = stage.node.call(zoe.to, 'view', { site: demo });
  await stage.node.advance(5_000);
  assert.equal(code(await view), 'unavailable');
  await sqlBack(stage);
  assert.deepEqual(
    (await zoe.view())?.messages.map(({ text }) => text),
    ['first', 'learned'],
  );
});

test('after a restart without SQL, a conversation that began in the journal goes on and is offered to operators', async (t) => {
  const [disk, kept] = [await FakeDisk.make(), new FakeJournal()];
  const before = await chatStage({ disk, journal: kept });
  must(await before.node.call(store, 'putSite', { site: siteRecord }));
  await Operator.hire(before, 'alice');
  disk.stall();
  const zoe = new Visitor(before, 'zoe');
  zoe.present();
  await acknowledgedAfter(before, zoe, 'k1');
  disk.heal();
  disk.refuseAll = true;
  await before.node.stop();

  const stage = await staged(t, { disk, journal: kept });
  const again = new Visitor(stage, 'zoe', { fresh: false });
  again.present();
  assert.deepEqual(
    (await again.view())?.messages.map(({ text }) => text),
    ['k1'],
  );
  const alice = Operator.known(stage, 'alice');
  alice.comes();
  await stage.node.advance(2_000);
  assert.deepEqual(alice.desk.texts(), ['k1']);
  assert.equal((await alice.says(again, 'hello'))?.seq, 2);
  assert.deepEqual(again.page.texts(), ['k1', 'hello']);
  disk.refuseAll = false;
  await stage.node.advance(1_000);
  assert.deepEqual(await texts(stage, again), ['1 k1', '2 hello']);
});

test('older pages are read from SQL and journal without a seam', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  for (let number = 2; number <= 60; number += 1) await zoe.says(`k${number}`, `line ${number}`);
  await sqlAway(stage, zoe);
  for (let number = 62; number <= 150; number += 1) await zoe.says(`k${number}`, `line ${number}`);
  // SQL can be read again, but not be written to: so the journal keeps its part.
  stage.disk.resume();
  stage.disk.appendFaults.push(...Array.from({ length: 1_000 }, () => 'refused' as const));
  const seqs = async (before: number | null, after: number | null, limit: number) => {
    const request = { room: zoe.room, before, after, limit };
    const { messages, more } = must(await stage.node.call(history, 'page', request));
    return [messages[0]?.seq, messages.at(-1)?.seq, messages.length, more];
  };
  assert.ok(stage.journal.contents.groups > 0);
  assert.deepEqual(await seqs(null, null, 100), [51, 150, 100, true]);
  assert.deepEqual(await seqs(51, null, 100), [1, 50, 50, false]);
  assert.deepEqual(await seqs(100, null, 10), [90, 99, 10, true]);
  assert.deepEqual(await seqs(null, 40, 50), [41, 90, 50, true]);
  assert.deepEqual(await seqs(null, 100, 100), [101, 150, 50, false]);
  assert.deepEqual(await seqs(null, 0, 10), [1, 10, 10, true]);
});

async function somebodyElseWrote(stage: Stage, visitor: Visitor, text: string): Promise<Entry> {
  const { node } = stage;
  const { pos, seq, fence } = must(await stage.disk.store.call('tail', { room: visitor.room }));
  const { messages } = must(await stage.disk.store.call('load', { room: visitor.room }));
  const foreign: Entry = {
    ...said(visitor.room, pos + 1, seq + 1),
    id: newMessageId(node.now(), new Uint8Array(10)),
    conversation: messages[0]?.conversation as Entry['conversation'],
    cmid: null,
    text,
    fence,
  };
  const stored = must(await stage.disk.store.call('append', { groups: [[foreign]] }));
  assert.deepEqual(stored.outcomes, [{ type: 'stored' }]);
  return foreign;
}

test('a number that was taken meanwhile: the next free one, the same id, and everybody is told again', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  const alice = await Operator.hire(stage, 'alice');
  alice.comes();
  await stage.node.advance(1_000);
  await sqlAway(stage, zoe);
  const third = await zoe.says('k3', 'third');
  await alice.says(zoe, 'answer');
  await stage.node.settle();
  await somebodyElseWrote(stage, zoe, 'from elsewhere');
  await sqlBack(stage);
  zoe.present();
  await stage.node.advance(11_000);
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 from elsewhere', '3 learned', '4 third', '5 answer']);
  assert.deepEqual(zoe.page.texts(), ['first', 'from elsewhere', 'learned', 'third', 'answer']);
  assert.equal(zoe.page.shown.find(({ text }) => text === 'third')?.id, third.id);
  assert.ok(alice.desk.texts().includes('from elsewhere'));
  assert.equal((await zoe.says('k3', 'third')).id, third.id, 'a repeat finds it under its new number');
  assert.equal((await zoe.says('k6', 'next')).seq, 6);
});

test('what SQL knows as said before is dropped, and what stood behind it moves up', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  for (let number = 2; number <= 80; number += 1) await zoe.says(`k${number}`, `line ${number}`);
  // The room made anew does not remember k2, and SQL cannot be asked.
  await stage.node.advance(20_000);
  await crash(stage.node, roomAt(zoe.room));
  await zoe.view();
  await sqlAway(stage, zoe);
  await zoe.says('k2', 'line 2');
  await zoe.says('new', 'new');
  await sqlBack(stage);
  assert.deepEqual((await texts(stage, zoe)).slice(-3), ['80 line 80', '81 learned', '82 new']);
  zoe.present();
  await stage.node.advance(1_000);
  assert.deepEqual(zoe.page.texts().slice(-2), ['learned', 'new']);
});

test('what SQL refuses for ever is kept aside, and what stood behind it is stored', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  await sqlAway(stage, zoe);
  await zoe.says('k3', 'third');
  stage.disk.refusedTexts.add('learned');
  await sqlBack(stage);
  assert.deepEqual(await texts(stage, zoe), ['1 first', '2 third']);
  assert.deepEqual([stage.journal.contents.groups, stage.journal.contents.aside], [0, 1]);
});

test('marks that SQL did not take survive the durable writer, and are written when SQL is back', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  const alice = await Operator.hire(stage, 'alice');
  alice.comes();
  await stage.node.advance(1_000);
  await sqlAway(stage, zoe);
  await zoe.says('k3', 'third');
  alice.confirm(zoe.room, 3);
  await stage.node.advance(6_000);
  await crash(stage.node, history);
  await stage.node.settle();
  const asked = () => stage.node.call(history, 'marks', { operator: alice.name, rooms: [zoe.room] });
  stage.disk.resume();
  await stage.node.advance(10_000);
  assert.deepEqual(must(await asked()).marks, [{ room: zoe.room, seq: 3 }]);
  const { marks } = must(await stage.node.call(store, 'marks', { operator: alice.name, rooms: [zoe.room] }));
  assert.deepEqual(marks, [{ room: zoe.room, seq: 3 }]);
});

test('a site that cannot be read whole offers what it knows, and the rest when SQL is back', async (t) => {
  const stage = await staged(t);
  const zoe = await chatting(stage);
  const yan = new Visitor(stage, 'yan');
  yan.present();
  await yan.says('k1', 'waiting');
  const alice = await Operator.hire(stage, 'alice');
  await stage.node.advance(20_000);
  await sqlAway(stage, zoe);
  await crash(stage.node, siteAt(demo));
  alice.comes();
  const spoken = zoe.send('k3', 'third');
  await stage.node.advance(4_000);
  must(await spoken);
  await stage.node.advance(4_000);
  assert.ok(alice.desk.texts().includes('third'));
  await sqlBack(stage);
  await stage.node.advance(3_000);
  assert.deepEqual([...alice.desk.contacts.keys()].toSorted(), [yan.session, zoe.session].toSorted());
});

const siteRecord = {
  id: demo,
  name: 'Site demo',
  origins: [],
  theme: { color: '#336699', mode: 'auto' },
  locale: 'en',
  routing: 'firstAnswer',
  keepQueryStrings: false,
  identitySecret: null,
  createdAt: 0,
} as const;
