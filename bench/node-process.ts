// Owns one Parla node that runs as a child process on loopback: start, ready line, command line, end.
// It never reaches into the node: all it knows comes from standard output, as for a person.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../app/parla.mjs', import.meta.url));
/** As `npm start` has them. */
const flags = ['--v8-pool-size=0'];
const readyMsMax = 20_000;
const commandMsMax = 20_000;
/** What is kept of a node's output for the message of a failure. */
const outputUnitsKept = 20_000;

export interface NodeProcessOptions {
  readonly dataDir: string;
  /** 0 is any free port; a node that comes back where it was names the ports it had. */
  readonly httpPort?: number;
  readonly xmppPort?: number;
  readonly xmppsPort?: number;
  readonly adminToken?: string;
  readonly environment?: { readonly [name: string]: string };
}

interface ReadyLine {
  readonly msg: 'ready';
  readonly http: number;
  readonly xmpp: number;
  readonly xmpps: number;
  readonly domain: string;
  readonly pid: number;
}

export interface NodeProcess {
  readonly url: string;
  readonly http: number;
  readonly xmpp: number;
  readonly xmpps: number;
  readonly domain: string;
  readonly pid: number;
  readonly dataDir: string;
  readonly adminToken: string;
  /** Everything it printed, last part only. */
  output(): string;
  /** True until the process has ended. */
  alive(): boolean;
  /** Resolves when the process has ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
  /** One command of the command line against this node; resolves with its standard output. */
  command(words: readonly string[], standardInput?: string): Promise<string>;
}

export async function startNodeProcess(options: NodeProcessOptions): Promise<NodeProcess> {
  const adminToken = options.adminToken ?? randomBytes(16).toString('hex');
  // Nothing of the caller's own environment or .env file reaches the node: two runs are alike everywhere.
  mkdirSync(options.dataDir, { recursive: true });
  const environment = {
    NODE_ENV: 'production',
    PARLA_DATA_DIR: options.dataDir,
    PARLA_HTTP_PORT: String(options.httpPort ?? 0),
    PARLA_XMPP_PORT: String(options.xmppPort ?? 0),
    PARLA_XMPPS_PORT: String(options.xmppsPort ?? 0),
    PARLA_ADMIN_TOKEN: adminToken,
    ...options.environment,
  };
  const child = spawn(process.execPath, [...flags, entry, 'start'], {
    cwd: options.dataDir,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const watched = watchOutput(child);
  const stopWithParent = () => child.kill('SIGKILL');
  process.once('exit', stopWithParent);
  child.once('exit', () => process.off('exit', stopWithParent));
  const ready = await watched.ready;
  return {
    url: `http://127.0.0.1:${ready.http}`,
    http: ready.http,
    xmpp: ready.xmpp,
    xmpps: ready.xmpps,
    domain: ready.domain,
    pid: ready.pid,
    dataDir: options.dataDir,
    adminToken,
    output: watched.output,
    alive: () => child.exitCode === null && child.signalCode === null,
    end: (signal) => endChild(child, signal),
    command: (words, standardInput) =>
      runCommand(words, {
        directory: options.dataDir,
        environment,
        standardInput: standardInput ?? '',
      }),
  };
}

function watchOutput(child: ChildProcess) {
  let kept = '';
  let line = '';
  const ready = new Promise<ReadyLine>((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the node was not ready after ${readyMsMax} ms:\n${kept}`));
    }, readyMsMax);
    child.once('exit', (code) => {
      clearTimeout(late);
      reject(new Error(`the node ended with ${code} before it was ready:\n${kept}`));
    });
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      kept = (kept + text).slice(-outputUnitsKept);
      const lines = (line + text).split('\n');
      line = lines.pop() ?? '';
      const found = lines.find((each) => each.startsWith('{"msg":"ready"'));
      if (found === undefined) return;
      clearTimeout(late);
      resolve(JSON.parse(found));
    });
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    kept = (kept + text).slice(-outputUnitsKept);
  });
  return { ready, output: () => kept };
}

function endChild(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.kill(signal);
  });
}

interface CommandOptions {
  readonly directory: string;
  readonly environment: { readonly [name: string]: string };
  readonly standardInput: string;
}

function runCommand(words: readonly string[], options: CommandOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [entry, ...words], {
      cwd: options.directory,
      env: options.environment,
      timeout: commandMsMax,
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`${words.join(' ')} ended with ${code}: ${err || out}`));
    });
    child.stdin.end(options.standardInput);
  });
}
