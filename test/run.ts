// Owns `npm test`: types, lint and format first, then every test file, then what was skipped and why.
// It never passes over a skip where PARLA_TEST_ALL=1 says that everything is installed.
//
//   npm test                     everything
//   npm test -- test/rpc         files below a path, without the check

import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');
/** Two cores are what a small machine has; more at once and the slow ones disturb the timed ones. */
const filesAtOnce = 2;
/** Of one test, which is then cancelled; no file takes as long. */
const testMsMax = 600_000;
/** Of one file: its process no longer answers, and cannot cancel anything. */
const fileMsMax = testMsMax + 60_000;
/** Makes a process that does not end after its tests say why, and fail. */
const mustEnd = pathToFileURL(join(root, 'test/support/must-end.ts')).href;
/** What measures how soon something is answered has the machine to itself, after all others. */
const alone = 'test/faults/';

interface TestEvent {
  readonly type: string;
  readonly data?: {
    readonly name?: string;
    readonly file?: string;
    readonly skip?: string | boolean;
    readonly nesting?: number;
  };
}

interface Skip {
  readonly name: string;
  readonly why: string;
}

/** `npm run check` in this process's own Node, so that it is the same with an older one on the PATH. */
function check(): boolean {
  const steps = [
    ['typescript/bin/tsc', '-p', '.'],
    ['typescript/bin/tsc', '-p', 'web'],
    ['@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
  ];
  return steps.every(([tool = '', ...rest]) => {
    const done = spawnSync(process.execPath, [join(root, 'node_modules', tool), ...rest], {
      cwd: root,
      stdio: 'inherit',
    });
    if (done.status !== 0) process.stderr.write(`check failed: ${tool} ${rest.join(' ')}\n`);
    return done.status === 0;
  });
}

/** Passes every event on, and puts the list of skips before the summary, so that the counts come last. */
async function* withSkips(events: AsyncIterable<TestEvent>, skips: Skip[]): AsyncGenerator<TestEvent> {
  for await (const event of events) {
    const { name = '', skip, file, nesting } = event.data ?? {};
    if (event.type === 'test:pass' && skip !== undefined)
      skips.push({ name, why: skip === true ? 'no reason given' : String(skip) });
    if (event.type === 'test:plan' && nesting === 0 && file === undefined) yield printed(skipText(skips));
    yield event;
  }
}

function printed(message: string): TestEvent {
  return { type: 'test:stdout', data: { message } } as TestEvent;
}

function skipText(skips: readonly Skip[]): string {
  const reasons = Map.groupBy(skips, (skip) => skip.why);
  const lines = [...reasons].map(([why, those]) => `  ${why}:\n${those.map((one) => `    - ${one.name}\n`).join('')}`);
  return skips.length === 0 ? '\nNothing was skipped.\n' : `\nSkipped:\n${lines.join('')}`;
}

function chosen(paths: readonly string[]): string[] {
  const all = globSync('test/**/*.test.ts', { cwd: root }).sort();
  const wanted = paths.map((path) => path.replace(/^\.\//, ''));
  const files = wanted.length === 0 ? all : all.filter((file) => wanted.some((path) => file.startsWith(path)));
  return files.map((file) => join(root, file));
}

const paths = process.argv.slice(2);
const files = chosen(paths);
if (files.length === 0) {
  process.stderr.write(`no test file below ${paths.join(', ')}\n`);
  process.exit(1);
}
if (paths.length === 0 && !check()) process.exit(1);

/** The runner waits for a process without end: whatever is running is killed, and the rest is not run. */
function abandon(file: string): never {
  process.stderr.write(`${file} has not ended after ${fileMsMax / 1_000} s: everything is given up\n`);
  const { libuv } = process.report.getReport() as unknown as { readonly libuv: readonly { readonly pid?: number }[] };
  for (const { pid } of libuv) if (pid !== undefined) process.kill(pid, 'SIGKILL');
  process.exit(1);
}

async function play(some: readonly string[], concurrency: number): Promise<readonly Skip[]> {
  if (some.length === 0) return [];
  const skips: Skip[] = [];
  const execArgv = ['--import', mustEnd];
  const stream = run({ files: [...some], concurrency, timeout: testMsMax, cwd: root, execArgv });
  stream.on('test:fail', () => {
    process.exitCode = 1;
  });
  const overdue = new Map<string, NodeJS.Timeout>();
  stream.on('test:dequeue', ({ name }) => {
    if (some.includes(name)) overdue.set(name, setTimeout(() => abandon(name), fileMsMax).unref());
  });
  stream.on('test:complete', ({ name }) => clearTimeout(overdue.get(name)));
  const report = stream.compose((events: AsyncIterable<TestEvent>) => withSkips(events, skips)).compose(new spec());
  for await (const chunk of report) process.stdout.write(chunk);
  return skips;
}

const { together = [], apart = [] } = Object.groupBy(files, (file) =>
  file.startsWith(join(root, alone)) ? 'apart' : 'together',
);
const skips = [...(await play(together, filesAtOnce)), ...(await play(apart, 1))];
if (process.env.PARLA_TEST_ALL === '1' && skips.length > 0) {
  process.stderr.write(`PARLA_TEST_ALL=1 and ${skips.length} skipped: install what is missing\n`);
  process.exitCode = 1;
}
