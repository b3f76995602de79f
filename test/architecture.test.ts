// Owns the rules that keep the house in order: who may import whom, which package has which owner, what a file looks like.
// It judges text only; what the compiler and the linter see is theirs.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const folders = ['runtime', 'actors', 'stores', 'rpc', 'xmpp', 'web', 'app', 'bench'] as const;
const fileLinesMax = 400;

/** What a folder may enter, beside itself. Tests may enter everything. */
const mayImport: { readonly [folder: string]: readonly string[] } = {
  runtime: [],
  actors: ['runtime'],
  stores: ['runtime', 'actors'],
  rpc: ['runtime', 'actors'],
  xmpp: ['runtime', 'actors'],
  web: ['rpc'],
  app: ['runtime', 'actors', 'stores', 'rpc', 'xmpp'],
  bench: ['runtime', 'actors', 'stores', 'rpc', 'xmpp', 'app'],
};

const owners: { readonly [name: string]: string } = {
  piscina: 'runtime',
  msgpackr: 'runtime',
  'node:worker_threads': 'runtime',
  ioredis: 'stores',
  memjs: 'stores',
  mysql2: 'stores',
  'mysql2/promise': 'stores',
  'node:sqlite': 'stores',
  '@elastic/elasticsearch': 'stores',
  kysely: 'stores',
  'node:http': 'rpc',
  'node:net': 'xmpp',
  'node:tls': 'xmpp',
  saxes: 'xmpp',
};

/** Files and folders that may go round a rule, each with its reason. */
const exceptions: { readonly [path: string]: { readonly may: readonly string[]; readonly because: string } } = {
  'app/control.ts': {
    may: ['node:net'],
    because: 'the control socket is a unix socket in the data directory, no Jabber',
  },
  'app/doctor/ports.ts': { may: ['node:net'], because: 'doctor tries whether the ports are free' },
  'stores/doctor/memcached.ts': { may: ['node:net'], because: 'memjs has no word for the settings of a server' },
  'stores/envelope.ts': { may: ['msgpackr'], because: 'what is kept on a cache server is packed as messages are' },
  'bench/': { may: ['node:http', 'node:net', 'node:tls'], because: 'the load generator plays visitors and operators' },
  'bench/faults/': { may: ['node:worker_threads'], because: 'bare threads are the anchor of lost ones' },
  'bench/runtime/': { may: ['node:worker_threads'], because: 'a bare thread is the anchor of the runtime' },
  'bench/durable/bare-insert.ts': {
    may: ['mysql2/promise'],
    because: 'what the server costs without Parla is an anchor',
  },
  'bench/servers.ts': { may: ['mysql2/promise'], because: 'it asks the SQL server for its own counters' },
  'bench/old-way-database.ts': {
    may: ['node:sqlite', 'mysql2/promise'],
    because: 'the old way that Parla is measured beside keeps sessions in SQL',
  },
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly line: string;
}

const files = folders
  .flatMap((folder) => globSync(`${folder}/**/*.{ts,tsx}`, { cwd: root }))
  .filter((file) => !file.includes('node_modules'))
  .sort();
const sources = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
const imports = [...sources].flatMap(([file, text]) => importsOf(file, text));

function importsOf(file: string, text: string): readonly Import[] {
  const found = text.matchAll(
    /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*'([^']+)'|^\s*import\s*'([^']+)'|\bimport\('([^']+)'\)/gm,
  );
  return [...found].map((match) => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? '';
    const to = specifier.startsWith('.') ? relative(root, join(root, dirname(file), specifier)) : specifier;
    return { from: file, to, line: `${file} imports ${specifier}` };
  });
}

function excepted(one: Import): boolean {
  return Object.entries(exceptions).some(([path, { may }]) => one.from.startsWith(path) && may.includes(one.to));
}

function folderOf(file: string): string {
  return file.split('/')[0] ?? '';
}

function isFile(target: string): boolean {
  return sources.has(target) || folders.some((folder) => target.startsWith(`${folder}/`));
}

function none(faults: readonly string[]): void {
  assert.equal(faults.join('\n'), '');
}

test('folders import in one direction: runtime, actors, then stores, rpc and xmpp as siblings, then app', () => {
  const crossing = imports.filter((one) => isFile(one.to) && folderOf(one.from) !== folderOf(one.to));
  none(crossing.filter((one) => !mayImport[folderOf(one.from)]?.includes(folderOf(one.to))).map((one) => one.line));
});

test('a folder is entered through its mod.ts only, and web/ sees nothing but the contracts', () => {
  const crossing = imports.filter((one) => isFile(one.to) && folderOf(one.from) !== folderOf(one.to));
  const doors = (one: Import) =>
    folderOf(one.from) === 'web'
      ? ['rpc/contract.ts', 'rpc/observer-contract.ts']
      : [`${folderOf(one.to)}/mod.ts`, 'rpc/contract.ts'];
  none(crossing.filter((one) => folderOf(one.from) !== 'bench' && !doors(one).includes(one.to)).map((one) => one.line));
});

test('each package and each risky node module is imported by its owner only', () => {
  const wrong = imports.filter((one) => {
    const owner = owners[one.to];
    return owner !== undefined && folderOf(one.from) !== owner && !excepted(one);
  });
  none(wrong.map((one) => `${one.line}, which belongs to ${owners[one.to]}`));
});

test('no exception outlives its need', () => {
  const needed = (path: string, name: string) => imports.some((one) => one.from.startsWith(path) && one.to === name);
  none(
    Object.entries(exceptions).flatMap(([file, { may }]) =>
      may.filter((name) => !needed(file, name)).map((name) => `${file}: ${name}`),
    ),
  );
});

test('no file imports itself by way of others, type imports counted', () => {
  const next = Map.groupBy(
    imports.filter((one) => sources.has(one.to)),
    (one) => one.from,
  );
  const done = new Set<string>();
  const circles: string[] = [];
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    if (path.includes(file) || done.has(file)) return;
    for (const one of next.get(file) ?? []) walk(one.to, [...path, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
  none(circles);
});

test('every file opens with what it owns and what it never does, and is at most 400 lines long', () => {
  const opening = [...sources]
    .filter(([, text]) => !/^(#!.*\n)?(\/\/ \S|\/\*\*?)/.test(text))
    .map(([file]) => `${file} has no opening comment`);
  const long = [...sources]
    .filter(([, text]) => text.split('\n').length > fileLinesMax + 1)
    .map(([file]) => `${file} is too long`);
  none([...opening, ...long]);
});

test('nothing is exported as default or by star, and only mod.ts re-exports', () => {
  const rule = (pattern: RegExp, what: string) =>
    [...sources].filter(([, text]) => pattern.test(text)).map(([file]) => `${file}: ${what}`);
  const barrels = [...sources].filter(
    ([file, text]) => !file.endsWith('/mod.ts') && /^export\b[^'";]*\bfrom '/m.test(text),
  );
  none([
    ...rule(/^export default\b/m, 'export default'),
    ...rule(/^export \*/m, 'export *'),
    ...barrels.map(([file]) => `${file}: re-exports`),
  ]);
});

test('only config.ts reads the environment', () => {
  const readers = [...sources].filter(
    ([file, text]) => !['web', 'bench'].includes(folderOf(file)) && /\bprocess\.env\b/.test(text),
  );
  none(readers.map(([file]) => file).filter((file) => file !== 'app/config.ts'));
});
