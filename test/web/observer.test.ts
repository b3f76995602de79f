// Owns the proof of the observer: who may see it, what it may tell, and that ten thousand actors are one smooth page.
// It looks with a real browser at a real node on several threads.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { Observation, Trace } from '../../rpc/mod.ts';
import { startBrowser } from '../support/browser.ts';
import { needs } from '../support/needs.ts';
import { keyOf, observedNode } from '../support/observed-node.ts';
import { adminToken } from '../support/rpc-edge.ts';
import { eventually } from '../support/runtime-node.ts';

const bearer = { authorization: `Bearer ${adminToken}` };
const paths = ['/observer', '/observer/app.js', '/observer/style.css', '/observer/data', '/observer/trace?actor=0.1.1'];

async function observed(url: string, query = ''): Promise<Observation> {
  const answer = await fetch(`${url}/observer/data${query}`, { headers: bearer });
  assert.equal(answer.status, 200);
  return (await answer.json()) as Observation;
}

test('nothing of the observer is told without the admin token, and a browser is asked for it', async (t) => {
  const { url } = await observedNode(t);
  for (const path of paths) {
    const joint = path.includes('?') ? '&' : '?';
    for (const address of [path, `${path}${joint}token=${adminToken}&admin=${adminToken}`]) {
      const answer = await fetch(url + address);
      assert.equal(answer.status, 401, address);
      assert.match(answer.headers.get('www-authenticate') ?? '', /^Basic /);
      assert.equal(await answer.text(), 'the admin token is needed\n');
    }
    const basic = `Basic ${Buffer.from(`anybody:${adminToken}`).toString('base64')}`;
    if (!path.includes('trace')) {
      const answer = await fetch(url + path, { headers: { authorization: basic } });
      assert.equal(answer.status, 200, path);
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      const policy = answer.headers.get('content-security-policy') ?? '';
      assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
      assert.doesNotMatch(policy, /unsafe/);
      await answer.arrayBuffer();
    }
    assert.equal((await fetch(url + path, { method: 'POST', headers: bearer })).status, 405);
  }
});

