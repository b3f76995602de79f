// Owns what is seen of a node while somebody looks: it asks the threads at most once a second, for all lookers together.
// It costs nothing while nobody looks: it has no timer, and what it keeps is bounded.

import { randomBytes } from 'node:crypto';
import type { Observation, ObservedActor, ObservedThread, Sample, ThreadSample } from '../../rpc/mod.ts';
import type { ActorNode, Clock, Inspection, ThreadInspection } from '../../runtime/mod.ts';
import { branchesOf, nameOf } from './branches.ts';
import { type GatesSeen, gatesShown } from './gates.ts';
import { crashShown, labelOf, pidShown, reasonShown } from './shortened.ts';

export interface ObservatoryParts {
  readonly node: Pick<ActorNode, 'inspect'>;
  readonly clock: Clock;
  /** Left out where a node has no backends. */
  readonly gates?: () => Promise<GatesSeen>;
}

/** Where a reader stands; null for one who has seen nothing. */
export interface Position {
  readonly epoch: string;
  readonly after: number;
}

const lookEveryMs = 900;
/** After so long without a look, what was counted since says nothing of now: one look more, a moment before. */
const staleMs = 5_000;
const primeMs = 250;
const samplesMax = 300;
const actorsTop = 120;
const actorsShownMax = 240;
const deadLettersShownMax = 20;
const epochBytes = 6;

interface Look {
  readonly inspection: Inspection;
  readonly gates: GatesSeen;
  readonly monotonic: number;
}

/** Counts begin at nought with each life of a thread; what its former lives had, as far as it was seen, is kept here. */
interface Lives {
  readonly former: Counts;
  readonly now: ThreadInspection;
}

type Counts = Pick<ThreadInspection, 'crashes' | 'deadLetters' | 'dropped'>;

const none: Counts = { crashes: 0, deadLetters: 0, dropped: 0 };

export class Observatory {
  readonly #parts: ObservatoryParts;
  readonly #epoch = randomBytes(epochBytes).toString('hex');
  readonly #threads = new Map<number, ObservedThread>();
  readonly #lives = new Map<number, Lives>();
  #samples: Sample[] = [];
  #last: Look | null = null;
  #seen: Omit<Observation, 'samples'> | null = null;
  #looking: Promise<void> | null = null;
  #sequence = 0;

  constructor(parts: ObservatoryParts) {
    this.#parts = parts;
  }

  async observe(position: Position | null): Promise<Observation> {
    if (this.#looking !== null || this.#age() >= lookEveryMs) {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = null;
      });
      await this.#looking;
    }
    if (this.#seen === null) throw new Error('nothing was seen');
    const after = position?.epoch === this.#epoch ? position.after : 0;
    return { ...this.#seen, samples: this.#samples.filter(({ sequence }) => sequence > after) };
  }

  #age(): number {
    return this.#last === null ? Number.POSITIVE_INFINITY : this.#parts.clock.monotonic() - this.#last.monotonic;
  }

  async #look(): Promise<void> {
    const { clock } = this.#parts;
    if (this.#age() > staleMs) {
      this.#last = await this.#inspect();
      await new Promise<void>((resolve) => clock.alarm(clock.monotonic() + primeMs, resolve));
    }
    const before = this.#last;
    const now = await this.#inspect();
    this.#last = now;
    this.#keep(now, before);
  }

  async #inspect(): Promise<Look> {
    const [inspection, gates] = await Promise.all([
      this.#parts.node.inspect({ actorsTop }),
      this.#parts.gates?.() ?? { gates: [], silent: [] },
    ]);
    return { inspection, gates, monotonic: this.#parts.clock.monotonic() };
  }

  #keep({ inspection, gates, monotonic }: Look, before: Look | null): void {
    const seconds = Math.max(0.001, (monotonic - (before?.monotonic ?? monotonic)) / 1_000);
    const perSecond = (handled: number) => Math.round((handled / seconds) * 10) / 10;
    const at = this.#parts.clock.now();
    const sequence = ++this.#sequence;
    const earlier = new Map(before?.inspection.threads.map((thread) => [thread.index, thread]));
    const threads = inspection.threads.map((thread) => {
      return { ...sampleOf(thread, earlier.get(thread.index), seconds), ...this.#countsOf(thread) };
    });
    this.#samples = [...this.#samples, { sequence, at, threads }].slice(-samplesMax);
    this.#seen = {
      node: inspection.node,
      at,
      sequence,
      epoch: this.#epoch,
      threads: this.#threadsOf(inspection),
      threadsLingering: inspection.threadsLingering,
      gates: gatesShown(gates),
      tree: branchesOf(inspection, perSecond),
      actors: busiest(inspection, perSecond),
      crashes: crashesOf(inspection),
      deadLetters: lettersOf(inspection),
    };
  }

  #countsOf(now: ThreadInspection): Counts {
    const known = this.#lives.get(now.index);
    const isNew = known !== undefined && known.now.incarnation !== now.incarnation;
    const former = isNew ? added(known.former, known.now) : (known?.former ?? none);
    this.#lives.set(now.index, { former, now });
    return added(former, now);
  }

  /** One that does not answer is still shown: that is what somebody wants to see. */
  #threadsOf({ threads }: Inspection): readonly ObservedThread[] {
    for (const [index, known] of this.#threads) this.#threads.set(index, { ...known, answers: false });
    for (const { index, thread } of threads) {
      const kind = index === 0 ? 'edge' : thread.startsWith('gate') ? 'gate' : 'scheduler';
      this.#threads.set(index, { index, name: thread, kind, answers: true });
    }
    return [...this.#threads.values()].sort((a, b) => a.index - b.index);
  }
}

