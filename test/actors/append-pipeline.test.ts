// Owns the rule of one room's way to the store, outcome by outcome: what may be acknowledged, what must be repeated.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppendPipeline } from '../../actors/append-pipeline.ts';
import type { Entry } from '../../actors/mod.ts';
import { room, said } from '../support/entries.ts';

const first = said(room('x'), 1, 1);
const repeat = { type: 'repeat', entry: first } as const;
const stored = { type: 'stored' } as const;
const behind = { type: 'behind' } as const;
const conflict = { type: 'conflict' } as const;
const maybe = { type: 'failed', code: 'unavailable', retryable: true } as const;
const never = { type: 'failed', code: 'tooLarge', retryable: false } as const;

/** A pipeline of three messages that were sent. */
function three() {
  const pipeline = new AppendPipeline<string>();
  for (const number of [1, 2, 3]) pipeline.add(`w${number}`, [said(room('x'), number, number)]);
  const [a, b, c] = pipeline.take();
  assert.ok(a && b && c);
  return { pipeline, a, b, c };
}

function settled(pipeline: AppendPipeline<string>): readonly string[] {
  const seen: string[] = [];
  for (let one = pipeline.settle(); one !== null && seen.length < 9; one = pipeline.settle()) {
    seen.push(one.type === 'conflict' ? 'conflict' : `${one.type} ${one.group.wish}`);
  }
  return seen;
}

const sameAgain = (pipeline: AppendPipeline<string>) => pipeline.take().map(({ entries }) => (entries[0] as Entry).seq);

test('what is stored is acknowledged in order, also when the answers come in another', () => {
  const { pipeline, a, b, c } = three();
  pipeline.answered(b, stored);
  pipeline.answered(c, stored);
  assert.deepEqual(settled(pipeline), []);
  pipeline.answered(a, stored);
  assert.deepEqual(settled(pipeline), ['stored w1', 'stored w2', 'stored w3']);
  assert.ok(pipeline.idle);
});

test('new messages are sent while others are under way, as long as all is well', () => {
  const { pipeline, a } = three();
  pipeline.add('w4', [said(room('x'), 4, 4)]);
  assert.deepEqual(sameAgain(pipeline), [4]);
  pipeline.answered(a, maybe);
  pipeline.add('w5', [said(room('x'), 5, 5)]);
  assert.deepEqual(sameAgain(pipeline), [], 'not past an outcome that nobody knows');
});

for (const [name, outcome] of [
  ['no answer', null],
  ['a failure that may pass', maybe],
] as const) {
  test(`after ${name} nothing later is acknowledged, and all that is not known is said again with its number`, () => {
    const { pipeline, a, b, c } = three();
    pipeline.answered(a, outcome);
    assert.equal(pipeline.step(), 'wait', 'the others are still under way');
    pipeline.answered(b, behind);
    pipeline.answered(c, conflict);
    assert.deepEqual([settled(pipeline), pipeline.step()], [[], 'backOff']);
    pipeline.again();
    assert.deepEqual(sameAgain(pipeline), [1, 2, 3]);
    for (const group of [a, b, c]) pipeline.answered(group, stored);
    assert.deepEqual(settled(pipeline), ['stored w1', 'stored w2', 'stored w3']);
  });
}

test('one that is known to be stored is not sent again with the unknown one before it', () => {
  const { pipeline, a, b, c } = three();
  pipeline.answered(a, null);
  pipeline.answered(b, stored);
  pipeline.answered(c, null);
  pipeline.again();
  assert.deepEqual(sameAgain(pipeline), [1, 3]);
});

for (const [name, outcome] of [
  ['a repeat of something older', repeat],
  ['what can never be stored', never],
] as const) {
  test(`${name} leaves its number to what stood behind it, once nothing is under way`, () => {
    const { pipeline, a, b, c } = three();
    pipeline.answered(a, outcome);
    assert.deepEqual(settled(pipeline), ['rejected w1']);
    assert.equal(pipeline.step(), 'wait');
    pipeline.answered(b, behind);
    pipeline.answered(c, null);
    assert.equal(pipeline.step(), 'compose');
    let number = 0;
    assert.ok(
      pipeline.composeAnew(() => {
        number += 1;
        return [said(room('x'), number, number)];
      }),
    );
    assert.deepEqual(sameAgain(pipeline), [1, 2]);
  });
}

test('one that was stored behind one that was not means another owner', () => {
  const { pipeline, a, b, c } = three();
  pipeline.answered(a, repeat);
  settled(pipeline);
  pipeline.answered(b, stored);
  pipeline.answered(c, behind);
  assert.equal(
    pipeline.composeAnew(() => []),
    false,
  );
});

test('a conflict at the head means another owner; behind an unknown one it only means that it could not follow', () => {
  const { pipeline, a, b, c } = three();
  pipeline.answered(a, stored);
  pipeline.answered(b, conflict);
  pipeline.answered(c, behind);
  assert.equal(pipeline.settle()?.type, 'stored');
  assert.equal(pipeline.settle()?.type, 'conflict');
});

test('what needs no entry is answered when all before it are', () => {
  const { pipeline, a, b, c } = three();
  pipeline.add('nothing to write', []);
  assert.deepEqual(sameAgain(pipeline), []);
  for (const group of [a, b, c]) pipeline.answered(group, stored);
  assert.deepEqual(settled(pipeline).at(-1), 'stored nothing to write');
});
