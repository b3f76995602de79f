// Owns what a browser gets from this node: widget, demo and observer, bundled by esbuild at first start and kept for the next.
// It never bundles twice what has not changed, and needs no install script: esbuild's own binary comes as a package.

import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { type BuildOptions, build, version as esbuildVersion, type Plugin, stop, transform } from 'esbuild';
import { writeWhole } from './secret-file.ts';

export interface WebAsset {
  /** As in the address: `/w/parla.js`. */
  readonly path: string;
  readonly contentType: string;
  readonly body: Buffer;
  readonly cacheControl: string;
  readonly etag: string;
  /** Only for whoever has the admin token. */
  readonly guarded: boolean;
}

export interface WebAssetsOptions {
  /** Where bundles are kept between starts; null keeps none. */
  readonly cacheDir: string | null;
}

interface Bundles {
  readonly app: string;
  readonly loader: string;
  readonly observer: string;
  readonly version: string;
}

/** Beside package.json, wherever this file was compiled to: web/ is the same in the repository and in a package. */
const root = dirname(findPackageJSON(import.meta.url) ?? import.meta.dirname);
const demo = join(root, 'web/demo');
const observerPage = join(root, 'web/observer');
const shortLived = 'public, max-age=300, stale-while-revalidate=86400';
const forEver = 'public, max-age=31536000, immutable';
const unkept = 'no-cache';
const hashCharacters = 12;
const pages: readonly (readonly [path: string, file: string])[] = [
  ['/demo', 'index.html'],
  ['/demo/pricing', 'pricing.html'],
  ['/demo/visit', 'visit.html'],
  ['/demo/style.css', 'style.css'],
  ['/demo/bike.svg', 'bike.svg'],
];
const contentTypes: { readonly [ending: string]: string } = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

export async function buildWebAssets({ cacheDir }: WebAssetsOptions): Promise<readonly WebAsset[]> {
  const { app, loader, observer, version } = await bundles(cacheDir);
  const script = 'text/javascript; charset=utf-8';
  return [
    asset('/w/parla.js', script, Buffer.from(loader), shortLived),
    asset(appPath(version), script, Buffer.from(app), forEver),
    ...pages.map(([path, file]) => asset(path, typeOf(file), readFileSync(join(demo, file)), unkept)),
    ...[
      asset('/observer', typeOf('index.html'), readFileSync(join(observerPage, 'index.html')), unkept),
      asset('/observer/style.css', typeOf('style.css'), readFileSync(join(observerPage, 'style.css')), unkept),
      asset('/observer/app.js', script, Buffer.from(observer), unkept),
    ].map((one) => ({ ...one, guarded: true })),
  ];
}

function asset(path: string, contentType: string, body: Buffer, cacheControl: string): WebAsset {
  return { path, contentType, body, cacheControl, etag: `"${hash(body)}"`, guarded: false };
}

function typeOf(file: string): string {
  return contentTypes[file.split('.').at(-1) ?? ''] ?? '';
}

function appPath(version: string): string {
  return `/w/${version}/app.js`;
}

/** A kept bundle counts only for exactly these sources and this bundler. */
async function bundles(cacheDir: string | null): Promise<Bundles> {
  if (cacheDir === null) return bundled();
  const file = join(cacheDir, `widget-${sourcesHash()}.json`);
  const kept = keptBundles(file);
  if (kept) return kept;
  const made = await bundled();
  mkdirSync(cacheDir, { recursive: true });
  writeWhole(file, JSON.stringify(made));
  return made;
}

function keptBundles(file: string): Bundles | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Bundles;
  } catch {
    // Not there, or not whole: it is made again.
    return null;
  }
}

function sourcesHash(): string {
  const sources = ['web/widget/**/*.{ts,tsx,css}', 'web/observer/**/*.{ts,tsx}', 'rpc/contract.ts', 'package.json'];
  const files = [...globSync(sources, { cwd: root }).sort(), relative(root, import.meta.filename)];
  return hash(esbuildVersion, ...files.flatMap((file) => [file, readFileSync(join(root, file))]));
}

/** The app first: the loader carries its address, which is its content's hash. */
async function bundled(): Promise<Bundles> {
  try {
    const app = await bundle('web/widget/app/main.ts', {});
    const version = hash(app);
    const define = { VERSION: JSON.stringify(version), APP_PATH: JSON.stringify(appPath(version)) };
    const loader = await bundle('web/widget/loader/main.ts', define);
    return { app, loader, observer: await bundle('web/observer/main.tsx', {}), version };
  } finally {
    await stop();
  }
}

async function bundle(entry: string, define: { readonly [name: string]: string }): Promise<string> {
  const options: BuildOptions = {
    absWorkingDir: root,
    entryPoints: [entry],
    define: { ...define },
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    plugins: [stylesAsText],
    legalComments: 'none',
    charset: 'utf8',
    logLevel: 'silent',
  };
  const { outputFiles = [] } = await build(options);
  return outputFiles[0]?.text ?? '';
}

/** A stylesheet becomes a minified text, for a constructed sheet. */
const stylesAsText: Plugin = {
  name: 'styles-as-text',
  setup(plugin) {
    plugin.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), { loader: 'css', minify: true, target: 'es2022' });
      return { contents: code.trim(), loader: 'text' };
    });
  },
};

function hash(...parts: readonly (string | Buffer)[]): string {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part).update('\0');
  return sum.digest('hex').slice(0, hashCharacters);
}
