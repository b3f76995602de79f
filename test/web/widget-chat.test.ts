// Owns the tests of a chat in a real browser: nothing lost, nothing twice, over lost answers, reloads, restarts and tabs.
// The server is a fake that speaks real HTTP and fails on request.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { setStage, startBrowser, until } from '../support/browser.ts';
import { needs } from '../support/needs.ts';

suite('a chat in the browser', { skip: needs('chromium'), concurrency: 2 }, () => {
  let browser: Browser;
  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser.close());

  test('100 messages of which 20 % lose their answer arrive once each, in order, and are shown once each, in order', async () => {
    await using stage = await setStage(browser);
    let sends = 0;
    stage.rpc.fault = (method) =>
      method === 'message.send' && ++sends % 5 === 0 ? { kind: 'drop', when: 'after' } : null;
    const visitor = await stage.visit();
    await visitor.open();
    const texts = Array.from({ length: 100 }, (_, index) => `message ${index + 1}`);
    await visitor.page.evaluate("for (let n = 1; n <= 100; n++) parla('send', 'message ' + n)");
    await until(() => stage.rpc.visitor().messages.length === 100, 'all have arrived', 30_000);
    await visitor.until(
      "document.querySelector('parla-chat').shadowRoot.querySelectorAll('.message[data-state=sent]').length === 100",
    );
    assert.deepEqual(
      stage.rpc.visitor().messages.map(({ text }) => text),
      texts,
    );
    assert.deepEqual(await visitor.texts(), texts);
    assert.ok(sends > 100, 'some were sent again');
    assert.equal(await visitor.page.evaluate("localStorage.getItem('parla:demo:q')"), null);
  });

  test('requests that are lost, doubled or answered with an error that passes change nothing in what is shown', async () => {
    await using stage = await setStage(browser);
    const faults = [
      { kind: 'drop', when: 'before' },
      { kind: 'twice' },
      { kind: 'error', code: 'unavailable' },
      { kind: 'error', code: 'throttled', retryAfterMs: 300 },
      { kind: 'error', code: 'internalError', status: 502 },
    ] as const;
    let sends = 0;
    stage.rpc.fault = (method) => (method === 'message.send' ? (faults[sends++] ?? null) : null);
    const visitor = await stage.visit();
    await visitor.open();
    await visitor.page.evaluate("window.heard = []; parla.on('throttled', () => heard.push('throttled'))");
    await visitor.write('one');
    await visitor.write('two');
    await until(() => stage.rpc.visitor().messages.length === 2, 'both have arrived');
    await visitor.messages('sent').nth(1).waitFor();
    assert.deepEqual(await visitor.texts(), ['one', 'two']);
    assert.deepEqual(await visitor.page.evaluate('heard'), ['throttled']);
  });

  test('what was not acknowledged before a reload is sent after it, once', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.open();
    stage.rpc.fault = (method) => (method === 'message.send' ? { kind: 'drop', when: 'after' } : null);
    await visitor.write('written before the reload');
    await until(() => stage.rpc.visitor().messages.length === 1, 'it has arrived');
    stage.rpc.fault = () => null;
    await visitor.page.reload();
    await visitor.messages('sent').waitFor();
    assert.deepEqual(await visitor.texts(), ['written before the reload']);
    assert.equal(stage.rpc.visitor().messages.length, 1);
  });

  test('a reload keeps the messages, the open panel, the draft and the place in the text', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.open();
    await visitor.write('hello');
    await visitor.messages('sent').waitFor();
    for (let number = 1; number <= 30; number++) stage.rpc.operatorSays(`answer ${number}`);
    await visitor.shows('answer 30');
    await visitor.composer.fill('half a thou');
    await visitor.inside(
      "root.querySelector('.scroll').scrollTop = root.querySelector('.scroll').scrollHeight - root.querySelector('.scroll').clientHeight - 400",
    );
    await visitor.page.locator('parla-chat .to-end').waitFor();
    await visitor.page.reload();
    await visitor.shows('answer 30');
    assert.equal(await visitor.composer.inputValue(), 'half a thou');
    assert.equal((await visitor.texts()).length, 31);
    const fromEnd = await visitor.inside<number>(
      "(({ scrollHeight, clientHeight, scrollTop }) => scrollHeight - clientHeight - scrollTop)(root.querySelector('.scroll'))",
    );
    assert.ok(Math.abs(Number(fromEnd) - 400) < 60, `${fromEnd} px from the end`);
  });

  test('what was said is painted from the device before the server answers', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.open();
    await visitor.write('hello');
    await visitor.messages('sent').waitFor();
    stage.rpc.fault = () => ({ kind: 'drop', when: 'before' });
    await visitor.page.reload();
    await visitor.shows('hello');
  });

  test('a server that has restarted, and knows no cursor any more, replaces the conversation by the whole one', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.open();
    await visitor.write('before');
    await visitor.messages('sent').waitFor();
    stage.rpc.isDown = true;
    stage.rpc.forgetCursors();
    stage.rpc.operatorSays('said meanwhile');
    await visitor.write('written meanwhile');
    stage.rpc.isDown = false;
    await visitor.shows('said meanwhile', 'written meanwhile');
    await visitor.messages('sent').nth(1).waitFor();
    assert.deepEqual(await visitor.texts(), ['before', 'said meanwhile', 'written meanwhile']);
  });

  test('a token that is worth nothing any more is replaced, and the text that waits is sent by the new visitor', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.open();
    stage.rpc.visitors.clear();
    await visitor.write('still here');
    await until(
      () => stage.rpc.visitors.size === 1 && stage.rpc.visitor().messages.length === 1,
      'the new visitor has said it',
      20_000,
    );
    await visitor.messages('sent').waitFor();
    assert.deepEqual(await visitor.texts(), ['still here']);
  });

  test('a message that can never be sent says so, and can be tried again or deleted', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.open();
    stage.rpc.fault = (method) => (method === 'message.send' ? { kind: 'error', code: 'blocked' } : null);
    await visitor.write('first');
    await visitor.write('second');
    await visitor.messages('failed').nth(1).waitFor();
    stage.rpc.fault = () => null;
    await visitor.messages('failed').nth(1).getByText('Delete').click();
    await visitor.messages('failed').nth(0).getByText('Try again').click();
    await visitor.messages('sent').waitFor();
    assert.deepEqual(await visitor.texts(), ['first']);
    assert.deepEqual(
      stage.rpc.visitor().messages.map(({ text }) => text),
      ['first'],
    );
  });

  test('a network that was away is back at once when the browser says so, and nothing is lost', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.open();
    await visitor.write('one');
    await visitor.messages('sent').waitFor();
    await stage.context.setOffline(true);
    await visitor.until("parla('get', 'connection') === 'offline'");
    await visitor.write('two');
    stage.rpc.operatorSays('three');
    await stage.context.setOffline(false);
    await visitor.shows('three');
    await visitor.messages('sent').nth(1).waitFor();
    assert.deepEqual(new Set(await visitor.texts()), new Set(['one', 'two', 'three']));
  });

  test('of several tabs one polls, and all show the same messages and the same unread count', async () => {
    await using stage = await setStage(browser);
    const first = await stage.visit();
    await first.open();
    await first.write('from the first');
    await first.messages('sent').waitFor();
    const others = [await stage.visit(), await stage.visit('/other')];
    for (const tab of others) await tab.shows('from the first');
    await until(() => stage.rpc.openPolls === 1, 'one poll is open');
    stage.rpc.operatorSays('to all of you');
    for (const tab of [first, ...others]) await tab.shows('to all of you');
    await others[1]?.write('from the third');
    for (const tab of [first, ...others]) await tab.shows('from the third');
    await until(() => stage.rpc.openPolls === 1, 'still one poll is open');
    for (const tab of [first, ...others]) {
      await tab.until("parla('get', 'unread') === 0");
      assert.deepEqual(await tab.texts(), ['from the first', 'to all of you', 'from the third']);
    }
    await others[1]?.page.close();
    stage.rpc.operatorSays('after one has gone');
    for (const tab of [first, others[0]]) await tab?.shows('after one has gone');
  });

  test('where the browser has no locks, as on a page without TLS, tabs still agree on one that polls', async () => {
    await using stage = await setStage(browser);
    await stage.context.addInitScript("Object.defineProperty(navigator, 'locks', { value: undefined })");
    const first = await stage.visit();
    await first.open();
    await first.write('from the first');
    await first.messages('sent').waitFor();
    const polls = stage.rpc.count('session.poll');
    const second = await stage.visit('/other');
    await second.connected();
    await until(() => stage.rpc.count('session.open') === 2, 'the tab in front has taken over');
    // The first may give up its poll before the second has one, or after.
    await until(() => stage.rpc.count('session.poll') > polls, 'the second polls');
    await until(() => stage.rpc.openPolls === 1, 'one of them');
    stage.rpc.operatorSays('to both');
    await first.write('and from the first again');
    for (const tab of [first, second]) await tab.shows('to both', 'and from the first again');
    assert.equal(stage.rpc.visitor().messages.length, 3);
    await until(() => stage.rpc.openPolls === 1, 'still one of them');
    await second.page.close();
    stage.rpc.operatorSays('to the one that is left');
    await first.shows('to the one that is left');
  });

  test('polls are simple requests: no preflight, no token in an address, no cookie', async () => {
    await using stage = await setStage(browser);
    await using host = await setStage(browser);
    host.rpc.page(
      '/far',
      `<!doctype html><title>Far</title><script async src="${stage.url}/w/parla.js" data-site="demo"></script><p>x`,
    );
    const addresses: string[] = [];
    host.context.on('request', (request) => addresses.push(request.url()));
    const visitor = await host.visit('/far');
    await visitor.open();
    await visitor.write('hello');
    await visitor.messages('sent').waitFor();
    for (let number = 0; number < 10; number++) stage.rpc.operatorSays(`answer ${number}`);
    await visitor.shows('answer 9');
    assert.ok(!stage.rpc.methodsSeen.includes('OPTIONS'));
    assert.ok(addresses.every((address) => !address.includes(stage.rpc.visitor().token)));
    assert.deepEqual(await host.context.cookies(), []);
    assert.ok(
      stage.rpc.asked
        .filter(({ method }) => method !== 'session.open')
        .every(({ session }) => session === stage.rpc.visitor().session),
    );
  });

  test('scrolling to the top brings what was said earlier and keeps the place', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.open();
    await visitor.write('the very first');
    await visitor.messages('sent').waitFor();
    for (let number = 2; number <= 150; number++) stage.rpc.operatorSays(`line ${number}`);
    await visitor.shows('line 150');
    await visitor.page.reload();
    await visitor.shows('line 150');
    await visitor.connected();
    assert.equal((await visitor.texts()).length, 75);
    for (const wanted of [125, 150]) {
      await visitor.inside("root.querySelector('.scroll').scrollTop = 0");
      await visitor.until(
        `document.querySelector('parla-chat').shadowRoot.querySelectorAll('.message').length === ${wanted}`,
      );
      assert.ok(
        (await visitor.inside<number>("root.querySelector('.scroll').scrollTop")) > 500,
        'the reader stays where they were',
      );
    }
    const texts = await visitor.texts();
    assert.equal(texts[0], 'the very first');
    assert.equal(new Set(texts).size, 150);
  });
});
