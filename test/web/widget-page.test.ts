// Owns the tests of the widget as a guest on somebody's page: quiet, strict, tidy, reachable by keyboard, gone when told so.
// It never tests how the chat reaches the server; that has a file of its own.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { pageWith, setStage, startBrowser, until } from '../support/browser.ts';
import { needs } from '../support/needs.ts';

const violations =
  "window.violations = []; document.addEventListener('securitypolicyviolation', (e) => violations.push(e.violatedDirective + ' ' + e.blockedURI))";

suite('the widget on a page', { skip: needs('chromium'), concurrency: 2 }, () => {
  let browser: Browser;
  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser.close());

  test('asks nothing and keeps nothing before a newcomer opens it', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.launcher.waitFor();
    await visitor.page.evaluate('new Promise((done) => requestIdleCallback(() => requestIdleCallback(done)))');
    assert.deepEqual(stage.rpc.asked, []);
    assert.equal(
      await visitor.page.evaluate('localStorage.length + sessionStorage.length + document.cookie.length'),
      0,
    );
    assert.equal(
      await visitor.page.evaluate('Object.keys(window).filter((name) => /parla/i.test(name)).join()'),
      'parla',
    );
    assert.equal(
      await visitor.page.evaluate(
        "performance.getEntriesByType('resource').filter(({ name }) => !name.endsWith('favicon.ico')).length",
      ),
      1,
    );
  });

  test('asks once, and not more, for somebody who has chatted and has not opened it on this page', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.open();
    await visitor.write('hello');
    await visitor.messages('sent').waitFor();
    await visitor.page.keyboard.press('Escape');
    stage.rpc.asked.length = 0;
    await visitor.page.reload();
    await visitor.connected();
    assert.equal(stage.rpc.count('session.open'), 1);
    stage.rpc.operatorSays('are you still there?');
    await visitor.page.locator('parla-chat .badge', { hasText: '1' }).waitFor();
    assert.equal(await visitor.launcher.getAttribute('aria-label'), 'Open chat, 1 unread');
  });

  test('is there once however often it is included, and runs the calls made before it came in their order', async () => {
    await using stage = await setStage(browser);
    const tag = `<script src="${stage.url}/w/parla.js" data-site="demo"></script>`;
    const stub =
      '<script>window.parla = function () { (parla.q = parla.q || []).push(arguments) }; heard = []; ' +
      "parla('on', 'open', () => heard.push('open')); parla('on', 'open', () => { throw new Error('a handler of the page') }); parla('on', 'open', () => heard.push('after')); " +
      "parla('boot', { site: 'demo', locale: 'de' }); parla('prefill', 'Guten Tag'); parla('open')</script>";
    stage.rpc.page('/twice', pageWith(stub + tag + tag + tag));
    const visitor = await stage.visit('/twice');
    await visitor.panel.waitFor();
    await visitor.until('heard.length === 2');
    assert.deepEqual(await visitor.page.evaluate('heard'), ['open', 'after']);
    assert.equal(await visitor.page.locator('parla-chat').count(), 1);
    assert.equal(await visitor.launcher.count(), 1);
    assert.equal(await visitor.composer.inputValue(), 'Guten Tag');
    assert.deepEqual(visitor.errors, []);
  });

  test('breaks no rule of a page that allows scripts and connections of the chat only, and demands trusted types', async () => {
    await using stage = await setStage(browser);
    await using host = await setStage(browser);
    const policy = `default-src 'none'; script-src ${stage.url} 'sha256-__HASH__'; connect-src ${stage.url}; require-trusted-types-for 'script'`;
    const { createHash } = await import('node:crypto');
    const hash = createHash('sha256').update(violations).digest('base64');
    host.rpc.page(
      '/strict',
      pageWith(`<script>${violations}</script><script async src="${stage.url}/w/parla.js" data-site="demo"></script>`),
      {
        'Content-Security-Policy': policy.replace('__HASH__', hash),
        'Cross-Origin-Embedder-Policy': 'require-corp',
      },
    );
    const visitor = await host.visit('/strict');
    await visitor.open();
    await visitor.write('hello https://a.example');
    await visitor.messages('sent').waitFor();
    stage.rpc.operatorSays('hello');
    stage.rpc.tell({ type: 'typing', on: true, name: 'Anna' });
    await visitor.page.locator('parla-chat .typing').waitFor();
    stage.rpc.setOnline(false);
    await visitor.page.locator('parla-chat form.contact').waitFor();
    assert.deepEqual(await visitor.page.evaluate('violations'), []);
    assert.equal(
      await visitor.inside('getComputedStyle(root.querySelector(".panel")).borderRadius'),
      '18px',
      'and it is styled',
    );
    assert.deepEqual(visitor.errors, []);
  });

  test('shutdown leaves no trace of the visitor on the page and the device, in every tab, and boot begins anew', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.open();
    await visitor.write('my secret');
    await visitor.messages('sent').waitFor();
    const other = await stage.visit('/other');
    await other.shows('my secret');
    const left = await visitor.page.evaluate(
      "parla('shutdown'); [document.querySelectorAll('parla-chat').length, Object.keys(localStorage).filter((key) => key.startsWith('parla:')).length]",
    );
    assert.deepEqual(left, [0, 0]);
    await other.panel.waitFor({ state: 'detached' });
    await visitor.page.evaluate("parla('boot', { site: 'demo', locale: 'en' })");
    await visitor.open();
    await visitor.page.locator('parla-chat .greeting').waitFor();
    assert.deepEqual(await visitor.texts(), []);
    assert.equal(stage.rpc.visitors.size, 2);
    assert.equal(
      await visitor.page.evaluate("Object.values(localStorage).some((value) => value.includes('secret'))"),
      false,
    );
  });

  test('another identity begins with nothing of the one before', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.page.evaluate("parla('identify', { id: 'a', name: 'Ada' })");
    await visitor.open();
    await visitor.write('said by Ada');
    await visitor.messages('sent').waitFor();
    await until(() => stage.rpc.count('session.identify') === 1, 'she is named');
    assert.equal(stage.rpc.visitor().card.name, 'Ada');
    await visitor.page.evaluate("parla('identify', { id: 'b', name: 'Bob' })");
    await visitor.page.locator('parla-chat .greeting').waitFor();
    await until(() => stage.rpc.visitors.size === 2 && stage.rpc.visitor().card.name === 'Bob', 'he is named');
    assert.equal(await visitor.page.evaluate("JSON.stringify(localStorage).includes('Ada')"), false);
  });

  test('shows hostile texts as texts, and links only what is a safe address', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.page.evaluate('window.hacked = false');
    await visitor.open();
    const hostile = [
      '<img src=x onerror="hacked = true"><script>hacked = true</script>',
      'javascript:hacked=true //https://ok.example" onmouseover="hacked=true',
      '\u202egnp.exe \u200b\u2066 العربية mixed',
      '{{constructor.constructor("hacked = true")()}}',
      '😀'.repeat(400),
      'x'.repeat(9_999),
    ];
    await visitor.write('hello');
    await visitor.messages('sent').waitFor();
    for (const text of hostile) stage.rpc.operatorSays(text);
    await until(() => stage.rpc.count('message.read') > 0, 'they are read');
    await visitor.until("document.querySelector('parla-chat').shadowRoot.querySelectorAll('.message').length === 7");
    assert.deepEqual((await visitor.texts()).slice(1), hostile);
    assert.equal(await visitor.page.evaluate('hacked'), false);
    assert.deepEqual(
      await visitor.inside('[...root.querySelectorAll("a")].map((a) => [a.protocol, a.rel, a.target])'),
      [['https:', 'noopener noreferrer nofollow', '_blank']],
    );
    assert.equal(await visitor.inside('root.querySelectorAll(".log img, .log script").length'), 0);
    assert.equal(
      await visitor.inside('root.querySelector(".scroll").scrollWidth <= root.querySelector(".scroll").clientWidth'),
      true,
      'nothing runs out of the panel',
    );
  });

  test('can be used by keyboard alone: open, write, menu, close, and the focus comes back', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.launcher.waitFor();
    const focus = () =>
      visitor.inside<string>('root.activeElement?.getAttribute("aria-label") ?? root.activeElement?.className ?? ""');
    await visitor.page.keyboard.press('Tab');
    assert.equal(await focus(), 'Open chat');
    await visitor.page.keyboard.press('Enter');
    await visitor.composer.waitFor();
    await visitor.connected();
    assert.equal(await focus(), 'Your message');
    await visitor.page.keyboard.type('by keyboard');
    await visitor.page.keyboard.press('Shift+Enter');
    await visitor.page.keyboard.type('two lines');
    await visitor.page.keyboard.press('Enter');
    await visitor.messages('sent').waitFor();
    assert.deepEqual(await visitor.texts(), ['by keyboard\ntwo lines']);
    const order: string[] = [];
    for (let step = 0; step < 3; step++) {
      await visitor.page.keyboard.press('Shift+Tab');
      order.push(await focus());
    }
    assert.deepEqual(order, ['Messages', 'Close', 'More']);
    await visitor.page.keyboard.press('Enter');
    await visitor.page.locator('parla-chat .choices').waitFor();
    await visitor.page.keyboard.press('Escape');
    assert.equal(await focus(), 'More');
    await visitor.page.keyboard.press('Escape');
    await visitor.panel.waitFor({ state: 'detached' });
    assert.equal(await focus(), 'Open chat');
    assert.equal(await visitor.launcher.getAttribute('aria-expanded'), 'false');
  });

  test('tells a screen reader what it is: a dialog with a name, a log that speaks politely', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.open();
    await visitor.page.locator('parla-chat .presence[data-online=true]').waitFor();
    assert.deepEqual(
      await visitor.inside(
        '["role", "aria-modal", "aria-label", "lang", "dir"].map((name) => root.querySelector(".panel").getAttribute(name))',
      ),
      ['dialog', 'false', 'Chat with Pedalwerk', 'en', 'ltr'],
    );
    assert.deepEqual(
      await visitor.inside(
        '["aria-live", "aria-relevant"].map((name) => root.querySelector("[role=log]").getAttribute(name))',
      ),
      ['polite', 'additions'],
    );
    const unnamed = '[...root.querySelectorAll("button")].filter((b) => !(b.ariaLabel || b.textContent.trim())).length';
    assert.equal(await visitor.inside(unnamed), 0);
  });

  test('asks for an e-mail address when nobody is there, never again once it is known, and takes messages all the same', async () => {
    await using stage = await setStage(browser);
    stage.rpc.setOnline(false);
    const visitor = await stage.visit();
    await visitor.open();
    const form = visitor.page.locator('parla-chat form.contact');
    await form.waitFor();
    await visitor.write('please call back');
    await visitor.messages('sent').waitFor();
    await form.locator('[name=email]').fill('not an address');
    await form.locator('button').click();
    await form.locator('[role=alert]').waitFor();
    assert.equal(stage.rpc.count('session.identify'), 0);
    await form.locator('[name=email]').fill('ada@example.org');
    await form.locator('[name=name]').fill('Ada');
    await form.locator('button').click();
    await visitor.page.locator('parla-chat .contact-saved').waitFor();
    await until(() => stage.rpc.visitor().card.email === 'ada@example.org', 'the server knows it');
    assert.equal(stage.rpc.visitor().card.name, 'Ada');
    await visitor.page.reload();
    await visitor.shows('please call back');
    await visitor.connected();
    assert.equal(await form.count(), 0);
    assert.equal(
      await visitor.page.evaluate("JSON.stringify(localStorage).includes('ada@example.org')"),
      false,
      'the address itself is not kept',
    );
    stage.rpc.setOnline(true);
    await visitor.page.locator('parla-chat .presence[data-online=true]').waitFor();
  });

  test('an e-mail address that did not reach the server is told later, and one it refuses is asked for again', async () => {
    await using stage = await setStage(browser);
    stage.rpc.setOnline(false);
    let answers = 0;
    stage.rpc.fault = (method) => {
      if (method !== 'session.identify') return null;
      return (
        [{ kind: 'error', code: 'unavailable' } as const, null, { kind: 'error', code: 'invalidParams' } as const][
          answers++
        ] ?? null
      );
    };
    const visitor = await stage.visit();
    await visitor.open();
    const form = visitor.page.locator('parla-chat form.contact');
    await form.locator('[name=email]').fill('ada@example.org');
    await form.locator('button').click();
    await until(() => stage.rpc.count('session.identify') === 1, 'it was tried');
    await visitor.write('hello');
    await until(() => stage.rpc.visitor().card.email === 'ada@example.org', 'it is told after the next news');
    await visitor.page.evaluate("parla('shutdown'); parla('boot', { site: 'demo', locale: 'en' })");
    await visitor.open();
    await form.locator('[name=email]').fill('bob@example.org');
    await form.locator('button').click();
    await until(() => stage.rpc.count('session.identify') === 3, 'it was refused');
    await form.waitFor();
  });

  test('another verified identity gets a session of its own', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.open();
    await visitor.write('said by the one before');
    await visitor.messages('sent').waitFor();
    let refusals = 1;
    stage.rpc.fault = (method) =>
      method === 'session.identify' && refusals-- > 0 ? { kind: 'error', code: 'unauthorized' } : null;
    await visitor.page.evaluate("parla('identify', { token: 'a.b.c' })");
    await visitor.page.locator('parla-chat .greeting').waitFor();
    await until(() => stage.rpc.visitor().card.token === 'a.b.c', 'the new session is theirs');
    assert.equal(stage.rpc.visitors.size, 2);
  });

  test('fills a phone, fits 320 pixels, and every target is at least 24 pixels', async () => {
    await using stage = await setStage(browser, {
      viewport: { width: 320, height: 568 },
      hasTouch: true,
      isMobile: true,
      reducedMotion: 'reduce',
    });
    stage.rpc.setOnline(false);
    stage.rpc.page(
      '/phone',
      pageWith(
        `<meta name="viewport" content="width=device-width"><script async src="${stage.url}/w/parla.js" data-site="demo"></script>`,
      ),
    );
    const visitor = await stage.visit('/phone');
    await visitor.launcher.tap();
    await visitor.page.locator('parla-chat form.contact').waitFor();
    assert.deepEqual(await visitor.panel.boundingBox(), { x: 0, y: 0, width: 320, height: 568 });
    assert.equal(await visitor.page.evaluate('document.documentElement.scrollWidth'), 320);
    const small =
      '[...root.querySelectorAll("button, input, textarea")].map((e) => e.getBoundingClientRect()).filter((r) => r.width && (r.width < 24 || r.height < 24)).length';
    assert.equal(await visitor.inside(small), 0);
    assert.equal(await visitor.inside('getComputedStyle(root.querySelector(".panel")).animationName'), 'none');
    assert.equal(await visitor.launcher.isVisible(), false);
    await visitor.page.locator('parla-chat [aria-label=Close]').tap();
    await visitor.launcher.waitFor();
  });

  test('is dark where the reader likes it dark, and speaks German where the reader does', async () => {
    await using stage = await setStage(browser, { colorScheme: 'dark', locale: 'de-CH' });
    stage.rpc.page(
      '/auto',
      pageWith(`<script async src="${stage.url}/w/parla.js" data-site="demo" data-locale="auto"></script>`),
    );
    const visitor = await stage.visit('/auto');
    await visitor.open();
    assert.equal(await visitor.panel.getAttribute('data-mode'), 'dark');
    assert.equal(await visitor.composer.getAttribute('aria-label'), 'Ihre Nachricht');
    await visitor.page.evaluate("parla('theme', { mode: 'light', color: '#ffcc00' }); parla('locale', 'en')");
    await visitor.page.locator('parla-chat [data-mode=light][lang=en]').waitFor();
    assert.equal(
      await visitor.inside('getComputedStyle(root.querySelector(".launcher")).color'),
      'rgb(17, 17, 17)',
      'dark text on a light colour',
    );
  });

  test('tells the server of a page change of a single-page site, and survives the swap of the body', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.open();
    await visitor.write('hello');
    await visitor.messages('sent').waitFor();
    await visitor.page.evaluate(
      "history.pushState({}, '', '/next?x=1#part'); document.title = 'Next'; document.body.replaceWith(document.createElement('body'))",
    );
    await visitor.panel.waitFor();
    await until(() => stage.rpc.count('session.page') > 0, 'the page is told');
    const told = stage.rpc.asked.find(({ method }) => method === 'session.page')?.params.page;
    assert.deepEqual(told, { url: `${stage.url}/next?x=1`, title: 'Next' });
    stage.rpc.operatorSays('still with you');
    await visitor.shows('still with you');
  });

  test('works in memory where the browser refuses storage', async () => {
    await using stage = await setStage(browser);
    await stage.context.addInitScript(
      "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError') } })",
    );
    const visitor = await stage.visit();
    await visitor.open();
    await visitor.write('hello');
    await visitor.messages('sent').waitFor();
    stage.rpc.operatorSays('hello too');
    await visitor.shows('hello too');
    await visitor.page.evaluate("parla('shutdown')");
    assert.deepEqual(visitor.errors, []);
  });

  test('a server that is not there holds up no page and throws nothing', async () => {
    await using stage = await setStage(browser);
    stage.rpc.page('/down', pageWith('<script async src="http://127.0.0.1:1/w/parla.js" data-site="demo"></script>'));
    const visitor = await stage.visit('/down');
    assert.equal(await visitor.page.evaluate('document.readyState'), 'complete');
    assert.deepEqual(visitor.errors, []);
  });

  test('a page that may not use the site sees one warning and no button', async () => {
    await using stage = await setStage(browser);
    stage.rpc.fault = (method) =>
      method === 'session.open' ? { kind: 'error', code: 'unauthorized', status: 403 } : null;
    const visitor = await stage.visit();
    const warnings: string[] = [];
    visitor.page.on('console', (line) => line.type() === 'warning' && warnings.push(line.text()));
    await visitor.launcher.click();
    await visitor.launcher.waitFor({ state: 'hidden' });
    assert.equal(warnings.length, 1);
    assert.equal(stage.rpc.count('session.open'), 1);
  });

  test('typing is told while it lasts, the other side is seen typing, and what others read is marked', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.open();
    await visitor.write('hello');
    await visitor.messages('sent').waitFor();
    await visitor.composer.pressSequentially('many keys are pressed');
    await visitor.composer.fill('');
    await until(() => stage.rpc.count('session.typing') === 2, 'on and off');
    assert.deepEqual(
      stage.rpc.asked.filter(({ method }) => method === 'session.typing').map(({ params }) => params.on),
      [true, false],
    );
    stage.rpc.tell({ type: 'typing', on: true, name: 'Anna' });
    await visitor.page.locator('parla-chat .typing', { hasText: 'Anna is typing' }).waitFor();
    stage.rpc.tell({ type: 'read', seq: 1 });
    await visitor.messages('read').waitFor();
    stage.rpc.operatorSays('here you are');
    await visitor.page.locator('parla-chat .typing').waitFor({ state: 'detached' });
    await until(() => stage.rpc.visitor().readSeq === 2, 'and the visitor has read it');
  });

  test('a conversation can be ended and rated once, and the next message begins another', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.open();
    await visitor.write('hello');
    await visitor.messages('sent').waitFor();
    await visitor.page.locator('parla-chat [aria-label=More]').click();
    await visitor.page.getByText('End conversation').click();
    await visitor.page.locator('parla-chat .question .solid').click();
    await visitor.page.locator('parla-chat .rating button[value="4"]').click();
    await until(() => stage.rpc.visitor().rating === 4, 'it is rated');
    await visitor.page.locator('parla-chat .rating').waitFor({ state: 'detached' });
    await visitor.write('one more thing');
    await visitor.page.locator('parla-chat .ended').waitFor({ state: 'detached' });
    await visitor.messages('sent').nth(1).waitFor();
  });

  test('an operator may send the page elsewhere on its own site only', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.open();
    await visitor.write('hello');
    await visitor.messages('sent').waitFor();
    for (const url of ['javascript:document.title="hacked"', 'https://elsewhere.example/', `${stage.url}/other`])
      stage.rpc.tell({ type: 'navigate', url });
    await visitor.page.waitForURL('**/other');
    await visitor.shows('hello');
    assert.equal(await visitor.page.title(), 'Other');
  });

  test('says goodbye when the page goes and no other tab is left', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit();
    await visitor.open();
    await visitor.write('hello');
    await visitor.messages('sent').waitFor();
    const other = await stage.visit('/other');
    await other.shows('hello');
    await other.connected();
    await visitor.page.goto('about:blank');
    await until(() => stage.rpc.openPolls === 1, 'the other goes on');
    assert.equal(stage.rpc.count('session.leave'), 0);
    await other.page.goto('about:blank');
    await until(() => stage.rpc.count('session.leave') === 1, 'the last says goodbye');
  });

  test('the demo shop works on all its pages, with the chat going along', async () => {
    await using stage = await setStage(browser);
    const visitor = await stage.visit('/demo');
    await visitor.open();
    await visitor.write('which bike for tall people?');
    await visitor.messages('sent').waitFor();
    await visitor.page.getByRole('link', { name: 'Pricing' }).click();
    await visitor.page.waitForURL('**/demo/pricing');
    await visitor.shows('which bike for tall people?');
    const opened = () =>
      stage.rpc.asked.filter(({ method }) => method === 'session.open').at(-1)?.params.page as { url: string };
    await until(() => opened().url.endsWith('/demo/pricing'), 'the operator sees the page');
    assert.deepEqual(visitor.errors, []);
  });
});
