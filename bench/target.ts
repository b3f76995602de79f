// Owns the node that a benchmark talks to: one of its own on loopback, with operators made for the run, or one that runs.
// It sends no load; ending a target ends only what was started here.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchmarkRequest, textOption } from './benchmark.ts';
import { type NodeProcess, startNodeProcess } from './node-process.ts';
import { type OperatorOptions, XmppOperator } from './xmpp-operator.ts';

export const targetOptions = [
  { name: 'url', help: 'a node that runs already (then --xmpp, --domain, --login and --pid too)', byDefault: '' },
  { name: 'xmpp', help: "port of that node's Jabber endpoint", byDefault: '5222' },
  { name: 'domain', help: "that node's Jabber domain", byDefault: 'localhost' },
  { name: 'login', help: 'NAME:PASSWORD of its operators, comma between them', byDefault: '' },
  { name: 'pid', help: 'process id of that node, for CPU time and memory', byDefault: '' },
] as const;

export interface Target {
  readonly url: string;
  /** Null: a node elsewhere, of which no CPU time can be read. */
  readonly pid: number | null;
  readonly adminToken: string | null;
  readonly operators: readonly XmppOperator[];
  alive(): boolean;
  output(): string;
  /** More operators, logged in; not for a node that ran before. */
  hire(count: number): Promise<void>;
  /** An operator's account for somebody who speaks for himself; not for a node that ran before. */
  account(): Promise<OperatorOptions>;
  end(): Promise<void>;
}

export async function openTarget(request: BenchmarkRequest, operators: number): Promise<Target> {
  const url = textOption(request, 'url');
  return url === null ? ownTarget(operators) : runningTarget(request, url);
}

/** `environment`: more settings of the node, such as the servers that it uses. */
export async function ownTarget(
  operators: number,
  environment: { readonly [name: string]: string } = {},
): Promise<Target> {
  const dataDir = mkdtempSync(join(tmpdir(), 'parla-bench-'));
  const node = await startNodeProcess({ dataDir, environment: { PARLA_TRUSTED_PROXIES: '127.0.0.1', ...environment } });
  const made: XmppOperator[] = [];
  const hire = async (count: number) => {
    const newcomers: XmppOperator[] = [];
    for (let more = 1; more <= count; more += 1) {
      newcomers.push(new XmppOperator(await makeAccount(node, `bench${made.length + more}`)));
    }
    await Promise.all(newcomers.map((operator) => operator.login()));
    made.push(...newcomers);
  };
  await hire(operators);
  let guests = 0;
  return {
    url: node.url,
    pid: node.pid,
    adminToken: node.adminToken,
    operators: made,
    alive: node.alive,
    output: node.output,
    hire,
    account: () => {
      guests += 1;
      return makeAccount(node, `guest${guests}`);
    },
    end: async () => {
      await Promise.all(made.map((operator) => operator.logout()));
      await node.end('SIGTERM');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function makeAccount(node: NodeProcess, name: string): Promise<OperatorOptions> {
  const password = randomBytes(12).toString('hex');
  const add = () => node.command(['operator', 'add', name, '--site', 'demo', '--password-stdin'], `${password}\n`);
  // A machine that is busy with four servers' starts may be too slow for the first try, and is told so.
  await add().catch(() => add());
  return { port: node.xmpp, domain: node.domain, name, password };
}

async function runningTarget(request: BenchmarkRequest, url: string): Promise<Target> {
  const logins = (textOption(request, 'login') ?? '').split(',').filter((each) => each.includes(':'));
  if (logins.length === 0) throw new Error('--url needs --login NAME:PASSWORD');
  const made = logins.map((login) => {
    const [name = '', ...password] = login.split(':');
    const port = Number(textOption(request, 'xmpp'));
    return new XmppOperator({ port, domain: textOption(request, 'domain') ?? '', name, password: password.join(':') });
  });
  await Promise.all(made.map((operator) => operator.login()));
  const pid = textOption(request, 'pid');
  return {
    url,
    pid: pid === null ? null : Number(pid),
    adminToken: null,
    operators: made,
    alive: () => true,
    output: () => '',
    hire: () => Promise.reject(new Error('operators of a node that ran before are named with --login')),
    account: () => Promise.reject(new Error('operators of a node that ran before are named with --login')),
    end: async () => {
      await Promise.all(made.map((operator) => operator.logout()));
    },
  };
}
