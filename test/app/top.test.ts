// Owns the proof of `parla top`: what it shows of an observation, what it prints for scripts, and how a terminal is left.
// The figures themselves are the runtime's, and tested there.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { topLines } from '../../app/top.ts';
import type { Observation, ThreadSample } from '../../rpc/mod.ts';
import { needs } from '../support/needs.ts';
import { entry, freshDataDir, nodeEnv, parla, startNodeProcess } from '../support/parla-process.ts';

const at = Date.UTC(2026, 0, 2, 3, 4, 5);
const escapeCode = '\u001b';

test('a script gets one JSON document, and a pipe plain text without colours', async (t) => {
  const env = nodeEnv(freshDataDir(t));
  await startNodeProcess(t, env);
  const json = await parla(['top', '--once', '--json'], env);
  assert.deepEqual([json.status, json.stderr], [0, '']);
  const seen = JSON.parse(json.stdout) as Observation;
  assert.deepEqual(
    seen.threads.map(({ name }) => name).filter((name) => !name.startsWith('scheduler')),
    ['edge', 'gate sql', 'gate journal', 'gate cache'],
  );
  assert(seen.tree.some(({ label, status }) => label === 'store' && status === 'running'));
  assert.deepEqual(
    seen.gates
      .map(({ backend, target }) => [backend, target])
      .toSorted()
      .toReversed(),
    [
      ['sql', 'parla.db'],
      ['journal', 'journal.db'],
    ],
  );
  const text = await parla(['top', '--once'], env);
  assert.equal(text.status, 0);
  assert.match(text.stdout, /^Parla /);
  assert.match(text.stdout, /^gate sql /m);
  assert(!text.stdout.includes(escapeCode));
});

test('where no node runs it says so in one line', async (t) => {
  const end = await parla(['top', '--once'], nodeEnv(freshDataDir(t)));
  assert.deepEqual([end.status, end.stdout], [1, '']);
  assert.match(end.stderr, /^parla: no node runs on PARLA_DATA_DIR=.*\n$/);
});

test('on a terminal it goes on until q, and gives the screen and the cursor back', {
  skip: needs('tmux'),
}, async (t) => {
  const dataDir = freshDataDir(t);
  await startNodeProcess(t, nodeEnv(dataDir));
  const socket = `parla-top-${process.pid}`;
  const tmux = (...args: readonly string[]) => spawnSync('tmux', ['-L', socket, ...args], { encoding: 'utf8' }).stdout;
  t.after(() => tmux('kill-server'));
  const command = `PARLA_DATA_DIR='${dataDir}' '${process.execPath}' '${entry}' top; echo "ended with $?"; exec cat`;
  tmux('-f', '/dev/null', 'new-session', '-d', '-x', '100', '-y', '30', command);
  await shown(tmux, /gate sql/);
  tmux('send-keys', 'q');
  const after = await shown(tmux, /ended with 0/);
  assert.doesNotMatch(after, /gate sql/);
});

test('everything fits into the terminal, whatever lives on the node', () => {
  const seen = observation({ actors: 500 });
  for (const [columns, rows] of [
    [80, 24],
    [60, 10],
    [200, 60],
  ] as const) {
    const lines = topLines(seen, [1, 2, 3], { columns, rows, colours: false });
    assert(lines.length <= rows, `${lines.length} lines in ${rows}`);
  }
  const [longest = ''] = topLines(seen, [], { columns: 80, rows: 24, colours: false }).toSorted(
    (a, b) => b.length - a.length,
  );
  assert(longest.length <= 80, longest);
});

test('what waits, what crashed and what does not answer stands out in colour', () => {
  const lines = topLines(observation({ actors: 3 }), [], { columns: 100, rows: 40, colours: true });
  const line = (part: string) => lines.find((one) => one.includes(part)) ?? '';
  assert(line('session sbusy').includes(`${escapeCode}[31m`), line('session sbusy'));
  assert(line('gate sql').includes(`${escapeCode}[31mdoes not answer`));
  assert(line('linger').includes(`${escapeCode}[31m  2 ended threads linger`), line('linger'));
  assert(line('RangeError').startsWith(`${escapeCode}[31m2s ago`), line('RangeError'));
});

test('each backend has a line, and one that is lost says why and since when', () => {
  const figures = { pending: 3, calls: 900, failures: 0, restarts: 0, lastError: null, since: at - 90_000 };
  const gate = { breaker: 'closed', latencyMs: { p50: 0.42, p99: 3.14 }, ...figures } as const;
  const down = { state: 'down', breaker: 'open', failures: 7, restarts: 4, lastError: 'ECONNREFUSED' } as const;
  const seen: Observation = {
    ...observation({ actors: 1 }),
    gates: [
      { ...gate, ...down, backend: 'redis', target: '10.0.0.7:6379' },
      { ...gate, backend: 'sql', target: '10.0.0.8:3306', state: 'up' },
    ],
  };
  const lines = (colours: boolean) => topLines(seen, [], { columns: 100, rows: 40, colours });
  const line = (name: string) => lines(false).find((one) => one.startsWith(name)) ?? '';
  assert.match(line('redis'), /^redis 10\.0\.0\.7:6379 +down +0\.4 \/ 3\.1 +3 +4 ECONNREFUSED 1min ago$/);
  assert.match(line('sql 10'), /^sql 10\.0\.0\.8:3306 +up +0\.4 \/ 3\.1 +3 +0$/);
  const painted = lines(true).find((one) => one.includes('redis 10')) ?? '';
  assert(painted.startsWith(`${escapeCode}[31m`), painted);
});

async function shown(tmux: (...args: readonly string[]) => string, wanted: RegExp): Promise<string> {
  const patienceMs = 20_000;
  const end = performance.now() + patienceMs;
  for (;;) {
    const screen = tmux('capture-pane', '-p');
    if (wanted.test(screen)) return screen;
    if (performance.now() > end) throw new Error(`never ${wanted}:\n${screen}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function observation({ actors }: { readonly actors: number }): Observation {
  const sample: ThreadSample = {
    index: 0,
    actors,
    messagesPerSecond: 12_345.6,
    mailboxLongest: 240,
    loopDelayMs: 12,
    heapBytes: 5e7,
    bufferBytes: 1e6,
    cpuShare: 0.5,
    crashes: 1,
    restarts: 0,
    deadLetters: 0,
    dropped: 0,
  };
  const one = { thread: 0, behaviour: 'session', family: 'session', status: 'ready', mailboxMax: 1_000, restarts: 0 };
  const figures = { mailbox: 240, messages: 1e6, messagesPerSecond: 1e4 };
  return {
    node: 'test',
    at,
    sequence: 1,
    epoch: 'e',
    threads: [
      { index: 0, name: 'edge', kind: 'edge', answers: true },
      { index: 1, name: 'gate sql', kind: 'gate', answers: false },
    ],
    threadsLingering: 2,
    samples: [{ sequence: 1, at, threads: [sample] }],
    gates: [],
    tree: [],
    actors: Array.from({ length: actors }, (_, number) => {
      return { ...one, ...figures, pid: `0.1.${number}`, label: `session sbusy${number}…` };
    }),
    crashes: [
      {
        at: at - 2_000,
        pid: '0.1.9',
        thread: 0,
        behaviour: 'room',
        label: 'room r12345…',
        reason: `RangeError: ${'long '.repeat(40)}`,
        message: 'cast crash',
      },
    ],
    deadLetters: [],
  };
}
