// Owns the stories in which the server is killed in the middle of a sentence: who said what must be there once, for both.
// The moment of death is swept, so that it falls before, during and after the commit.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sleep } from '../../bench/mod.ts';
import { needs } from '../support/needs.ts';
import type { ChatEvent, StoryOperator } from '../support/story-operator.ts';
import { contactOf, Stage } from '../support/story-stage.ts';
import { StoryVisitor } from '../support/story-visitor.ts';

const skip = needs('slixmpp');
const page = { url: 'https://shop.example/cart', title: 'Cart' };
/** How long after the words leave their sender the server dies. */
const deathsAfterMs = [0, 2, 5, 10, 30];

let stage: Stage;
before(async () => {
  if (skip === false) stage = await Stage.raise();
});
after(async () => {
  if (skip === false) await stage.curtain();
});

function assertSameMessages(visitor: StoryVisitor, operator: StoryOperator): void {
  const all = visitor.messages();
  assert.deepEqual(
    all.map((message) => message.seq),
    all.map((_, index) => index + 1),
    'the visitor has every seq once',
  );
  const said = all.filter((message) => message.from.kind === 'visitor');
  const heard = operator.chat().filter((message: ChatEvent) => message.from.startsWith(visitor.session));
  assert.deepEqual(
    heard.map(({ id, body }) => ({ id, body })),
    said.map(({ id, text }) => ({ id, body: text })),
    'the operator has every message of the visitor once, in order',
  );
}

test('a server killed between a visitor’s message and its answer has it once, for both sides, in order', {
  skip,
}, async () => {
  const operator = await stage.operator('anna');
  const visitor = stage.enters(new StoryVisitor(() => stage.node.url));
  await visitor.comes(page);
  await visitor.says('hello');
  await operator.hears('hello');
  for (const ms of deathsAfterMs) {
    const said = visitor.says(`said ${ms} ms before the end`);
    await sleep(ms);
    await stage.nodeIsKilled();
    await stage.nodeComesBack();
    await operator.comesBack();
    await said;
    await operator.hears(`said ${ms} ms before the end`);
  }
  assertSameMessages(visitor, operator);
  assert.equal(new Set(visitor.texts()).size, deathsAfterMs.length + 1);
});

test('a server killed between an operator’s message and its answer has it once, for both sides, in order', {
  skip,
}, async () => {
  const operator = await stage.operator('boris');
  const visitor = stage.enters(new StoryVisitor(() => stage.node.url));
  await visitor.comes(page);
  await visitor.says('is anybody there?');
  await operator.hears('is anybody there?');
  const contact = contactOf(stage.node, visitor.session);
  await operator.kept(operator.says(contact, 'I am'));
  for (const ms of deathsAfterMs) {
    const id = operator.says(contact, `answered ${ms} ms before the end`);
    await sleep(ms);
    await stage.nodeIsKilled();
    await stage.nodeComesBack();
    await operator.comesBack();
    await operator.kept(id);
    await visitor.hears(`answered ${ms} ms before the end`);
  }
  assertSameMessages(visitor, operator);
  const answers = visitor.messages().filter((message) => message.from.kind === 'operator');
  assert.deepEqual(
    answers.map((message) => message.text),
    ['I am', ...deathsAfterMs.map((ms) => `answered ${ms} ms before the end`)],
  );
});

test('a server killed while both sides speak has every message once, for both sides, in order', { skip }, async () => {
  const operator = await stage.operator('clara');
  const visitor = stage.enters(new StoryVisitor(() => stage.node.url));
  await visitor.comes(page);
  await visitor.says('opening');
  await operator.hears('opening');
  const contact = contactOf(stage.node, visitor.session);
  await operator.kept(operator.says(contact, 'at your service'));
  const said = [1, 2, 3].map((number) => visitor.says(`question ${number}`));
  const answered = [1, 2, 3].map((number) => operator.says(contact, `answer ${number}`));
  await visitor.hears('answer 1');
  await stage.nodeIsKilled();
  await stage.nodeComesBack();
  await operator.comesBack();
  await Promise.all(said);
  for (const id of answered) await operator.kept(id);
  for (const number of [1, 2, 3]) {
    await visitor.hears(`answer ${number}`);
    await operator.hears(`question ${number}`);
  }
  assertSameMessages(visitor, operator);
  assert.equal(visitor.texts().length, new Set(visitor.texts()).size);
  assert.equal(visitor.texts().length, 8);
});