test("another site's page cannot use the token that a browser remembers", async (t) => {
  const { url } = await observedNode(t);
  for (const site of ['cross-site', 'same-site']) {
    const headers = { ...bearer, 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' };
    assert.equal((await fetch(`${url}/observer/data`, { headers })).status, 403);
  }
  const answer = await fetch(`${url}/observer/data`, { headers: { ...bearer, origin: 'https://evil.example' } });
  assert.equal(answer.headers.get('access-control-allow-credentials'), null);
  assert.equal(answer.headers.get('cross-origin-resource-policy'), 'same-origin');
});

test('it tells kinds and sizes: no whole key, and nothing that a person wrote', async (t) => {
  const stage = await observedNode(t);
  await stage.fill('session', 30);
  stage.crash(
    'session',
    5,
    `cannot use my new credit card as a key of ${keyOf('session', 5)}\n    at evil (text.ts:1:1)`,
  );
  const seen = await eventually(
    () => {
      stage.busy('session', 3, 5);
      return observed(stage.url);
    },
    ({ crashes, actors }) => crashes.length > 0 && actors.some(({ family }) => family === 'session'),
  );
  const text = JSON.stringify(seen);
  for (let number = 0; number < 30; number += 1) assert(!text.includes(keyOf('session', number)));
  for (const word of ['new', 'credit card', 'evil']) assert(!text.includes(word), text);
  assert.match(seen.crashes[0]?.reason ?? '', /^RangeError at (Object\.)?crash \(runtime-behaviours\.ts:\d+:\d+\)$/);
  assert.equal(seen.crashes[0]?.message, 'cast crash');
});

test('the tree has every supervisor, child and family, and a reader gets each sample once', async (t) => {
  const stage = await observedNode(t);
  await stage.fill('room', 40);
  const seen = await observed(stage.url);
  const root = seen.tree.find(({ parent, kind }) => parent === null && kind === 'supervisor');
  const under = (id: string | undefined) => seen.tree.filter(({ parent }) => parent === id).map(({ label }) => label);
  assert.deepEqual(under(root?.id), ['store', 'history', 'accounts', 'edges']);
  assert.deepEqual(under(seen.tree.find(({ label }) => label === 'edges')?.id), ['outbox', 'bridge']);
  const rooms = seen.tree.find(({ label }) => label === 'room');
  assert.equal(
    rooms?.members.reduce((all, { count }) => all + count, 0),
    40,
  );
  const query = `?after=${seen.sequence}&epoch=${seen.epoch}`;
  assert.deepEqual((await observed(stage.url, query)).samples, []);
  assert.notEqual((await observed(stage.url, `?after=${seen.sequence}&epoch=another`)).samples.length, 0);
});

test('a thread that was lost stays in sight: its restart is counted, and its crashes are not forgotten', async (t) => {
  const stage = await observedNode(t);
  await stage.fill('session', 40);
  for (let number = 0; number < 40; number += 1) stage.crash('session', number, 'once');
  const crashes = ({ samples }: Observation) =>
    samples.at(-1)?.threads.reduce((all, thread) => all + thread.crashes, 0) ?? 0;
  await eventually(
    () => observed(stage.url),
    (seen) => crashes(seen) === 40,
  );
  await stage.node.killThread(2);
  const seen = await eventually(
    () => observed(stage.url),
    ({ samples }) => samples.at(-1)?.threads.find(({ index }) => index === 2)?.restarts === 1,
  );
  assert.equal(crashes(seen), 40);
  assert.equal(seen.threads.length, 4);
});

test('many who look at once are one look for the threads', async (t) => {
  const { url } = await observedNode(t);
  const all = await Promise.all(Array.from({ length: 12 }, () => observed(url)));
  assert.deepEqual(new Set(all.map(({ sequence }) => sequence)), new Set([1]));
});

test('a trace tells kinds, sizes and durations, and one of nobody is refused', async (t) => {
  const stage = await observedNode(t);
  const pid = stage.node.whereis('history');
  assert(pid !== null);
  const actor = `${pid.thread}.${pid.incarnation}.${pid.serial}`;
  const tracing = fetch(`${stage.url}/observer/trace?actor=${actor}&ms=1000`, { headers: bearer });
  const beat = setInterval(() => stage.node.cast({ name: 'history' }, 'add', { by: 1 }), 20);
  const trace = (await (await tracing).json()) as Trace;
  clearInterval(beat);
  assert(trace.steps.length > 0);
  for (const { kind, name, durationMs, bytes } of trace.steps) {
    assert.deepEqual([kind, name], ['cast', 'add']);
    assert(durationMs >= 0 && (bytes === null || bytes > 0));
  }
  const status = async (query: string) =>
    (await fetch(`${stage.url}/observer/trace?${query}`, { headers: bearer })).status;
  assert.equal(await status('actor=9.9.9&ms=100'), 404);
  assert.equal(await status('actor=everybody'), 400);
  assert.equal(await status('actor=1.1.1%27--&ms=abc'), 400);
});

suite('the page', { skip: needs('chromium') }, () => {
  let browser: Browser;
  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser.close());

  async function open(url: string, colorScheme: 'light' | 'dark' = 'dark'): Promise<{ page: Page; errors: string[] }> {
    const httpCredentials = { username: 'admin', password: adminToken };
    const context = await browser.newContext({ viewport: { width: 1_440, height: 900 }, colorScheme, httpCredentials });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (line) => line.type() === 'error' && errors.push(line.text()));
    await page.goto(`${url}/observer`);
    await page.getByRole('heading', { name: 'Supervision' }).waitFor();
    return { page, errors };
  }

  test('shows ten thousand actors smoothly in a bounded document', async (t) => {
    const stage = await observedNode(t);
    await stage.fill('session', 10_000);
    const load = setInterval(() => {
      for (let number = 0; number < 300; number += 1) stage.busy('session', number, 3);
    }, 100);
    t.after(() => clearInterval(load));
    const { page, errors } = await open(stage.url);
    await page
      .locator('.tile', { hasText: 'Actors' })
      .locator('.value', { hasText: /^10,0\d\d/ })
      .waitFor();
    await page.locator('.list tbody tr').nth(20).waitFor();
    const elements = Number(await page.evaluate('document.querySelectorAll("*").length'));
    assert(elements < 1_000, `${elements} elements`);
    const { longest, frames } = (await page.evaluate(framesScript)) as { longest: number; frames: number };
    const drawn = Number(await page.evaluate(drawnScript));
    t.diagnostic(
      `${elements} elements; ${frames} frames in 4 s, the longest ${longest.toFixed(0)} ms; ${drawn} pixels drawn`,
    );
    assert(drawn > 20_000, `${drawn} pixels of the tree are drawn`);
    // Far from the sixty of a quiet machine, and far above what a page that draws each actor as an element reaches.
    assert(frames > 60, `${frames} frames in 4 s`);
    assert.deepEqual(errors, []);
  });

  test('shows a crash, and opens an actor by keyboard and traces it', async (t) => {
    const stage = await observedNode(t);
    await stage.fill('session', 20);
    stage.crash('session', 3, 'out of range');
    const load = setInterval(() => stage.busy('session', 7, 2), 30);
    t.after(() => clearInterval(load));
    const { page, errors } = await open(stage.url, 'light');
    await page.getByText(/RangeError at .*runtime-behaviours\.ts/).waitFor();
    const busiest = page.locator('.list tbody button', { hasText: `session ${keyOf('session', 7).slice(0, 4)}` });
    await busiest.focus();
    await page.keyboard.press('Enter');
    const drawer = page.getByRole('dialog');
    await drawer.getByRole('button', { name: 'Trace for 5 seconds' }).press('Enter');
    await drawer.getByRole('cell', { name: 'cast add' }).first().waitFor();
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
    assert.deepEqual(errors, []);
  });

  test('shows each backend behind its gate, and one that is lost first, in colour, with its error', async (t) => {
    const now = Date.now();
    const gate = { breaker: 'closed', pending: 2, generation: 1, calls: 12_345, failures: 0, lastError: null } as const;
    const latencyMs = { p50: 0.31, p99: 4.2 };
    const stage = await observedNode(t, {
      gates: [
        { ...gate, backend: 'sql', target: '10.0.0.8:3306', state: 'up', latencyMs, changedAt: now - 7_200_000 },
        { ...gate, backend: 'memcached', target: '10.0.0.9:11211', state: 'up', latencyMs, changedAt: now - 60_000 },
        {
          ...gate,
          ...{ backend: 'redis', target: '10.0.0.7:6379', state: 'down', breaker: 'open', generation: 5 },
          ...{ failures: 41, lastError: 'ECONNREFUSED', latencyMs, changedAt: now - 12_000 },
        },
      ],
      silent: [],
    });
    for (const look of ['light', 'dark'] as const) {
      const { page, errors } = await open(stage.url, look);
      const panel = page.getByRole('region', { name: 'Backends' });
      await panel.getByText('1 of 3 lost').waitFor();
      const rows = panel.locator('tbody tr');
      const [first = '', ...others] = await rows.allInnerTexts();
      assert.match(first, /^redis 10\.0\.0\.7:6379\s+down\s+open\s.*\s41\s+4\s+ECONNREFUSED\s+\d\d s ago$/s);
      assert.equal(others.length, 2);
      assert.deepEqual(await page.evaluate(levelsScript), ['hot', 'well', 'well']);
      assert.deepEqual(errors, []);
    }
  });

  test('says that the node is lost while it is, pauses on demand, and keeps the chosen look', async (t) => {
    const stage = await observedNode(t);
    const { page } = await open(stage.url, 'light');
    const state = (text: string) => page.getByRole('status').filter({ hasText: text }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await state('paused');
    await page.getByRole('button', { name: 'Go on' }).click();
    await state('live');
    await page.route('**/observer/data*', (route) => route.abort());
    await state('does not answer');
    await page.unroute('**/observer/data*');
    await state('live');
    await page.getByTitle('Light or dark').click();
    await page.reload();
    await page.getByRole('heading', { name: 'Supervision' }).waitFor();
    assert.equal(await page.evaluate('document.documentElement.dataset.look'), 'dark');
  });
});

/** Of each row. */
const levelsScript = `[...document.querySelectorAll('.gates tbody tr')].map((row) => row.dataset.level)`;

/** Counts frames while the pointer moves over the tree, as a person would have it. */
const framesScript = `new Promise((done) => {
  const canvas = document.querySelector('.tree canvas');
  const { left, top, width, height } = canvas.getBoundingClientRect();
  let frames = 0, longest = 0, before = performance.now();
  const start = before;
  const frame = (now) => {
    frames += 1;
    longest = Math.max(longest, now - before);
    before = now;
    const at = { clientX: left + width * (0.5 + 0.4 * Math.sin(now / 300)), clientY: top + height / 2 };
    canvas.dispatchEvent(new PointerEvent('pointermove', { ...at, bubbles: true }));
    if (now - start < 4000) requestAnimationFrame(frame);
    else done({ frames, longest });
  };
  requestAnimationFrame(frame);
})`;

const drawnScript = `(() => {
  const canvas = document.querySelector('.tree canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let drawn = 0;
  for (let at = 3; at < data.length; at += 4) if (data[at] > 40) drawn += 1;
  return drawn;
})()`;
