// Owns the proof that what comes to the durable writer in one moment is one write, and what that may not change: the
// order of a room, each sender's own answer, and that nothing is said to be kept which is not.
// The store and the journal are real; what the writer sends them is counted.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { newHistoryState } from '../../actors/history-state.ts';
import { append as takeAppend } from '../../actors/history-writing.ts';
import { flushGroupsMax } from '../../actors/limits.ts';
import { type Entry, history, store } from '../../actors/mod.ts';
import type { Context, From } from '../../runtime/mod.ts';
import { crash } from '../support/breakable.ts';
import { chatStage, must, type Stage } from '../support/chat-stage.ts';
import { opened, room, said } from '../support/entries.ts';

async function staged(t: TestContext): Promise<Stage> {
  const stage = await chatStage();
  t.after(() => {
    stage.disk.heal();
    stage.journal.heal();
    return stage.node.stop();
  });
  await stage.node.settle();
  return stage;
}

function appends({ disk }: Stage): number {
  return disk.calls.filter((name) => name === 'append').length;
}

function append({ node }: Stage, ...entries: readonly Entry[]) {
  return node.call(history, 'append', { entries });
}

async function tailOf({ node }: Stage, of: ReturnType<typeof room>): Promise<number> {
  return must(await node.call(store, 'tail', { room: of })).pos;
}

/** Longer than the pause before a writer is started again. */
const restartMs = 1_000;
const many = Array.from({ length: 20 }, (_, index) => room(`guest${index}`));
const [first = room('guest0'), second = room('guest1')] = many;

test('lines that come in the same moment are one write, and each sender gets its own answer', async (t) => {
  const stage = await staged(t);
  const before = appends(stage);
  const gap = append(stage, opened(room('gap'), 5));
  const answers = await Promise.all(many.map((of) => append(stage, opened(of, 1))));
  assert.deepEqual(new Set(answers.map((answer) => must(answer).type)), new Set(['stored']));
  assert.equal(must(await gap).type, 'conflict');
  assert.equal(appends(stage) - before, 1);
});

test('of more lines than one write takes, the first of them do not wait for the last', async (t) => {
  const stage = await staged(t);
  const before = appends(stage);
  const crowd = Array.from({ length: flushGroupsMax + 44 }, (_, index) => room(`crowd${index}`));
  const answers = await Promise.all(crowd.map((of) => append(stage, opened(of, 1))));
  for (const answer of answers) assert.equal(must(answer).type, 'stored');
  assert.equal(appends(stage) - before, 2);
});

test('lines of one room that come in the same moment are stored in their order', async (t) => {
  const stage = await staged(t);
  const before = appends(stage);
  const answers = await Promise.all([
    append(stage, opened(first, 1)),
    append(stage, opened(second, 1)),
    append(stage, said(first, 2, 1), said(first, 3, 2)),
    append(stage, said(first, 4, 3)),
  ]);
  assert.deepEqual(
    answers.map((answer) => must(answer)),
    Array(4).fill({ type: 'stored' }),
  );
  assert.deepEqual([appends(stage) - before, await tailOf(stage, first)], [1, 4]);
});

test('what comes while a write is under way is the next one', async (t) => {
  const stage = await staged(t);
  const before = appends(stage);
  stage.disk.stall();
  const all = [append(stage, opened(first, 1))];
  await stage.node.settle();
  for (const of of many.slice(1)) {
    all.push(append(stage, opened(of, 1)));
    await stage.node.settle();
  }
  stage.disk.resume();
  for (const answer of await Promise.all(all)) assert.equal(must(answer).type, 'stored');
  assert.equal(appends(stage) - before, 2);
});

test('while SQL is away, lines of the same moment are one sync of the journal', async (t) => {
  const stage = await staged(t);
  stage.disk.refuseAll = true;
  assert.deepEqual(must(await append(stage, opened(first, 1))), { type: 'stored', inJournal: true });
  const before = stage.journal.puts;
  const answers = await Promise.all(many.slice(1).map((of) => append(stage, opened(of, 1))));
  for (const answer of answers) assert.deepEqual(must(answer), { type: 'stored', inJournal: true });
  assert.equal(stage.journal.puts - before, 1);
  stage.disk.refuseAll = false;
});

test('a durable writer that ends before it sent what it took has told nobody that it is kept', async (t) => {
  const stage = await staged(t);
  const before = appends(stage);
  const lost = many.map((of) => append(stage, opened(of, 1)));
  // Behind them in its mailbox, and before what it would do about them.
  await crash(stage.node, history);
  for (const answer of await Promise.all(lost)) assert.equal(answer.ok, false);
  assert.equal(appends(stage) - before, 0);
  await stage.node.advance(restartMs);
  const answers = await Promise.all(many.map((of) => append(stage, opened(of, 1))));
  for (const answer of answers) assert.equal(must(answer).type, 'stored');
  for (const of of many) assert.equal(await tailOf(stage, of), 1);
});

test('a durable writer whose mailbox is full sends what it took at once', () => {
  const sent: string[] = [];
  const context: Partial<Context> = {
    pressure: () => 1,
    cast: () => assert.fail('a full mailbox takes nothing'),
    count: () => undefined,
    ask: (_to, name) => void sent.push(name),
  };
  const state = Object.assign(newHistoryState(), { writer: 1 });
  takeAppend(state, { entries: [opened(first, 1)] }, context as Context, {} as From<never>);
  assert.deepEqual(sent, ['append']);
});
