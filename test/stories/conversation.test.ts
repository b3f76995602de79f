// Owns the first story: a visitor on a web page talks with an operator in a stock Jabber client, and both keep all of it.
// The page is a real browser's, the client a real client's; nothing between them is pretended.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { until } from '../../bench/mod.ts';
import { needs } from '../support/needs.ts';
import type { OperatorEvent } from '../support/story-operator.ts';
import { launchBrowser, StoryPage } from '../support/story-page.ts';
import { Stage } from '../support/story-stage.ts';

const skip = needs('chromium', 'slixmpp');

let stage: Stage;
let browser: Browser;
before(async () => {
  if (skip !== false) return;
  stage = await Stage.raise();
  browser = await launchBrowser();
});
after(async () => {
  if (skip !== false) return;
  await browser.close();
  await stage.curtain();
});

/** The visitor is the only one who writes this: his JID is who it came from. */
async function contactWhoSays(operator: { hears(text: string): Promise<{ from: string }> }, text: string) {
  return (await operator.hears(text)).from;
}

test('a visitor writes, an operator answers, and a reload, another page and typing are seen on both sides', {
  skip,
}, async () => {
  const operator = await stage.operator('olga');
  const visitor = stage.enters(await StoryPage.opens(browser, stage.node.url));
  await visitor.opensChat();
  await visitor.seesOnline(true);
  await visitor.says('Do you repair other bikes too?');
  await visitor.sees('Do you repair other bikes too?');

  const contact = await contactWhoSays(operator, 'Do you repair other bikes too?');
  assert.match(contact, /^s[a-z0-9]+@visitors\.localhost$/);
  const roster = await operator.sees((event) => event.event === 'roster' && event.jid === contact, 'the contact');
  assert.ok(roster.event === 'roster');
  assert.match(roster.name, /^Visitor \w{4}$/);
  assert.equal(roster.groups.length, 1);
  assert.equal(roster.subscription, 'both');
  const at = (path: string) => (event: OperatorEvent) =>
    event.event === 'presence' && event.from === contact && event.type === 'available' && event.status.includes(path);
  await operator.sees(at('/demo'), 'the page as the status');

  await visitor.types('I also');
  await operator.sees((event) => event.event === 'typing' && event.on && event.from === contact, 'the visitor typing');
  await visitor.clears();
  operator.types(contact, true);
  await visitor.seesTyping(true);
  await operator.kept(operator.says(contact, 'We do, within two days.'));
  await visitor.sees('We do, within two days.');
  await visitor.seesTyping(false);

  await visitor.reloads();
  await visitor.findsChatOpen();
  await visitor.sees('Do you repair other bikes too?');
  await visitor.sees('We do, within two days.');
  const moved = operator.mark();
  await visitor.goesTo('/demo/pricing');
  await operator.sees(at('/demo/pricing'), 'the other page as the status', moved);
  await visitor.findsChatOpen();
  await visitor.says('Thank you!');
  await operator.hears('Thank you!');
  await visitor.sees('Thank you!');
  assert.deepEqual(
    (await visitor.shown()).map(({ seq, text }) => ({ seq, text })),
    [
      { seq: 1, text: 'Do you repair other bikes too?' },
      { seq: 2, text: 'We do, within two days.' },
      { seq: 3, text: 'Thank you!' },
    ],
  );
  assert.ok(
    !operator.events.some(
      (event) => event.event === 'presence' && event.from === contact && event.type === 'unavailable',
    ),
    'a reload and a page change show no flicker',
  );
  assert.deepEqual(visitor.complaints, []);
});

