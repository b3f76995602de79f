// Owns an operator as a character of a story: a stock Jabber client library in a process of its own.
// It never talks to the server by another way; what it knows is what that client was told.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type NodeProcess, until } from '../../bench/mod.ts';
import { pythonPath } from './needs.ts';

const script = fileURLToPath(new URL('./story-operator.py', import.meta.url));
const seenMsMax = 20_000;
/** What a failure shows of the last events. */
const eventsShown = 12;

export interface ChatEvent {
  readonly event: 'message';
  readonly from: string;
  readonly id: string;
  readonly type: string;
  readonly body: string;
  readonly delay: string | null;
  readonly stanzaId: string | null;
}

export interface PresenceEvent {
  readonly event: 'presence';
  readonly from: string;
  readonly type: string;
  readonly show: string;
  readonly status: string;
}

export interface RosterEvent {
  readonly event: 'roster';
  readonly jid: string;
  readonly name: string;
  readonly groups: readonly string[];
  readonly subscription: string;
}

export type OperatorEvent =
  | ChatEvent
  | PresenceEvent
  | RosterEvent
  | { readonly event: 'online'; readonly jid: string }
  | { readonly event: 'offline' }
  | { readonly event: 'typing'; readonly from: string; readonly on: boolean }
  | { readonly event: 'kept'; readonly id: string }
  | { readonly event: 'failed'; readonly why: string };

/** A point in what an operator has seen: what comes after it is new. */
export type Mark = number;

export class StoryOperator {
  readonly name: string;
  readonly events: OperatorEvent[] = [];
  readonly #child: ChildProcess;
  #errors = '';
  #said = 0;

  constructor(name: string) {
    this.name = name;
    this.#child = spawn(pythonPath, ['-u', script], { stdio: ['pipe', 'pipe', 'pipe'] });
    let rest = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.events.push(JSON.parse(line));
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4_000);
    });
  }

  /** Logs in over STARTTLS with SCRAM, taking the node's self-signed certificate. */
  async logsIn(node: NodeProcess, password: string): Promise<void> {
    const jid = `${this.name}@${node.domain}`;
    this.#do({ do: 'login', jid, password, host: '127.0.0.1', port: node.xmpp });
    await this.sees((event) => event.event === 'online', 'to be online');
  }

  /** The client comes back after its connection was lost; it says again what was not confirmed. */
  async comesBack(): Promise<void> {
    const isAway = () =>
      this.events.findLast(({ event }) => event === 'online' || event === 'offline')?.event === 'offline';
    await until(isAway, { what: `${this.name} to notice the loss`, deadlineMs: seenMsMax });
    const mark = this.mark();
    this.#do({ do: 'connect' });
    await this.sees((event) => event.event === 'online', 'to be online again', mark);
  }

  /** Returns the message's id; `kept` says when the server has confirmed it. */
  says(to: string, text: string): string {
    this.#said += 1;
    const id = `${this.name}-${this.#said}`;
    this.#do({ do: 'say', to, text, id });
    return id;
  }

  kept(id: string): Promise<OperatorEvent> {
    return this.sees((event) => event.event === 'kept' && event.id === id, `${id} to be kept`);
  }

  types(to: string, on: boolean): void {
    this.#do({ do: 'typing', to, on });
  }

  isNow(presence: { readonly type?: string; readonly show?: string; readonly status?: string }): void {
    this.#do({ do: 'presence', ...presence });
  }

  /** The connection breaks: no goodbye. */
  drops(): void {
    this.#do({ do: 'drop' });
  }

  mark(): Mark {
    return this.events.length;
  }

  async sees(is: (event: OperatorEvent) => boolean, what: string, after: Mark = 0): Promise<OperatorEvent> {
    try {
      return await until(() => this.events.slice(after).find(is), { what, deadlineMs: seenMsMax });
    } catch (error) {
      const last = this.events.slice(-eventsShown).map((event) => JSON.stringify(event));
      throw new Error([`${this.name} ${String(error)}; last seen:`, ...last, this.#errors].join('\n'));
    }
  }

  async hears(text: string, after: Mark = 0): Promise<ChatEvent> {
    const heard = await this.sees((event) => event.event === 'message' && event.body === text, `"${text}"`, after);
    if (heard.event !== 'message') throw new Error('not a message');
    return heard;
  }

  /** What it was shown, in order; a message that came again under the same id counts once, as clients that key by id do. */
  chat(): ChatEvent[] {
    const ids = new Set<string>();
    return this.events.filter((event): event is ChatEvent => {
      if (event.event !== 'message' || event.type === 'error' || event.body.startsWith('[info]')) return false;
      const known = ids.has(event.id);
      ids.add(event.id);
      return !known;
    });
  }

  async leaves(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#do({ do: 'quit' });
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 3_000);
    await ended;
    clearTimeout(late);
  }

  #do(command: { readonly do: string; readonly [name: string]: unknown }): void {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
  }
}
