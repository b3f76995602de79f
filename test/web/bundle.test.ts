// Owns the tests of what a browser has to load: sizes, addresses, and that bundling needs nothing but packages.
// It never opens a browser.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { buildWebAssets, type WebAsset } from '../../app/web-assets.ts';

const loaderBytesMax = 4_096;
const appBytesMax = 25_600;
const gzipped = (asset: WebAsset | undefined) => gzipSync(asset?.body ?? '', { level: 9 }).length;

test('the first script is at most 4,096 bytes on the wire and the app at most 25,600', async (t) => {
  const assets = await buildWebAssets({ cacheDir: null });
  const loader = gzipped(assets.find(({ path }) => path === '/w/parla.js'));
  const app = gzipped(assets.find(({ path }) => path.endsWith('/app.js')));
  t.diagnostic(`loader ${loader} bytes, app ${app} bytes, gzip -9`);
  assert.ok(loader > 0 && loader <= loaderBytesMax, `loader: ${loader}`);
  assert.ok(app > 0 && app <= appBytesMax, `app: ${app}`);
});

test("the app's address is its content's, so browsers may keep it for ever, while the first script is asked for again soon", async () => {
  const assets = await buildWebAssets({ cacheDir: null });
  const app = assets.find(({ path }) => path.endsWith('/app.js'));
  const loader = assets.find(({ path }) => path === '/w/parla.js');
  assert.match(app?.path ?? '', /^\/w\/[0-9a-f]{12}\/app\.js$/);
  assert.match(app?.cacheControl ?? '', /immutable/);
  assert.match(loader?.cacheControl ?? '', /max-age=300/);
  assert.ok(loader?.body.includes(app?.path ?? '-'), 'the loader names the app it belongs to');
});

test('the demo is whole: every page is there and asks for nothing that is not', async () => {
  const assets = await buildWebAssets({ cacheDir: null });
  const paths = new Set(assets.map(({ path }) => path));
  for (const { path, contentType, body } of assets.filter(({ path }) => path.startsWith('/demo'))) {
    assert.notEqual(contentType, '', path);
    if (!contentType.startsWith('text/html')) continue;
    const asked = [...body.toString().matchAll(/(?:href|src)="([^"]+)"/g)].map((match) => match[1] ?? '');
    assert.deepEqual(
      asked.filter((address) => !paths.has(address)),
      [],
      path,
    );
    assert.equal(body.toString().match(/<script/g)?.length, 1, `${path} embeds the chat with one tag`);
  }
});

test('what was bundled is kept for the next start, and a broken copy is made again', async () => {
  const cacheDir = mkdtempSync(join(tmpdir(), 'parla-web-'));
  try {
    const first = await buildWebAssets({ cacheDir });
    const file = join(cacheDir, readdirSync(cacheDir)[0] ?? '');
    const kept = readFileSync(file, 'utf8');
    const plain = (assets: readonly WebAsset[]) => assets.map(({ path, etag }) => [path, etag]);
    assert.deepEqual(plain(await buildWebAssets({ cacheDir })), plain(first));
    writeFileSync(file, kept.slice(0, 100));
    assert.deepEqual(plain(await buildWebAssets({ cacheDir })), plain(first));
  } finally {
    rmSync(cacheDir, { recursive: true });
  }
});
