// Owns a real server as a process of a test's own: on a free loopback port, in a directory of its own, killed, paused, started again.
// It never outlives the process that started it, and never touches a server that was there before.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type TemporaryDirectory, temporaryDirectory } from '../temporary.ts';

/** One server, which keeps its port and its data over every restart until `stop`. */
export interface Backend {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** The directory with its data and its log; gone after `stop`. */
  readonly directory: string;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** On the same port with the same data; resolves when it answers. Nothing where it runs already. */
  start(): Promise<void>;
  /** SIGSTOP: the kernel still takes connections and bytes, nobody answers. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** For good. */
  stop(): Promise<void>;
}

export interface Program {
  readonly name: string;
  readonly command: (place: { readonly port: number; readonly directory: string }) => readonly [string, ...string[]];
  /** Throws while the server does not answer yet. */
  readonly ready: (place: { readonly port: number; readonly directory: string }) => Promise<void>;
  /** Before the first start only. */
  readonly prepare?: (directory: string) => Promise<void>;
}

const host = '127.0.0.1';
/** Linux gives those of 32,768 and more to whoever connects; a Redis in a Cluster also takes the one 10,000 above its own. */
const ports = { first: 12_000, beyond: 22_000 };
/** None twice: whoever was given one may not have begun to listen yet. */
const given = new Set<number>();
const startMsMax = 30_000;
const stopMsMax = 1_000;
const readyEveryMs = 20;
const outputCharactersMax = 20_000;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export async function startBackend(program: Program): Promise<Backend> {
  const directory = temporaryDirectory();
  try {
    await program.prepare?.(directory.path);
    const server = new Server(program, directory, await freePort());
    await server.start();
    return server;
  } catch (error) {
    directory.remove();
    throw error;
  }
}

class Server implements Backend {
  readonly host = host;
  readonly port: number;
  readonly #program: Program;
  readonly #directory: TemporaryDirectory;
  #child: ChildProcess | null = null;
  #output = '';

  constructor(program: Program, directory: TemporaryDirectory, port: number) {
    this.#program = program;
    this.#directory = directory;
    this.port = port;
  }

  get directory(): string {
    return this.#directory.path;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.#program.name} does not run`);
    return pid;
  }

  async start(): Promise<void> {
    if (this.#child !== null) return;
    const place = { port: this.port, directory: this.directory };
    const [command, ...args] = this.#program.command(place);
    const child = spawn(command, args, { cwd: this.directory, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    running.add(child);
    child.once('close', () => this.#ended(child));
    child.once('error', (error) => this.#keep(String(error)));
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => this.#keep(text));
    const until = performance.now() + startMsMax;
    for (;;) {
      try {
        return await this.#program.ready(place);
      } catch (error) {
        if (this.#child !== child || performance.now() > until)
          throw new Error(`${this.#program.name} did not start: ${String(error)}\n${this.#output}`);
        await pause(readyEveryMs);
      }
    }
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  }

  pause(): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    process.kill(pid, 'SIGSTOP');
    // The signal is on its way when kill returns: on another core the server may answer once more.
    const until = performance.now() + stopMsMax;
    while (!isStopped(pid)) if (performance.now() > until) throw new Error(`${this.#program.name} did not stop`);
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    this.#directory.remove();
  }

  #ended(child: ChildProcess): void {
    running.delete(child);
    if (this.#child === child) this.#child = null;
  }

  #keep(text: string): void {
    this.#output = `${this.#output}${text}`.slice(-outputCharactersMax);
  }
}

/** True as well where the kernel does not say: then the signal has to be believed. */
function isStopped(pid: number): boolean {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return true;
  // `pid (name) state`: the name may hold anything but is in the last parentheses.
  return readdirSync(tasks).every((task) => /\) [TtZX] [^)]*$/.test(statusOf(`${tasks}/${task}/stat`)));
}

/** A thread that has ended meanwhile does not run. */
function statusOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ') X ';
  }
}

/** One that the kernel does not give to somebody who connects before the server has it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(ports.first, ports.beyond);
    if (given.has(port)) continue;
    given.add(port);
    const server = createServer();
    server.listen(port, host);
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** For programs that speak nothing simpler: somebody listens. */
export async function listens(port: number): Promise<void> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}
