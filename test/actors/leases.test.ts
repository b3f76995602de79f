// Owns the proof that a visitor is one node's at a time: what a lease allows, what its end forbids, what a copy may say.
// The cache is in the test's hand and the clock stands still; Redis itself is proved elsewhere.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type ChatMessage, type Lease, roomAt, store } from '../../actors/mod.ts';
import { crash } from '../support/breakable.ts';
import { chatStage, code, demo, must, type Stage, Visitor } from '../support/chat-stage.ts';
import { FakeTiers } from '../support/fake-cache.ts';

const ttlMs = 30_000;
const held = (fence: number, ms: number | null = ttlMs): Lease => ({ type: 'held', fence, ttlMs: ms });

async function staged(t: TestContext, lease: Lease) {
  const tiers = new FakeTiers();
  tiers.lease = lease;
  const stage = await chatStage({ tiers });
  t.after(() => stage.node.stop());
  return { stage, tiers };
}

async function chatting(stage: Stage): Promise<Visitor> {
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await zoe.says('k1', 'first');
  await stage.node.advance(2_000);
  return zoe;
}

async function ended(stage: Stage, zoe: Visitor): Promise<void> {
  await crash(stage.node, zoe.to);
  await crash(stage.node, roomAt(zoe.room));
  await stage.node.settle();
}

async function stored(stage: Stage, zoe: Visitor): Promise<readonly string[]> {
  return must(await stage.node.call(store, 'load', { room: zoe.room })).messages.map(({ text }) => text);
}

test("another node's visitor is unavailable here, and served once that node's lease has ended", async (t) => {
  const { stage, tiers } = await staged(t, held(5));
  const zoe = await chatting(stage);
  await ended(stage, zoe);
  tiers.lease = { type: 'elsewhere' };
  const view = () => stage.node.call(zoe.to, 'view', { site: demo });
  assert.equal(code(await view()), 'unavailable');
  assert.equal(code(await zoe.send('k2', 'second')), 'unavailable');
  assert.deepEqual(await stored(stage, zoe), ['first']);
  tiers.lease = held(9);
  assert.equal((await zoe.says('k2', 'second')).seq, 2);
  assert.deepEqual(await stored(stage, zoe), ['first', 'second']);
});

test('entries bear a fence that is at least the lease’s, and above that of whoever wrote before', async (t) => {
  const { stage, tiers } = await staged(t, held(50));
  const zoe = await chatting(stage);
  await zoe.says('k2', 'second');
  const fence = async () => must(await stage.node.call(store, 'tail', { room: zoe.room })).fence;
  assert.equal(await fence(), 50);
  await ended(stage, zoe);
  await zoe.says('k3', 'third');
  assert.equal(await fence(), 51, 'the same owner in another life');
  await ended(stage, zoe);
  tiers.lease = held(900);
  await zoe.says('k4', 'fourth');
  assert.equal(await fence(), 900);
});

test('a lease is renewed from the ticks, and while it is a line is stored at once', async (t) => {
  const { stage, tiers } = await staged(t, held(5));
  const zoe = await chatting(stage);
  for (let minute = 0; minute < 3; minute++) {
    zoe.present();
    await stage.node.advance(60_000);
    assert.ok((await zoe.says(`m${minute}`, `minute ${minute}`)).seq > 1);
  }
  assert.ok(tiers.renewals >= 6, `${tiers.renewals} renewals in three minutes`);
  assert.ok(tiers.renewals <= 30, `${tiers.renewals} renewals in three minutes`);
});

test('after the lease has ended nothing is stored until it was renewed; then everything is, in order and once', async (t) => {
  const { stage, tiers } = await staged(t, held(5));
  const zoe = await chatting(stage);
  tiers.lease = 'silent';
  await stage.node.advance(29_000);
  const before = stage.disk.appends + stage.disk.calls.length;
  await stage.node.advance(3_000);
  const sent = [zoe.send('k2', 'second'), zoe.send('k3', 'third')];
  await stage.node.advance(1_000);
  assert.deepEqual(await stored(stage, zoe), ['first']);
  assert.ok(stage.disk.calls.slice(before).every((name) => name !== 'append'));
  tiers.lease = held(5);
  await stage.node.advance(3_000);
  assert.deepEqual(
    (await Promise.all(sent)).map((answer) => must(answer).seq),
    [2, 3],
  );
  assert.deepEqual(await stored(stage, zoe), ['first', 'second', 'third']);
});

