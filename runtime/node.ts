// Owns the node: starts the threads, then the tree, and gives the handle by which the edge talks to its actors.
// It knows nothing of what the actors are for; it is the only thing that an application starts.

import { availableParallelism } from 'node:os';
import type { Address } from './address.ts';
import { systemChance, systemClock } from './clock.ts';
import { CrashReports } from './crash-reports.ts';
import { resolve, threadOf } from './delivery.ts';
import { obeyThread } from './edge.ts';
import { Fleet } from './fleet.ts';
import { inspector } from './inspect.ts';
import type { InspectOptions, Trace, TraceOptions } from './inspection.ts';
import { isLiveThread, processAt } from './kernel.ts';
import { arbiterNames } from './names.ts';
import type {
  ActorNode,
  CompleteNodeOptions,
  Inspection,
  LogLine,
  NodeOptions,
  ThreadInspection,
} from './node-options.ts';
import { pressure } from './pressure.ts';
import type { Result } from './result.ts';
import { Root } from './root.ts';
import { ActorThread } from './thread.ts';
import { edgeThread, type Topology, threadOfKey } from './topology.ts';
import { trace, traceMs } from './trace.ts';
import type { ToThreadWire } from './wire.ts';

/** A family's members get their shutdown time; this is for the way there and back. */
const stopFamilyMarginMs = 5_000;
const stopFamilyMsDefault = 5_000;
const inspectMsMax = 1_000;
/** How long a thread is waited for whose actor may have given up a name that another wants. */
const holderMsMax = 5_000;

/** Resolves when all threads are up and all children of the tree have started; otherwise nothing is left behind. */
export async function startNode(options: NodeOptions): Promise<ActorNode> {
  const node = new EdgeNode(complete(options));
  try {
    await node.start();
    return node.handle();
  } catch (thrown) {
    await node.end();
    throw thrown;
  }
}

function complete(options: NodeOptions): CompleteNodeOptions {
  return {
    node: 'node',
    schedulers: Math.max(1, availableParallelism() - 1),
    gates: [],
    families: [],
    tree: { strategy: 'oneForOne', children: [] },
    ...options,
  };
}

class EdgeNode {
  readonly #options: CompleteNodeOptions;
  readonly #edge: ActorThread;
  readonly #fleet: Fleet;
  readonly #root: Root;
  readonly #inspect: (options: InspectOptions) => ThreadInspection;
  readonly #crashes = new CrashReports();
  #ending: Promise<void> | null = null;

  constructor(options: CompleteNodeOptions) {
    const topology: Topology = { schedulers: options.schedulers, gates: options.gates.map(({ name }) => name) };
    if (options.schedulers < 1) throw new Error('a node needs at least one scheduler thread');
    const log = (line: LogLine) => options.log?.(line);
    const tell = (wire: ToThreadWire, except: number) => this.#fleet.tell(wire, except);
    this.#options = options;
    this.#edge = new ActorThread({
      node: options.node,
      thread: edgeThread,
      incarnation: 1,
      topology,
      clock: systemClock(),
      chance: systemChance(),
      behaviours: options.behaviours,
      families: [],
      log,
      crashed: (report) => this.#crashes.add(report),
      names: (edge) => {
        const hear = (thread: number) => this.#ask(thread, holderMsMax, (ref) => ({ kind: 'echo', ref }));
        return arbiterNames({ registry: edge.registry, tell, hear, isLive: (pid) => isLiveThread(edge, pid) });
      },
      control: (edge, wire, from) => obeyThread({ edge, fleet: this.#fleet, crashes: this.#crashes, log }, wire, from),
    });
    this.#fleet = new Fleet(this.#edge, options);
    this.#root = new Root(this.#edge, (reason) => options.onFatal?.(reason));
    this.#inspect = inspector(this.#edge);
  }

  async start(): Promise<void> {
    await this.#fleet.start();
    await this.#root.start(this.#options.tree);
  }

  handle(): ActorNode {
    const edge = this.#edge;
    return {
      name: edge.node,
      call: (to, name, request, options) => edge.callFromOutside(to, name, request, options) as Promise<Result<never>>,
      cast: (to, name, message) => edge.castFromOutside(to, name, message),
      pressure: (to) => pressure(edge, to),
      whereis: (name) => edge.registry.whereis(name),
      threadOf: (key) => threadOfKey(edge.topology, key),
      inspect: (options) => this.#inspectAll(options),
      trace: (address, options) => this.#trace(address, options),
      killThread: (index) => this.#fleet.lose(index, 'ended on request'),
      stop: () => this.stop(),
    };
  }

  /** Families before the tree: what they hold is written through the tree's gates. */
  async stop(): Promise<void> {
    this.#ending ??= this.#stopAll();
    return this.#ending;
  }

  async end(): Promise<void> {
    await this.#fleet.stop();
    this.#edge.halt();
  }

  async #stopAll(): Promise<void> {
    for (const { family, shutdown = stopFamilyMsDefault } of [...this.#options.families].reverse()) {
      const ms = typeof shutdown === 'number' ? shutdown : stopFamilyMsDefault;
      const threads = this.#fleet.threads().filter((thread) => thread <= this.#edge.topology.schedulers);
      await Promise.all(
        threads.map((thread) =>
          this.#ask(thread, ms + stopFamilyMarginMs, (ref) => ({ kind: 'stopFamily', ref, family })),
        ),
      );
    }
    await this.#root.stop();
    await this.end();
  }

  async #inspectAll(options: InspectOptions = {}): Promise<Inspection> {
    const asked = this.#fleet.threads().filter((thread) => this.#fleet.isUp(thread));
    const answers = await Promise.all(
      asked.map((thread) => this.#ask(thread, inspectMsMax, (ref) => ({ kind: 'inspect', ref, options }))),
    );
    const threads = [this.#inspect(options)];
    for (const answer of answers) {
      if (answer.ok) threads.push(answer.value as ThreadInspection);
    }
    const crashReports = this.#crashes.all();
    const { restarts: threadRestarts, lingering: threadsLingering } = this.#fleet;
    return { node: this.#edge.node, threads, threadRestarts, threadsLingering, crashReports };
  }

  async #trace(address: Address, options: TraceOptions = {}): Promise<Result<Trace>> {
    const edge = this.#edge;
    const to = resolve(edge, address);
    if (to === null || ('serial' in to && !isLiveThread(edge, to))) return trace(edge, null, options);
    const thread = threadOf(edge, to);
    if (thread === edgeThread) return trace(edge, processAt(edge, to), options);
    const ms = traceMs(options) + inspectMsMax;
    return (await this.#ask(thread, ms, (ref) => ({ kind: 'trace', ref, to, options }))) as Result<Trace>;
  }

  /** A question of the edge to a thread itself, under the same table as calls. */
  #ask(thread: number, ms: number, wire: (ref: number) => ToThreadWire): Promise<Result<unknown>> {
    const edge = this.#edge;
    return new Promise((resolve) => {
      const deadline = edge.clock.monotonic() + ms;
      const route = { thread, incarnation: edge.incarnationOf(thread), deadline };
      edge.transmit(thread, wire(edge.calls.ask(route, resolve)));
    });
  }
}
