// Owns the root supervisor of a node, threaded or local: its start, its stop, and the news that it gave up.
// It never ends a thread.

import type { Pid } from './address.ts';
import { reasonText } from './failures.ts';
import type { ExitReason } from './outcome.ts';
import type { Process, ProcessOwner } from './process.ts';
import type { SupervisorSpec } from './spec.ts';
import type { ActorThread } from './thread.ts';

export class Root implements ProcessOwner {
  readonly family = null;
  readonly #thread: ActorThread;
  readonly #onFatal: (reason: ExitReason) => void;
  readonly #over: Promise<void>;
  #isOver: () => void = () => undefined;
  #pid: Pid | null = null;
  #stopping = false;

  constructor(thread: ActorThread, onFatal: (reason: ExitReason) => void) {
    this.#thread = thread;
    this.#onFatal = onFatal;
    this.#over = new Promise((resolve) => {
      this.#isOver = resolve;
    });
  }

  /** Throws when a child does not start. */
  async start(tree: SupervisorSpec): Promise<void> {
    const spec = { id: 'root', behaviour: 'supervisor', args: tree, shutdown: 'infinity' } as const;
    const started = await this.#thread.spawnRoot(spec, this);
    if (!started.ok) throw new Error(`the tree did not start: ${started.error.code}: ${started.error.message}`);
    this.#pid = started.value;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#pid === null) return;
    this.#thread.shutDown(this.#pid);
    await this.#over;
  }

  ended(_process: Process, reason: ExitReason): void {
    this.#isOver();
    if (this.#pid === null || this.#stopping) return;
    this.#pid = null;
    this.#thread.log('error', 'the root supervisor ended', { reason: reasonText(reason) });
    this.#onFatal(reason);
  }
}
