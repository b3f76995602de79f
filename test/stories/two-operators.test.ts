// Owns the stories of two operators before one visitor: the first answer has him, the other is told by name.
// The race is run for real, both answers on their way at once.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { needs } from '../support/needs.ts';
import type { OperatorEvent } from '../support/story-operator.ts';
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

test('the first answer has the visitor; the other operator sees him busy and gets his words back with the winner’s name', {
  skip,
}, async () => {
  const [anna, boris] = [await stage.operator('anna'), await stage.operator('boris')];
  const visitor = stage.enters(new StoryVisitor(() => stage.node.url));
  await visitor.comes(page);
  await visitor.says('who is there?');
  await anna.hears('who is there?');
  await boris.hears('who is there?');

  const contact = contactOf(stage.node, visitor.session);
  anna.says(contact, 'Anna is');
  boris.says(contact, 'Boris is');
  const answer = await Promise.race([visitor.hears('Anna is'), visitor.hears('Boris is')]);
  const [winner, loser, lostWords] = answer.text === 'Anna is' ? [anna, boris, 'Boris is'] : [boris, anna, 'Anna is'];

  const named = (event: OperatorEvent) =>
    event.event === 'message' && event.from === contact && event.body.startsWith('[info]');
  const notice = await loser.sees((event) => named(event), 'the line that names the winner');
  assert.ok(notice.event === 'message' && notice.body.toLowerCase().includes(winner.name), JSON.stringify(notice));
  const busy = (event: OperatorEvent) => event.event === 'presence' && event.from === contact && event.show === 'dnd';
  await loser.sees(busy, 'the visitor to be busy');

  await visitor.says('thank you');
  await winner.hears('thank you');
  await winner.kept(winner.says(contact, 'not at all'));
  await visitor.hears('not at all');
  assert.ok(!visitor.texts().includes(lostWords), 'the visitor never sees the words of the other');
  assert.ok(!loser.chat().some((message) => message.body === 'thank you'), 'the other is told nothing more');
});

test('operators see the visitors of their own sites only, and cannot write to others', { skip }, async () => {
  await stage.node.command(['site', 'add', 'other', '--name', 'Other']);
  const stranger = await stage.operator('stranger', 'other');
  const visitor = stage.enters(new StoryVisitor(() => stage.node.url));
  await visitor.comes(page);
  await visitor.says('for demo only');
  const contact = contactOf(stage.node, visitor.session);
  stranger.says(contact, 'let me in');
  await stranger.sees((event) => event.event === 'message' && event.type === 'error', 'the refusal');
  assert.deepEqual(stranger.chat(), []);
  assert.deepEqual(visitor.texts(), ['for demo only']);
});
