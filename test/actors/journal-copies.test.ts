// Owns the rules about copies while SQL is away: a message of the journal is in the copy that the next owner goes on from
// before anybody relies on it, and no copied page outlives a change of the numbers in it.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Entry, newMessageId, roomAt } from '../../actors/mod.ts';
import { chatStage, must, type Stage, Visitor } from '../support/chat-stage.ts';
import { said } from '../support/entries.ts';
import { FakeTiers } from '../support/fake-cache.ts';

const cacheMs = 250;

async function staged(t: TestContext) {
  const tiers = new FakeTiers();
  tiers.lease = { type: 'held', fence: 5, ttlMs: null };
  const stage = await chatStage({ tiers });
  t.after(() => {
    stage.disk.heal();
    return stage.node.stop();
  });
  const zoe = new Visitor(stage, 'zoe');
  zoe.present();
  await zoe.says('k1', 'first');
  await stage.node.settle();
  return { stage, tiers, zoe };
}

/** Of the stage's time, from what was said to its acknowledgement. */
async function acknowledgedAfter(stage: Stage, visitor: Visitor, text: string): Promise<number> {
  const began = stage.node.monotonic();
  let took: number | null = null;
  const answer = visitor.says(text, text).then(() => {
    took = stage.node.monotonic() - began;
  });
  await stage.node.settle();
  while (took === null && stage.node.monotonic() - began < 10_000) await stage.node.advance(10);
  await answer;
  return took ?? assert.fail('never acknowledged');
}

test('a message that only the journal has is in the copy before its sender is told, for whoever owns the room next', async (t) => {
  const { stage, tiers, zoe } = await staged(t);
  stage.disk.refuseAll = true;
  for (const text of ['second', 'third']) {
    await zoe.says(text, text);
    assert.equal(tiers.rooms.get(zoe.room)?.past.messages.at(-1)?.text, text);
  }
});

test('a cache that is silent holds up the acknowledgement of what the journal has no longer than its budget', async (t) => {
  const { stage, tiers, zoe } = await staged(t);
  stage.disk.refuseAll = true;
  tiers.lease = 'silent';
  const took = await acknowledgedAfter(stage, zoe, 'second');
  assert.ok(took > 0 && took <= cacheMs + 10, `${took} ms`);
});

test('what SQL has is acknowledged without a word from the cache', async (t) => {
  const { stage, tiers, zoe } = await staged(t);
  tiers.lease = 'silent';
  assert.equal(await acknowledgedAfter(stage, zoe, 'second'), 0);
});

test('pages that were copied are forgotten where messages get other numbers, and kept where they do not', async (t) => {
  const { stage, tiers, zoe } = await staged(t);
  const page = async (before: number) => {
    const request = { before, limit: 50 };
    const { messages } = must(await stage.node.call(roomAt(zoe.room), 'history', request));
    await stage.node.settle();
    return messages.map(({ seq, text }) => `${seq} ${text}`);
  };
  for (let number = 2; number <= 60; number += 1) await zoe.says(`k${number}`, `line ${number}`);
  // SQL takes nothing more, and can be read: the journal has what follows, and pages of it are copied.
  stage.disk.appendFaults.push(...Array.from({ length: 1_000 }, () => 'refused' as const));
  for (let number = 61; number <= 180; number += 1) await zoe.says(`k${number}`, `line ${number}`);
  assert.equal((await page(101))[10], '61 line 61');
  assert.equal((await page(51))[10], '11 line 11');
  assert.deepEqual([...tiers.blocks.keys()].toSorted(), [`${zoe.room} 0`, `${zoe.room} 1`]);

  await somebodyElseWrote(stage, zoe, 'from elsewhere');
  stage.disk.appendFaults.splice(0);
  await stage.node.advance(3_000);
  assert.deepEqual([...tiers.blocks.keys()], [`${zoe.room} 0`]);
  assert.deepEqual((await page(101)).slice(9, 12), ['60 line 60', '61 from elsewhere', '62 line 61']);
});

async function somebodyElseWrote({ disk, node }: Stage, { room }: Visitor, text: string): Promise<void> {
  const { pos, seq, fence } = must(await disk.store.call('tail', { room }));
  const { messages } = must(await disk.store.call('load', { room }));
  const foreign: Entry = {
    ...said(room, pos + 1, seq + 1),
    id: newMessageId(node.now(), new Uint8Array(10)),
    conversation: messages[0]?.conversation as Entry['conversation'],
    cmid: null,
    text,
    fence,
  };
  assert.deepEqual(must(await disk.store.call('append', { groups: [[foreign]] })).outcomes, [{ type: 'stored' }]);
}
