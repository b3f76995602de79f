// Owns the stories in which one side is not there: what is said waits, and is told later with the time it was said.
// It covers an empty desk and a visitor who has left; the page's own form is another story's.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../../bench/mod.ts';
import { needs } from '../support/needs.ts';
import { contactOf, Stage } from '../support/story-stage.ts';
import { StoryVisitor } from '../support/story-visitor.ts';

const skip = needs('slixmpp');
const page = { url: 'https://shop.example/', title: 'Shop' };

let stage: Stage;
before(async () => {
  if (skip === false) stage = await Stage.raise();
});
after(async () => {
  if (skip === false) await stage.curtain();
});

test('what was said to an empty desk waits for the operator who comes, with the time it was said', {
  skip,
}, async () => {
  const operator = await stage.hires('dora');
  const visitor = stage.enters(new StoryVisitor(() => stage.node.url));
  await visitor.comes(page);
  assert.equal(visitor.online, false, 'nobody is online');
  const first = await visitor.says('is anybody there?');
  await visitor.says('please write to me');

  await stage.logsIn(operator);
  const heard = await operator.hears('is anybody there?');
  await operator.hears('please write to me');
  assert.equal(heard.id, first.id);
  assert.ok(heard.delay !== null, 'it bears the time it was said');
  assert.ok(Math.abs(Date.parse(heard.delay) - Date.parse(first.at)) < 1_500, `${heard.delay} is near ${first.at}`);
  assert.deepEqual(
    operator.chat().map((message) => message.body),
    ['is anybody there?', 'please write to me'],
  );
  await until(() => visitor.online, { what: 'the visitor to see that somebody is online', deadlineMs: 10_000 });

  await operator.kept(operator.says(contactOf(stage.node, visitor.session), 'here I am'));
  await visitor.hears('here I am');
});

test('an operator who goes offline turns the site offline, and away counts as not available', { skip }, async () => {
  const operator = await stage.operator('emil');
  const visitor = stage.enters(new StoryVisitor(() => stage.node.url));
  const other = await stage.operator('emma');
  await visitor.comes(page);
  await until(() => visitor.online, { what: 'the site to be online', deadlineMs: 10_000 });
  await stage.node.command(['operator', 'remove', 'dora']);
  operator.isNow({ show: 'away' });
  other.isNow({ type: 'unavailable' });
  await until(() => !visitor.online, { what: 'the site to be offline', deadlineMs: 10_000 });
  operator.isNow({});
  await until(() => visitor.online, { what: 'the site to be online again', deadlineMs: 10_000 });
});

test('an answer to a visitor who has left waits for him and is there when he comes back', { skip }, async () => {
  const operator = await stage.operator('frida');
  const visitor = new StoryVisitor(() => stage.node.url);
  await visitor.comes(page);
  await visitor.says('I have to go');
  await operator.hears('I have to go');
  await visitor.asks('session.leave', { visitor: visitor.token });
  await visitor.leaves();

  const contact = contactOf(stage.node, visitor.session);
  await operator.kept(operator.says(contact, 'until later'));
  const back = stage.enters(new StoryVisitor(() => stage.node.url));
  await back.returns(visitor, page);
  const heard = await back.hears('until later');
  assert.equal(heard.from.kind, 'operator');
  assert.equal(back.conversation?.unread, 1);
  assert.deepEqual(back.texts(), ['I have to go', 'until later']);
});

test('an operator whose connection breaks is told again what he has not confirmed, and sees it once', {
  skip,
}, async () => {
  const operator = await stage.operator('gregor');
  const visitor = stage.enters(new StoryVisitor(() => stage.node.url));
  await visitor.comes(page);
  await visitor.says('one');
  await operator.hears('one');
  operator.drops();
  await visitor.says('two');
  await visitor.says('three');
  await operator.comesBack();
  await operator.hears('three');
  const contact = contactOf(stage.node, visitor.session);
  const heard = operator.chat().filter((message) => message.from === contact);
  assert.deepEqual(
    heard.map((message) => message.body),
    ['one', 'two', 'three'],
  );
});
