// Owns the old way as a child process: its start, the requests it gets, its statements, its end.
// It measures nothing itself.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keepAliveAgent, post } from './rpc-client.ts';

const attemptsMax = 5;
const entry = fileURLToPath(new URL('./old-way.ts', import.meta.url));

export class OldWay {
  readonly pid: number;
  readonly #url: string;
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #agent: Agent = keepAliveAgent();

  private constructor(started: { url: string; pid: number; child: ChildProcess; directory: string }) {
    this.pid = started.pid;
    this.#url = started.url;
    this.#child = started.child;
    this.#directory = started.directory;
  }

  /** Its database: the MySQL of that URL, `nothing`, else a SQLite file of its own. */
  static async start(databaseUrl: string | null = null): Promise<OldWay> {
    const directory = mkdtempSync(join(tmpdir(), 'old-way-'));
    const child = spawn(process.execPath, [entry, databaseUrl ?? join(directory, 'old.db')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    process.once('exit', () => child.kill('SIGKILL'));
    const line = await new Promise<string>((resolve, reject) => {
      child.stdout.setEncoding('utf8').once('data', resolve);
      child.once('exit', (code) => reject(new Error(`the old way ended with ${code}`)));
    });
    const ready: { http: number; pid: number } = JSON.parse(line);
    return new OldWay({ url: `http://127.0.0.1:${ready.http}`, pid: ready.pid, child, directory });
  }

  async rpc(session: string, method: string, params: { readonly [name: string]: unknown }): Promise<void> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    await this.#post(`/rpc?s=${session}`, body);
  }

  async say(session: string, text: string): Promise<void> {
    await this.#post(`/say?s=${session}`, text);
  }

  /** A kept connection that the server closes at that moment is no answer: then the request is made again. */
  async #post(path: string, body: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await post({ url: this.#url, agent: this.#agent, path, body });
        return;
      } catch (error) {
        if (attempt === attemptsMax) throw error;
      }
    }
  }

  /** `verb table` -> statements executed. */
  async statements(): Promise<ReadonlyMap<string, number>> {
    const answer = await fetch(`${this.#url}/stats`);
    const document: { [key: string]: number } = JSON.parse(await answer.text());
    return new Map(Object.entries(document));
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
    this.#agent.destroy();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