test('a sender is told soon when the lease does not come back, and his repeat is not stored twice', async (t) => {
  const { stage, tiers } = await staged(t, held(5));
  const zoe = await chatting(stage);
  tiers.lease = 'silent';
  await stage.node.advance(32_000);
  const answer = zoe.send('k2', 'second');
  await stage.node.advance(5_000);
  assert.equal(code(await answer), 'unavailable');
  tiers.lease = held(5);
  const again = zoe.send('k2', 'second');
  await stage.node.advance(3_000);
  assert.equal(must(await again).seq, 2);
  assert.deepEqual(await stored(stage, zoe), ['first', 'second']);
});

test('an owner who learns that another has his visitor stores nothing more, and says so to whoever waits', async (t) => {
  const { stage, tiers } = await staged(t, held(5));
  const zoe = await chatting(stage);
  tiers.lease = 'silent';
  await stage.node.advance(32_000);
  const answer = zoe.send('k2', 'second');
  await stage.node.settle();
  tiers.lease = { type: 'elsewhere' };
  await stage.node.advance(3_000);
  assert.equal(code(await answer), 'unavailable');
  assert.deepEqual(await stored(stage, zoe), ['first']);
});

test('an owner counts from before his request: what was slow to come ends no later', async (t) => {
  const { stage, tiers } = await staged(t, held(5));
  const zoe = await chatting(stage);
  await ended(stage, zoe);
  tiers.answerMs = 200;
  tiers.lease = held(6, 1_000);
  const view = zoe.view();
  await stage.node.advance(500);
  await view;
  tiers.lease = 'silent';
  await stage.node.advance(710);
  void zoe.send('k2', 'second');
  await stage.node.advance(100);
  assert.deepEqual(await stored(stage, zoe), ['first']);
});

test('a node that is alone goes on from memory when who keeps the leases is lost', async (t) => {
  const { stage, tiers } = await staged(t, held(5, null));
  const zoe = await chatting(stage);
  tiers.lease = 'silent';
  await stage.node.advance(120_000);
  const answer = zoe.send('k2', 'second');
  await stage.node.advance(1_000);
  assert.equal(must(await answer).seq, 2);
});

test('a node whose leases nobody gave asks for them when who keeps them is back', async (t) => {
  const { stage, tiers } = await staged(t, { type: 'free', kept: true });
  const zoe = await chatting(stage);
  tiers.lease = held(70);
  await stage.node.advance(40_000);
  await zoe.says('k2', 'second');
  assert.equal(must(await stage.node.call(store, 'tail', { room: zoe.room })).fence, 70);
});

test('a node that leaves gives its leases back; an actor that is only put away does not', async (t) => {
  const { stage, tiers } = await staged(t, held(5));
  const zoe = await chatting(stage);
  await stage.node.advance(2_000);
  await crash(stage.node, zoe.to, { silent: false });
  assert.equal(tiers.released.length, 0);
  await stage.node.stop();
  assert.ok(tiers.released.includes(5));
});

test('a copy that may be out of date and says `never chatted` hides no conversation', async (t) => {
  const { stage, tiers } = await staged(t, held(5));
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await stage.node.advance(20_000);
  const stale = tiers.sessions.get(zoe.session);
  assert.equal(stale?.chatted, false);
  await zoe.says('k1', 'first');
  await ended(stage, zoe);
  // The cache missed the write, and knows that it may have.
  if (stale !== undefined) tiers.sessions.set(zoe.session, stale);
  tiers.verified = false;
  assert.equal((await zoe.view())?.lastSeq, 1);
});

test('a copy that is sure and says `never chatted` costs no look at the store', async (t) => {
  const { stage } = await staged(t, held(5));
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await stage.node.advance(20_000);
  await crash(stage.node, zoe.to);
  zoe.fresh = false;
  stage.disk.calls.length = 0;
  assert.equal(await zoe.view(), null);
  assert.deepEqual(stage.disk.calls, []);
});

