// Owns the guarantees of Parla as an npm package: what somebody gets who installs it into a project of his own.
// It runs nothing of the repository, and skips where npm can reach neither its registry nor a cache.

import assert from 'node:assert/strict';
import { copyFileSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type InstalledProject, installPacked, repository, run } from '../support/packed-project.ts';
import { freshDataDir, nodeEnv, startNodeProcess } from '../support/parla-process.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const directory = temporaryDirectory();
after(() => directory.remove());
const installed = await installPacked(directory.path);
if (typeof installed === 'string' && process.env.PARLA_TEST_ALL === '1') throw new Error(installed);
const skip = typeof installed === 'string' ? installed : false;
const project = installed as InstalledProject;

/** Copies a file of runtime/ into the project and runs it there with this Node. */
async function runInProject(file: string) {
  copyFileSync(join(repository, 'runtime', file), join(project.path, file));
  const end = await run(process.execPath, [file], project.path);
  assert.equal(end.status, 0, end.stderr);
  return end.stdout.trimEnd().split('\n');
}

test('the ten lines of the README run over several threads of the installed package', { skip }, async () => {
  const lines = await runInProject('ten-lines.mjs');
  assert.deepEqual(
    lines.map((line) => line.replace(/thread: \d+/, 'thread')),
    [
      'ann { ok: true, value: { items: 1, thread } }',
      'ben { ok: true, value: { items: 1, thread } }',
      'tom { ok: true, value: { items: 1, thread } }',
      'ann { ok: true, value: { items: 2, thread } }',
    ],
  );
  const threads = lines.map((line) => /thread: (\d+)/.exec(line)?.[1]);
  assert.equal(new Set(threads).size, 3, `each key has a thread of its own here: ${threads}`);
  assert.equal(threads[0], threads[3], 'a key stays on its thread');
  assert.ok(!threads.includes('0'), 'no actor of a family lives on the main thread');
});

test('the typed example of the README runs in the installed package', { skip }, async () => {
  assert.deepEqual(await runInProject('example.ts'), ['{ ok: true, value: 50 }', '{ ok: true, value: 20 }']);
});

const wrongProgram = `
import { defineBehaviour, named, reply, type Result, startLocal, startNode, threadMain } from 'parla/runtime';

type Bell = { calls: { rings: { request: null; answer: number } }; casts: { ring: { readonly times: number } } };
const at = named<Bell>('bell');
const node = await startLocal({ behaviours: [] });
export const runThread: (boot: never) => Promise<void> = threadMain([]);
export const rings: Result<number> = await node.call(at, 'rings', null);
node.cast(at, 'ring', { times: 2 });
// @ts-expect-error: there is no such message.
node.cast(at, 'sing', { times: 2 });
// @ts-expect-error: its content is wrong.
node.cast(at, 'ring', { times: 'twice' });
// @ts-expect-error: the answer is a number.
export const wrong: Result<string> = await node.call(at, 'rings', null);
// @ts-expect-error: a handler is missing.
defineBehaviour<Bell, null, null>({ name: 'bell', init: () => null, calls: { rings: () => reply(1) }, casts: {} });
// @ts-expect-error: nobody knows what its threads shall load.
await startNode({ behaviours: [] });
`;

test('the shipped types let right programs through and catch wrong ones', { skip }, async () => {
  copyFileSync(join(repository, 'runtime/example.ts'), join(project.path, 'example.ts'));
  writeFileSync(join(project.path, 'wrong.ts'), wrongProgram);
  const options = {
    ...{ noEmit: true, strict: true, skipLibCheck: false, target: 'esnext', module: 'nodenext' },
    ...{ exactOptionalPropertyTypes: true, types: ['node'], typeRoots: [join(repository, 'node_modules/@types')] },
  };
  const config = { compilerOptions: options, files: ['example.ts', 'wrong.ts'] };
  writeFileSync(join(project.path, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(repository, 'node_modules/typescript/bin/tsc');
  const { status, stdout } = await run(process.execPath, [tsc, '-p', '.'], project.path);
  assert.equal(stdout, '');
  assert.equal(status, 0);
});

test('the installed command starts a node that serves the widget', { skip }, async (t) => {
  const program = join(project.path, 'node_modules/.bin/parla');
  const node = await startNodeProcess(t, nodeEnv(freshDataDir(t)), program);
  const widget = await fetch(`http://127.0.0.1:${node.ready.http}/w/parla.js`);
  assert.equal(widget.status, 200);
  assert.match(widget.headers.get('content-type') ?? '', /javascript/);
  node.signal('SIGTERM');
  const { status } = await node.finished;
  assert.equal(status, 0, node.stderr());
});

test('the package carries JavaScript and types for the library, and no TypeScript that Node would have to run', {
  skip,
}, () => {
  const { files } = project;
  for (const wanted of ['build/runtime/mod.js', 'build/runtime/mod.d.ts', 'runtime/README.md', 'LICENSE']) {
    assert.ok(files.includes(wanted), `${wanted} is packed`);
  }
  const sources = files.filter((file) => /(?<!\.d)\.tsx?$/.test(file));
  // What a browser gets is bundled by esbuild, which strips types wherever it finds them.
  assert.deepEqual(
    sources.filter((file) => !/^(web\/|rpc\/[a-z-]*contract\.ts$)/.test(file)),
    [],
  );
  const strangers = files.filter((file) => /^(test|bench|data|node_modules|\.git)/.test(file));
  assert.deepEqual(strangers, []);
});

const readme = readFileSync(join(repository, 'runtime/README.md'), 'utf8');

for (const file of ['ten-lines.mjs', 'example.ts']) {
  test(`the README shows ${file} exactly as it runs here`, () => {
    const [, ...body] = readFileSync(join(repository, 'runtime', file), 'utf8').split('\n\n');
    assert.ok(
      readme.includes(`\n${body.join('\n\n')}\`\`\`\n`),
      `${file} without its opening comment is in the README`,
    );
  });
}

test('everything that the library exports says what it is', () => {
  const face = readFileSync(join(repository, 'runtime/mod.ts'), 'utf8');
  const silent = [...face.matchAll(/export (?:type )?\{([^}]*)\} from '\.\/([^']+)'/g)].flatMap(
    ([, names = '', file]) => {
      const source = readFileSync(join(repository, 'runtime', file ?? ''), 'utf8');
      return names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '' && !isDocumented(source, name))
        .map((name) => `${file}: ${name}`);
    },
  );
  assert.deepEqual(silent, []);
});

/** A docstring ends on the line above; a linter's exception may stand between. */
function isDocumented(source: string, name: string): boolean {
  const declared = `export (?:async )?(?:const|function|class|interface|type) ${name}\\b`;
  return new RegExp(`\\*/\\n(?://.*\\n)*${declared}`).test(source);
}

test('every relative link of the README leads to a file', () => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, link = '']) => link);
  const missing = links.filter((link) => globSync(link, { cwd: join(repository, 'runtime') }).length === 0);
  assert.deepEqual(missing, []);
});
