// Owns the threads of one node as the edge keeps them: begins their lives, joins them by ports, ends and replaces them.
// It knows nothing of actors: what a lost thread means to them is told to the edge's ActorThread and to every other.

import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Heartbeat, heartbeatMemory } from './heartbeat.ts';
import { Lingerers } from './lingerers.ts';
import type { CompleteNodeOptions } from './node-options.ts';
import { type OpenThread, openThread, type ThreadPlan } from './pool.ts';
import { Spare } from './spare.ts';
import type { ActorThread } from './thread.ts';
import { ThreadKillers } from './thread-killers.ts';
import { edgeThread, threadCount, threadName } from './topology.ts';
import { type Verdict, Watchdog } from './watchdog.ts';
import type { ToThreadWire } from './wire.ts';

const threadStuckMsDefault = 1_000;
const edgeStuckMsDefault = 10_000;
/** The thread that watches the edge. */
const edgeWatcher = 1;
const beatsPerLimit = 10;
/** A thread that misses so many beats is asked from outside for its buffers; one missed may be chance. */
const silentBeats = 1.5;
const bootMsMax = 30_000;
const haltMsMax = 1_000;
/** How long a thread that has grown too big may go on to end its work, and the way there and back. */
const drainMsMax = 1_000;
const drainMarginMs = 250;
const heapBytesMaxDefault = 2 * 1024 ** 3;
const bufferBytesMaxDefault = 512 * 1024 ** 2;
const bytesPerKib = 1_024;
/** The wait before a thread that never came up is tried again, doubled up to the most. */
const retryMinMs = 100;
const retryMaxMs = 5_000;

interface Slot {
  readonly thread: number;
  readonly ownsFiles: boolean;
  readonly heapBytesMax: number;
  readonly heartbeat: Heartbeat;
  incarnation: number;
  life: OpenThread | null;
  up: boolean;
  bootingSince: number;
  /** It has grown too big, and does what it can before its end. */
  draining: { readonly reason: string; readonly until: number } | null;
  /** The life that was asked for its buffers and has not answered. */
  asked: OpenThread | null;
  /** Lives in a row that ended before they were up. */
  failures: number;
}

export class Fleet {
  readonly #options: CompleteNodeOptions;
  readonly #edge: ActorThread;
  readonly #memory: SharedArrayBuffer;
  readonly #edgeHeart: Heartbeat;
  readonly #slots: Slot[];
  readonly #watchdog: Watchdog;
  readonly #killers = new ThreadKillers();
  readonly #spare: Spare;
  readonly #lingerers = new Lingerers();
  readonly #beatMs: number;
  readonly #retries = new Set<NodeJS.Timeout>();
  #ticking: NodeJS.Timeout | null = null;
  #firstUp: { readonly resolve: () => void; readonly reject: (error: Error) => void } | null = null;
  #stopping = false;
  restarts = 0;

  constructor(edge: ActorThread, options: CompleteNodeOptions) {
    const { threadStuckMs: stuckMs = threadStuckMsDefault, bufferBytesMax = bufferBytesMaxDefault } = options;
    this.#options = options;
    this.#edge = edge;
    this.#beatMs = Math.max(1, Math.floor(stuckMs / beatsPerLimit));
    this.#memory = heartbeatMemory(threadCount(edge.topology));
    this.#edgeHeart = new Heartbeat({ heartbeats: this.#memory, thread: edgeThread });
    this.#watchdog = new Watchdog({ stuckMs, tickMs: this.#beatMs, bufferBytesMax });
    this.#spare = new Spare(this.#plan(options.schedulerHeapBytesMax ?? heapBytesMaxDefault));
    this.#slots = Array.from({ length: threadCount(edge.topology) - 1 }, (_, i) => this.#newSlot(i + 1));
  }