test('before the first message is said the copy no longer says `never chatted`', async (t) => {
  const { stage, tiers } = await staged(t, held(5));
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await stage.node.advance(20_000);
  stage.disk.stall();
  const said = zoe.send('k1', 'first');
  await stage.node.settle();
  assert.equal(tiers.sessions.get(zoe.session)?.chatted, true);
  stage.disk.resume();
  assert.equal(must(await said).seq, 1);
});

test('a cache that does not answer holds the first message up for a quarter of a second and no longer, in order', async (t) => {
  const { stage, tiers } = await staged(t, held(5, null));
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await stage.node.advance(20_000);
  tiers.lease = 'silent';
  const both = Promise.all([zoe.send('k1', 'first'), zoe.send('k2', 'second')]);
  await stage.node.advance(251);
  assert.deepEqual(
    (await both).map((answer) => must(answer).seq),
    [1, 2],
  );
});

for (const [sure, expected] of [
  [true, 'ok'],
  [false, 'unavailable'],
] as const) {
  test(`while SQL is away a room opens from a copy that is ${sure ? 'sure' : 'not sure: it does not'}`, async (t) => {
    const { stage, tiers } = await staged(t, held(5));
    const zoe = await chatting(stage);
    await stage.node.advance(2_000);
    await ended(stage, zoe);
    tiers.verified = sure;
    stage.disk.readFaults.push('refused', 'refused', 'refused');
    const view = await stage.node.call(zoe.to, 'view', { site: demo });
    assert.equal(code(view), expected);
    if (view.ok)
      assert.deepEqual(
        view.value.conversation?.messages.map(({ text }) => text),
        ['first'],
      );
  });
}

test('a line is in the copy a second after its commit, and many lines are one write', async (t) => {
  const { stage, tiers } = await staged(t, held(5));
  const zoe = await chatting(stage);
  tiers.roomWrites = 0;
  for (let number = 2; number <= 20; number++) await zoe.says(`k${number}`, `line ${number}`);
  await stage.node.advance(1_000);
  assert.equal(tiers.rooms.get(zoe.room)?.past.seq, 20);
  assert.equal(tiers.roomWrites, 1);
});

test('opening a conversation from a warm cache costs one look at the store, for its last numbers', async (t) => {
  const { stage } = await staged(t, held(5));
  const zoe = await chatting(stage);
  await stage.node.advance(2_000);
  await ended(stage, zoe);
  stage.disk.calls.length = 0;
  assert.equal((await zoe.view())?.lastSeq, 1);
  assert.deepEqual(stage.disk.calls, ['tail']);
});

test('paging back past the last 75 has no seam, and what was read once costs the store nothing more', async (t) => {
  const { stage } = await staged(t, held(5));
  const zoe = await chatting(stage);
  for (let number = 2; number <= 230; number++) await zoe.says(`k${number}`, `line ${number}`);
  const back = async (limit: number) => {
    const seqs: number[] = [];
    let before: number | null = null;
    for (;;) {
      const page: { readonly messages: readonly ChatMessage[]; readonly more: boolean } = must(
        await stage.node.call(zoe.to, 'history', { site: demo, before, limit }),
      );
      seqs.unshift(...page.messages.map(({ seq }) => seq));
      const first: number = page.messages[0]?.seq ?? 1;
      assert.equal(page.more, first > 1);
      if (!page.more) return seqs;
      before = first;
    }
  };
  const all = Array.from({ length: 230 }, (_, index) => index + 1);
  stage.disk.calls.length = 0;
  assert.deepEqual(await back(40), all);
  const reads = stage.disk.calls.filter((name) => name === 'page').length;
  assert.ok(reads >= 1 && reads <= 4, `${reads} reads for four blocks`);
  stage.disk.calls.length = 0;
  for (const limit of [1, 7, 50, 100]) assert.deepEqual(await back(limit), all);
  assert.deepEqual(stage.disk.calls, []);
});
