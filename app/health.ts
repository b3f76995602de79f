// Owns what /readyz and /metrics say of the backends: which of them are lost, and how each gate does.
// It asks the gates' actors, never a backend: they know without asking, and answer while their backend is dead.

import { type GateProtocol, type GateStatus, type JournalContents, journal } from '../actors/mod.ts';
import { type ActorNode, type Counter, named } from '../runtime/mod.ts';

export interface Readiness {
  readonly ready: boolean;
  readonly draining: boolean;
  readonly degraded: readonly string[];
}

const lookEveryMs = 1_000;
const answerMsMax = 400;
const msPerSecond = 1_000;

export class Health {
  #node: ActorNode | null = null;
  #names: readonly string[] = [];
  #draining = false;
  #gates: readonly GateStatus[] = [];
  #silent: readonly string[] = [];
  #journal: JournalContents | null = null;
  #timer: NodeJS.Timeout | null = null;

  /** `names`: the actors of the tree that have gates. */
  async start(node: ActorNode, names: readonly string[]): Promise<void> {
    this.#node = node;
    this.#names = names;
    await this.#look(node);
    this.#timer = setInterval(() => void this.#look(node), lookEveryMs).unref();
  }

  drain(): void {
    this.#draining = true;
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** As last seen; a backend that is lost does not make a node unready, because chat goes on. */
  readiness(): Readiness {
    const down = this.#gates.filter(({ state }) => state === 'down').map(({ backend }) => backend);
    // What the journal holds is what SQL has not taken, whatever SQL says of itself (a full disk, a lock).
    const behind = (this.#journal?.groups ?? 0) > 0 ? ['sql'] : [];
    const degraded = [...new Set([...down, ...behind, ...this.#silent])].sort();
    return { ready: this.#node !== null && !this.#draining, draining: this.#draining, degraded };
  }

  /** As they are now. */
  async gates(): Promise<readonly GateStatus[]> {
    if (this.#node !== null) await this.#look(this.#node);
    return this.#gates;
  }

  /** Names of backends whose gates' actor does not answer. */
  get silent(): readonly string[] {
    return this.#silent;
  }

  /** Names as Prometheus has them, without the prefix. */
  async numbers(): Promise<readonly Counter[]> {
    const gates = await this.gates();
    return [...gates.flatMap(gateNumbers), ...journalNumbers(this.#journal)];
  }

  async #look(node: ActorNode): Promise<void> {
    const held = node.call(journal, 'contents', {}, { deadlineMs: answerMsMax });
    const asked = await Promise.all(
      this.#names.map(async (name) => {
        const answer = await node.call(named<GateProtocol>(name), 'status', {}, { deadlineMs: answerMsMax });
        return { name, gates: answer.ok ? answer.value.gates : null };
      }),
    );
    this.#gates = asked.flatMap(({ gates }) => gates ?? []);
    const contents = await held;
    // A journal that is silent for a moment holds what it held.
    if (contents.ok) this.#journal = contents.value;
    // Its thread is being replaced, or hangs: whoever needs this backend is told no.
    this.#silent = asked.filter(({ gates }) => gates === null).map(({ name }) => (name === 'store' ? 'sql' : name));
  }
}

function gateNumbers(gate: GateStatus): readonly Counter[] {
  const labels = { backend: gate.backend, target: gate.target };
  const number = (metric: string, value: number, more = {}) => ({ metric, labels: { ...labels, ...more }, value });
  return [
    number('gate_up', gate.state === 'down' ? 0 : 1),
    number('gate_breaker_open', gate.breaker === 'closed' ? 0 : 1),
    number('gate_pending', gate.pending),
    number('gate_clients_total', gate.generation),
    number('gate_calls_total', gate.calls),
    number('gate_failures_total', gate.failures),
    number('gate_latency_ms', gate.latencyMs.p50, { quantile: '0.5' }),
    number('gate_latency_ms', gate.latencyMs.p99, { quantile: '0.99' }),
  ];
}

function journalNumbers(held: JournalContents | null): readonly Counter[] {
  if (held === null) return [];
  const number = (metric: string, value: number) => ({ metric: `journal_${metric}`, labels: {}, value });
  return [
    number('groups', held.groups),
    number('entries', held.entries),
    number('rooms', held.rooms),
    number('bytes', held.bytes),
    number('bytes_max', held.bytesMax),
    number('aside_groups', held.aside),
    number('oldest_age_seconds', held.oldestAt === null ? 0 : Math.max(0, Date.now() - held.oldestAt) / msPerSecond),
  ];
}