  /** Resolves when all threads are up; the first that fails before rejects. */
  start(): Promise<void> {
    for (const { thread } of this.#slots) this.#edge.transport.disconnect(thread, 0);
    this.#ticking = setInterval(() => this.#tick(), this.#beatMs);
    return new Promise((resolve, reject) => {
      this.#firstUp = { resolve, reject };
      for (const slot of this.#slots) this.#begin(slot);
      if (this.#slots.length === 0) resolve();
    });
  }

  threads(): number[] {
    return this.#slots.filter(({ life }) => life !== null).map(({ thread }) => thread);
  }

  isUp(thread: number): boolean {
    return this.#slots[thread - 1]?.up === true;
  }

  /** Ended, but still inside native code. */
  get lingering(): number {
    return this.#lingerers.count;
  }

  tell(wire: ToThreadWire, except: number): void {
    for (const { thread, life } of this.#slots) {
      if (life !== null && thread !== except) this.#edge.transmit(thread, wire);
    }
  }

  ready(thread: number): void {
    const slot = this.#slots[thread - 1];
    if (slot === undefined || slot.life === null) return;
    slot.up = true;
    slot.failures = 0;
    this.#options.onThread?.({ type: 'up', thread: this.#name(slot), index: thread });
    if (!this.#slots.every(({ up }) => up)) return;
    this.#firstUp?.resolve();
    this.#spare.keep();
  }

  /** It did what it could: now it is replaced. */
  drained(thread: number): void {
    const draining = this.#slots[thread - 1]?.draining ?? null;
    if (draining !== null) void this.lose(thread, draining.reason);
  }

  /** Ends a life at once, and begins the next. */
  async lose(thread: number, reason: string): Promise<void> {
    const slot = this.#slots[thread - 1];
    const life = slot?.life ?? null;
    if (slot === undefined || life === null) return;
    const wasUp = slot.up;
    slot.life = null;
    slot.up = false;
    this.#watchdog.forget(thread);
    this.#edge.threadLost(thread, slot.incarnation);
    this.tell({ kind: 'lost', thread, incarnation: slot.incarnation }, thread);
    const gone = this.#end(life);
    if (this.#stopping) return gone;
    this.restarts++;
    this.#edge.log('error', 'thread lost', { lost: this.#name(slot), reason });
    this.#options.onThread?.({ type: 'lost', thread: this.#name(slot), index: thread, reason });
    if (!wasUp) this.#firstUp?.reject(new Error(`${this.#name(slot)} did not start: ${reason}`));
    if (slot.ownsFiles) await gone;
    else if (this.#lingerers.isFull) await this.#roomFor(slot);
    this.#beginAgain(slot, wasUp);
    await gone;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#ticking !== null) clearInterval(this.#ticking);
    for (const retry of this.#retries) clearTimeout(retry);
    this.tell({ kind: 'halt' }, edgeThread);
    this.#edge.transport.flush();
    const lives = this.#slots.map(({ life }) => life).filter((life) => life !== null);
    await Promise.all([this.#spare.end(), ...lives.map((life) => this.#halted(life))]);
  }

  async #roomFor(slot: Slot): Promise<void> {
    const { count } = this.#lingerers;
    this.#edge.log('error', 'thread not replaced before another is gone', { lost: this.#name(slot), lingering: count });
    await this.#lingerers.room();
  }

  async #halted(life: OpenThread): Promise<void> {
    let tooLong: NodeJS.Timeout | undefined;
    const waited = new Promise<null>((resolve) => {
      tooLong = setTimeout(resolve, haltMsMax, null);
    });
    await Promise.race([life.over, waited]);
    clearTimeout(tooLong);
    await this.#end(life);
  }

  async #end(life: OpenThread): Promise<void> {
    // The promise of a thread in native code settles only when that returns; nobody but a file owner waits for it.
    this.#lingerers.add(life.exited);
    void life.terminate();
    await life.exited;
  }

  #plan(heapBytesMax: number): ThreadPlan {
    return { entry: this.#options.threadEntry, heapBytesMax, heartbeats: this.#memory, rehearses: false };
  }

  #newSlot(thread: number): Slot {
    const gate = this.#options.gates[thread - 1 - this.#options.schedulers];
    return {
      thread,
      ownsFiles: gate?.ownsFiles ?? false,
      heapBytesMax: gate?.heapBytesMax ?? this.#options.schedulerHeapBytesMax ?? heapBytesMaxDefault,
      heartbeat: new Heartbeat({ heartbeats: this.#memory, thread }),
      incarnation: 0,
      life: null,
      up: false,
      bootingSince: 0,
      draining: null,
      asked: null,
      failures: 0,
    };
  }

  #begin(slot: Slot): void {
    if (this.#stopping) return;
    const { thread, heapBytesMax } = slot;
    const incarnation = ++slot.incarnation;
    slot.heartbeat.reset();
    slot.draining = null;
    slot.bootingSince = this.#edge.clock.monotonic();
    const boot = {
      node: this.#edge.node,
      thread,
      incarnation,
      topology: this.#edge.topology,
      families: thread <= this.#edge.topology.schedulers ? this.#options.families : [],
      registry: this.#edge.registry.snapshot(),
      beatMs: this.#beatMs,
      edgeStuckMs: thread === edgeWatcher ? (this.#options.edgeStuckMs ?? edgeStuckMsDefault) : 0,
      shunned: this.#killers.shunned(this.#edge.clock.monotonic()),
      peers: this.#join(slot),
    };
    const life = this.#spare.take(heapBytesMax) ?? openThread(this.#plan(heapBytesMax));
    slot.life = life;
    life.begin(boot);
    void life.over.then((reason) => {
      if (slot.life === life && !this.#stopping) void this.lose(thread, reason ?? 'it halted');
    });
  }

  /** One channel to the edge and to each thread that lives; the others join when their next life begins. */
  #join(slot: Slot) {
    const { thread, incarnation } = slot;
    const toEdge = new MessageChannel();
    this.#edge.transport.connect(thread, incarnation, toEdge.port1);
    const peers: { thread: number; incarnation: number; port: MessagePort | null }[] = [
      { thread: edgeThread, incarnation: this.#edge.incarnation, port: toEdge.port2 },
    ];
    for (const other of this.#slots) {
      if (other === slot) continue;
      if (other.life === null) {
        peers.push({ thread: other.thread, incarnation: other.incarnation + 1, port: null });
        continue;
      }
      const channel = new MessageChannel();
      peers.push({ thread: other.thread, incarnation: other.incarnation, port: channel.port1 });
      this.#edge.transport.sendPort(other.thread, { kind: 'connect', thread, incarnation, port: channel.port2 });
    }
    return peers;
  }

  #beginAgain(slot: Slot, wasUp: boolean): void {
    if (wasUp) {
      this.#begin(slot);
      return;
    }
    const wait = Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(slot.failures++, 10));
    const retry = setTimeout(() => {
      this.#retries.delete(retry);
      this.#begin(slot);
    }, wait);
    this.#retries.add(retry);
  }

  #tick(): void {
    const now = this.#edge.clock.monotonic();
    this.#edgeHeart.beat();
    const up = this.#slots.filter((slot) => slot.up);
    for (const slot of up) this.#askSilent(slot);
    const verdict = this.#watchdog.look(now, up);
    if (verdict !== null) this.#condemn(verdict, now);
    for (const { thread, life, up, bootingSince, draining } of this.#slots) {
      if (life !== null && !up && now - bootingSince > bootMsMax) void this.lose(thread, 'it did not come up');
      if (draining !== null && now > draining.until) void this.lose(thread, draining.reason);
    }
  }

  /** A loop that hoards buffers without an end tells nobody: without this it had until the limit for stuck threads. */
  #askSilent(slot: Slot): void {
    const { thread, life } = slot;
    if (life === null || slot.asked === life || this.#watchdog.silentMs(thread) < silentBeats * this.#beatMs) return;
    slot.asked = life;
    void life.bufferBytes().then((bytes) => {
      if (slot.asked === life) slot.asked = null;
      if (bytes !== null && slot.life === life) slot.heartbeat.bufferKib = Math.ceil(bytes / bytesPerKib);
    });
  }

  #condemn({ thread, kind, reason }: Verdict, now: number): void {
    const atWork = this.#slots[thread - 1]?.heartbeat.atWork ?? 0;
    if (kind === 'memory') {
      this.#drain(thread, reason, now);
      return;
    }
    if (kind === 'spun' && atWork !== 0) this.#killers.killed(atWork, now);
    void this.lose(thread, reason);
  }

  #drain(thread: number, reason: string, now: number): void {
    const slot = this.#slots[thread - 1];
    if (slot === undefined || slot.draining !== null) return;
    slot.draining = { reason, until: now + drainMsMax + drainMarginMs };
    this.#edge.transmit(thread, { kind: 'drain', withinMs: drainMsMax });
    this.#edge.log('warn', 'thread drains', { drains: this.#name(slot), reason });
  }

  #name({ thread }: Slot): string {
    return threadName(this.#edge.topology, thread);
  }
}