test('a visitor who finds nobody is asked for an e-mail address once, and his words reach the operator who comes', {
  skip,
}, async () => {
  const operator = await stage.hires('quentin');
  await stage.node.command(['operator', 'remove', 'olga']);
  const visitor = stage.enters(await StoryPage.opens(browser, stage.node.url));
  await visitor.opensChat();
  await visitor.seesOnline(false);
  await visitor.says('Please call me back');
  await visitor.sees('Please call me back');
  await visitor.leavesEmail('vera@example.org');
  await visitor.reloads();
  await visitor.findsChatOpen();
  await visitor.sees('Please call me back');
  assert.equal(
    await visitor.page.locator('parla-chat form.contact').count(),
    0,
    'a known address is not asked for again',
  );

  await stage.logsIn(operator);
  const heard = await operator.hears('Please call me back');
  assert.notEqual(heard.delay, null);
  await visitor.seesOnline(true);
  const asked = operator.mark();
  operator.says(heard.from, '!email');
  const told = (event: OperatorEvent) => event.event === 'message' && event.body.includes('vera@example.org');
  await operator.sees(told, 'the address', asked);
  await operator.kept(operator.says(heard.from, 'I will, at once'));
  await visitor.sees('I will, at once');
});

test('the page keeps every message once and in order over a server that is killed between a send and its answer', {
  skip,
}, async () => {
  const operator = await stage.operator('pia');
  const visitor = stage.enters(await StoryPage.opens(browser, stage.node.url));
  await visitor.opensChat();
  await visitor.says('first');
  const contact = await contactWhoSays(operator, 'first');
  await operator.kept(operator.says(contact, 'second'));
  await visitor.sees('second');

  // The server takes the message and is killed before the page hears of it.
  await visitor.page.route('**/rpc*', async (route) => {
    if (!route.request().postData()?.includes('message.send')) return route.fallback();
    await route.fetch();
    await stage.nodeIsKilled();
    await route.abort();
  });
  await visitor.says('third');
  await until(() => !stage.node.alive(), { what: 'the death of the server', deadlineMs: 10_000 });
  await visitor.page.unroute('**/rpc*');
  const unheard = operator.says(contact, 'fourth');
  await stage.nodeComesBack();
  await operator.comesBack();
  await operator.kept(unheard);
  await visitor.sees('third');
  await visitor.sees('fourth');
  await operator.hears('third');
  await visitor.reloads();
  await visitor.findsChatOpen();
  await visitor.sees('fourth');

  const shown = await visitor.shown();
  assert.deepEqual(
    shown.map(({ seq, text }) => ({ seq, text })),
    ['first', 'second', 'third', 'fourth'].map((text, index) => ({ seq: index + 1, text })),
  );
  const said = shown.filter((message) => message.from === 'visitor').map(({ id, text }) => ({ id, body: text }));
  const heard = operator.chat().filter((message) => message.from === contact);
  assert.deepEqual(
    heard.map(({ id, body }) => ({ id, body })),
    said,
  );
});

test('the demo page with a conversation can be shown on a desk and on a phone', { skip }, async () => {
  const pictures = process.env.PARLA_TEST_PICTURES;
  const operator = await stage.operator('rita');
  const words = [
    ['V', 'Hi! I am 1.58 m tall and there is a steep hill on my way. Do you have a bike for that?'],
    ['O', 'Hello! We do: the Hafen in size S, with eight gears. The hill at the old quay is our test track.'],
    ['V', 'Perfect. Could I try one on Saturday?'],
    ['O', 'You can, from ten o’clock. Shall I keep one for you?'],
  ] as const;
  for (const screen of [
    { name: 'desktop', width: 1280, height: 800 },
    { name: 'phone', width: 390, height: 844, phone: true },
  ]) {
    const visitor = stage.enters(await StoryPage.opens(browser, stage.node.url, screen));
    await visitor.opensChat();
    let contact = '';
    for (const [who, text] of words) {
      const before = operator.mark();
      if (who === 'V') {
        await visitor.says(text);
        contact = (await operator.hears(text, before)).from;
      } else await operator.kept(operator.says(contact, text));
      await visitor.sees(text);
    }
    if (pictures === undefined) continue;
    mkdirSync(pictures, { recursive: true });
    await visitor.picture(`${pictures}/story-${screen.name}.png`);
  }
});
