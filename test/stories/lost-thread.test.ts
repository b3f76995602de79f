// Owns the stories in which a worker thread of the server dies in the middle of a conversation: nobody notices.
// Each thread of the node is killed in turn, whatever lives there.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { needs } from '../support/needs.ts';
import { contactOf, Stage } from '../support/story-stage.ts';
import { StoryVisitor } from '../support/story-visitor.ts';

const skip = needs('slixmpp');
/** Schedulers and gates of a node on two cores: after so many each has died once. */
const deaths = 4;

let stage: Stage;
before(async () => {
  if (skip === false) stage = await Stage.raise();
});
after(async () => {
  if (skip === false) await stage.curtain();
});

test('threads killed in the middle of a conversation lose nothing and show nothing twice', { skip }, async () => {
  const operator = await stage.operator('anna');
  const visitor = stage.enters(new StoryVisitor(() => stage.node.url));
  await visitor.comes({ url: 'https://shop.example/', title: 'Shop' });
  await visitor.says('question 0');
  await operator.hears('question 0');
  const contact = contactOf(stage.node, visitor.session);
  await operator.kept(operator.says(contact, 'answer 0'));
  for (let death = 1; death <= deaths; death += 1) {
    const said = visitor.says(`question ${death}`);
    await stage.threadIsKilled();
    await said;
    await operator.hears(`question ${death}`);
    operator.says(contact, `answer ${death}`);
    await visitor.hears(`answer ${death}`);
  }
  const numbers = Array.from({ length: deaths + 1 }, (_, number) => number);
  assert.deepEqual(
    visitor.texts(),
    numbers.flatMap((number) => [`question ${number}`, `answer ${number}`]),
  );
  assert.deepEqual(
    operator.chat().map((message) => message.body),
    numbers.map((number) => `question ${number}`),
  );
  assert.ok(stage.node.alive());
});
