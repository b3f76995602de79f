// Owns the theatre of the stories: one node on a data directory of its own, its operators, and the curtain at the end.
// It plays no part itself; a node that was killed comes back on the same directory and the same ports.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NodeProcess, startNodeProcess, until } from '../../bench/mod.ts';
import { StoryOperator } from './story-operator.ts';

const killer = new URL('./story-thread-killer.mjs', import.meta.url).href;
const usual = { PARLA_TRUSTED_PROXIES: '127.0.0.1', NODE_OPTIONS: `--import=${killer}` };

/** Whatever has to be put away when the story is over. */
interface Leaving {
  leaves(): Promise<void>;
}

export class Stage {
  readonly #directory = mkdtempSync(join(tmpdir(), 'parla-story-'));
  readonly #cast: Leaving[] = [];
  readonly #passwords = new Map<string, string>();
  readonly #environment: { readonly [name: string]: string };
  #node: NodeProcess | null = null;

  private constructor(settings: { readonly [name: string]: string }) {
    this.#environment = { ...usual, ...settings };
  }

  /** `settings`: more of the node's environment, such as the servers that it uses. */
  static async raise(settings: { readonly [name: string]: string } = {}): Promise<Stage> {
    const stage = new Stage(settings);
    stage.#node = await startNodeProcess({ dataDir: stage.#directory, environment: stage.#environment });
    return stage;
  }

  get node(): NodeProcess {
    if (this.#node === null) throw new Error('the node does not run');
    return this.#node;
  }

  /** Told to leave when the story is over, last come first. */
  enters<T extends Leaving>(character: T): T {
    this.#cast.push(character);
    return character;
  }

  /** An operator of the site who has an account and is not logged in. */
  async hires(name: string, site = 'demo'): Promise<StoryOperator> {
    const password = randomBytes(12).toString('hex');
    await this.node.command(['operator', 'add', name, '--site', site, '--password-stdin'], `${password}\n`);
    this.#passwords.set(name, password);
    return this.enters(new StoryOperator(name));
  }

  async logsIn(operator: StoryOperator): Promise<void> {
    await operator.logsIn(this.node, this.#passwords.get(operator.name) ?? '');
  }

  async operator(name: string, site = 'demo'): Promise<StoryOperator> {
    const operator = await this.hires(name, site);
    await this.logsIn(operator);
    return operator;
  }

  /** kill -9: nothing is written, nobody is told. */
  async nodeIsKilled(): Promise<void> {
    await this.node.end('SIGKILL');
  }

  /** The node's oldest worker thread ends at once, and the node notices it. */
  async threadIsKilled(): Promise<void> {
    const lostSoFar = this.#threadsLost();
    process.kill(this.node.pid, 'SIGUSR2');
    await until(() => this.#threadsLost() > lostSoFar, {
      what: 'the node to notice its lost thread',
      deadlineMs: 10_000,
    });
  }

  #threadsLost(): number {
    return this.node.output().split('thread lost').length - 1;
  }

  async nodeComesBack(): Promise<void> {
    const { http, xmpp, xmpps, adminToken } = this.node;
    this.#node = await startNodeProcess({
      dataDir: this.#directory,
      httpPort: http,
      xmppPort: xmpp,
      xmppsPort: xmpps,
      adminToken,
      environment: this.#environment,
    });
  }

  async curtain(): Promise<void> {
    for (const character of this.#cast.reverse()) await character.leaves();
    await this.#node?.end('SIGTERM');
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

export function contactOf(node: NodeProcess, session: string): string {
  return `${session}@visitors.${node.domain}`;
}
