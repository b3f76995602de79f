// Owns Parla as a process of its own for tests: commands that run to their end, and nodes that run until they are told.
// Every directory and process it makes is gone when its test is over.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export const entry = join(import.meta.dirname, '../../app/parla.mjs');

export type Env = { readonly [name: string]: string };

export interface Finished {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ReadyLine {
  readonly msg: 'ready';
  readonly http: number;
  readonly xmpp: number;
  readonly xmpps: number;
  readonly domain: string;
  readonly node: string;
  readonly pid: number;
}

export interface RunningNode {
  readonly ready: ReadyLine;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  signal(name: NodeJS.Signals): void;
  finished: Promise<Finished>;
}

const startMsMax = 30_000;

export function freshDataDir(t: TestContext): string {
  const parent = mkdtempSync(join(tmpdir(), 'parla-test-'));
  t.after(() => rmSync(parent, { recursive: true, force: true }));
  return join(parent, 'data');
}

/** Free ports and a data directory; nothing of the tester's own settings. */
export function nodeEnv(dataDir: string, more: Env = {}): Env {
  return { PARLA_HTTP_PORT: '0', PARLA_XMPP_PORT: '0', PARLA_XMPPS_PORT: '0', PARLA_DATA_DIR: dataDir, ...more };
}

/** A command, from its start to its end. */
export async function parla(args: readonly string[], env: Env, stdin = ''): Promise<Finished> {
  const child = launch(args, env);
  child.process.stdin?.end(stdin);
  return child.finished;
}

/** A node that has said that it is ready; `program` is an installed `parla` instead of the repository's. */
export async function startNodeProcess(t: TestContext, env: Env, program = entry): Promise<RunningNode> {
  const child = launch(['start'], env, program);
  t.after(async () => {
    child.process.kill('SIGKILL');
    await child.finished;
  });
  const ready = await readyLine(child);
  return {
    ready,
    pid: ready.pid,
    stdout: child.stdout,
    stderr: child.stderr,
    signal: (name) => void child.process.kill(name),
    finished: child.finished,
  };
}

interface Launched {
  readonly process: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly finished: Promise<Finished>;
}

function launch(args: readonly string[], env: Env, program = entry): Launched {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH, HOME, ...env },
    cwd: tmpdir(),
    stdio: 'pipe',
  });
  const out: string[] = [];
  const err: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
  child.stdin.on('error', () => child.stdin.destroy());
  const [stdout, stderr] = [() => out.join(''), () => err.join('')];
  const finished = once(child, 'close').then(
    ([status, signal]) => ({ status, signal, stdout: stdout(), stderr: stderr() }) as Finished,
  );
  return { process: child, stdout, stderr, finished };
}

function readyLine(child: Launched): Promise<ReadyLine> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`not ready in time:\n${child.stdout()}\n${child.stderr()}`)),
      startMsMax,
    );
    const look = () => {
      const line = child
        .stdout()
        .split('\n')
        .slice(0, -1)
        .find((one) => one.startsWith('{'));
      if (line === undefined) return;
      clearTimeout(late);
      resolve(JSON.parse(line) as ReadyLine);
    };
    child.process.stdout?.on('data', look);
    void child.finished.then((end) => {
      clearTimeout(late);
      reject(new Error(`ended with ${end.status ?? end.signal} before it was ready:\n${end.stdout}\n${end.stderr}`));
    });
  });
}
