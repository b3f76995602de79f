// Owns a whole node in the calling thread, with time and chance in the hands of a test: same kernel, no worker.
// It never sleeps: `advance` moves the clock, `settle` lets everything run that can.

import type { AnyBehaviour } from './behaviour.ts';
import { type Alarm, type Chance, type Clock, systemChance } from './clock.ts';
import { CrashReports } from './crash-reports.ts';
import { resolve } from './delivery.ts';
import { inspector } from './inspect.ts';
import { processAt } from './kernel.ts';
import { arbiterNames } from './names.ts';
import type { ActorNode, LogLine } from './node-options.ts';
import type { ExitReason } from './outcome.ts';
import { pressure } from './pressure.ts';
import type { Result } from './result.ts';
import { Root } from './root.ts';
import type { FamilySpec, SupervisorSpec } from './spec.ts';
import { ActorThread } from './thread.ts';
import { edgeThread, oneThread } from './topology.ts';
import { trace } from './trace.ts';

/** What a test gives to `startLocal`. Everything lives in the calling thread; a placement elsewhere is ignored. */
export interface LocalOptions {
  /** Fakes of other folders' behaviours stand here under the real names. */
  readonly behaviours: readonly AnyBehaviour[];
  readonly families?: readonly FamilySpec[];
  readonly tree?: SupervisorSpec;
  readonly node?: string;
  /** Wall clock at the start; default 2026-01-01T00:00:00Z. */
  readonly startsAt?: number;
  /** Seed of random() and randomBytes(); default 1. */
  readonly seed?: number;
  /** Real time and chance instead, for tests that talk to real sockets. */
  readonly clock?: Clock;
  readonly log?: (line: LogLine) => void;
  readonly onFatal?: (reason: ExitReason) => void;
}

/** A node whose time stands still until the test moves it. `killThread` rejects: there is no thread to end. */
export interface LocalNode extends ActorNode {
  /** Moves time forward; everything due on the way runs at its own moment, and settles before the next. */
  advance(ms: number): Promise<void>;
  /** Resolves when no actor has anything to do until time moves. */
  settle(): Promise<void>;
  now(): number;
  monotonic(): number;
}

const startsAtDefault = Date.UTC(2026, 0, 1);
/** Turns of the event loop without work after which a local node is quiet: async handlers take a few of them. */
const quietTurns = 4;

/**
 * Starts a node in the calling thread, for tests of actors: the same scheduler, supervisors and families, but no worker,
 * a clock that `advance` moves and chance from a seed. Rejects when a child of the tree does not start.
 */
export async function startLocal(options: LocalOptions): Promise<LocalNode> {
  const manual = options.clock === undefined ? new ManualClock(options.startsAt ?? startsAtDefault) : null;
  const clock = manual ?? (options.clock as Clock);
  const crashes = new CrashReports();
  const thread = newThread(options, clock, crashes);
  const root = new Root(thread, (reason) => options.onFatal?.(reason));
  const settle = () => untilQuiet(thread);
  const inspect = inspector(thread);
  await root.start(options.tree ?? { strategy: 'oneForOne', children: [] });
  return {
    name: thread.node,
    call: (to, name, request, how) => thread.callFromOutside(to, name, request, how) as Promise<Result<never>>,
    cast: (to, name, message) => thread.castFromOutside(to, name, message),
    pressure: (to) => pressure(thread, to),
    whereis: (name) => thread.registry.whereis(name),
    threadOf: () => edgeThread,
    inspect: async (how = {}) => {
      return {
        node: thread.node,
        threads: [inspect(how)],
        threadRestarts: 0,
        threadsLingering: 0,
        crashReports: crashes.all(),
      };
    },
    trace: (address, how = {}) => {
      const to = resolve(thread, address);
      return trace(thread, to === null ? null : processAt(thread, to), how);
    },
    killThread: () => Promise.reject(new Error('a local node has no thread to end')),
    async stop() {
      for (const { family } of [...(options.families ?? [])].reverse()) await thread.families.get(family)?.stop();
      await root.stop();
      thread.halt();
    },
    async advance(ms) {
      if (manual === null) throw new Error('this node runs on a clock of its own');
      await manual.advance(ms, settle);
    },
    settle,
    now: clock.now,
    monotonic: clock.monotonic,
  };
}

function newThread(options: LocalOptions, clock: Clock, crashes: CrashReports): ActorThread {
  return new ActorThread({
    node: options.node ?? 'local',
    thread: edgeThread,
    incarnation: 1,
    topology: oneThread,
    clock,
    chance: options.clock === undefined ? seededChance(options.seed ?? 1) : systemChance(),
    behaviours: options.behaviours,
    families: options.families ?? [],
    log: (line) => options.log?.(line),
    crashed: (report) => crashes.add(report),
    names: ({ registry }) => {
      return arbiterNames({ registry, tell: () => undefined, hear: () => Promise.resolve(), isLive: () => true });
    },
    control: () => undefined,
  });
}

async function untilQuiet(thread: ActorThread): Promise<void> {
  for (let quiet = 0; quiet < quietTurns; quiet++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!thread.runQueue.idle || thread.wheel.deciding) quiet = -1;
  }
}

interface ManualAlarm extends Alarm {
  readonly at: number;
  readonly ring: () => void;
}

class ManualClock implements Clock {
  readonly #startsAt: number;
  readonly #alarms = new Set<ManualAlarm>();
  #elapsedMs = 0;

  constructor(startsAt: number) {
    this.#startsAt = startsAt;
  }

  readonly now = (): number => this.#startsAt + this.#elapsedMs;

  readonly monotonic = (): number => this.#elapsedMs;

  alarm(at: number, ring: () => void): Alarm {
    const alarm: ManualAlarm = { at, ring, cancel: () => this.#alarms.delete(alarm) };
    this.#alarms.add(alarm);
    return alarm;
  }

  async advance(ms: number, settle: () => Promise<void>): Promise<void> {
    const end = this.#elapsedMs + ms;
    await settle();
    for (let next = this.#next(end); next !== null; next = this.#next(end)) {
      this.#alarms.delete(next);
      this.#elapsedMs = Math.max(this.#elapsedMs, next.at);
      next.ring();
      await settle();
    }
    this.#elapsedMs = end;
  }

  #next(end: number): ManualAlarm | null {
    let first: ManualAlarm | null = null;
    for (const alarm of this.#alarms) {
      if (alarm.at <= end && (first === null || alarm.at < first.at)) first = alarm;
    }
    return first;
  }
}

/** Mulberry32: small, even enough for jitter, and the same on every machine. */
function seededChance(seed: number): Chance {
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { random, randomBytes: (length) => Uint8Array.from({ length }, () => Math.floor(random() * 256)) };
}