function added(a: Counts, b: Counts): Counts {
  return {
    crashes: a.crashes + b.crashes,
    deadLetters: a.deadLetters + b.deadLetters,
    dropped: a.dropped + b.dropped,
  };
}

/** Another life of the thread counts from nought again. */
function sampleOf(
  now: ThreadInspection,
  before: ThreadInspection | undefined,
  seconds: number,
): Omit<ThreadSample, keyof Counts> {
  const base = before?.incarnation === now.incarnation ? before : null;
  const { index, actors, mailboxLongest, loopDelayMaxMs, heapBytes, bufferBytes } = now;
  return {
    index,
    actors,
    messagesPerSecond: Math.max(0, now.messages - (base?.messages ?? now.messages)) / seconds,
    mailboxLongest,
    loopDelayMs: Math.max(0, loopDelayMaxMs),
    heapBytes,
    bufferBytes,
    cpuShare: Math.max(0, now.cpuMs - (base?.cpuMs ?? now.cpuMs)) / 1_000 / seconds,
    restarts: now.incarnation - 1,
  };
}

function busiest({ threads }: Inspection, perSecond: (handled: number) => number): readonly ObservedActor[] {
  return threads
    .flatMap(({ detail }) => detail?.actors ?? [])
    .sort((a, b) => b.mailbox - a.mailbox || b.handledLately - a.handledLately || b.handled - a.handled)
    .slice(0, actorsShownMax)
    .map((actor) => ({
      pid: pidShown(actor.pid),
      thread: actor.pid.thread,
      behaviour: actor.behaviour,
      family: actor.family,
      label: nameOf(actor),
      status: actor.state === null ? actor.status : `${actor.status}, ${actor.state}`,
      mailbox: actor.mailbox,
      mailboxMax: actor.mailboxMax,
      messages: actor.handled,
      messagesPerSecond: perSecond(actor.handledLately),
      restarts: actor.restarts,
    }));
}

function crashesOf({ crashReports }: Inspection): Observation['crashes'] {
  return crashReports.toReversed().map((report) => ({
    at: report.at,
    pid: pidShown(report.pid),
    thread: report.pid.thread,
    behaviour: report.behaviour,
    label: labelOf(report),
    reason: crashShown(report),
    message: report.lastMessage,
  }));
}

function lettersOf({ threads }: Inspection): Observation['deadLetters'] {
  return threads
    .flatMap(({ index, detail }) => (detail?.deadLetters ?? []).map((letter) => ({ thread: index, ...letter })))
    .sort((a, b) => b.at - a.at)
    .slice(0, deadLettersShownMax)
    .map(({ at, thread, message, to, why }) => ({ at, thread, message, to: reasonShown(to), why }));
}
