// Owns what one thread tells of its actors one by one: who lives there, who is busy, who supervises whom.
// It is one pass over the actors with lists that are bounded, whatever lives there; it changes nothing.

import { keyStart } from './address.ts';
import type { ActorInspection, SupervisorInspection, ThreadDetail } from './inspection.ts';
import { Machine } from './machine.ts';
import type { Process } from './process.ts';
import { intensityDefault, periodMsDefault } from './restarts.ts';
import { supervisorName } from './spec.ts';
import type { SupervisorState } from './supervisor-protocol.ts';
import type { ActorThread } from './thread.ts';

const actorsMax = 500;
const supervisorsMax = 200;
const childrenMax = 200;
/** Beyond so many actors, who was busy lately is told by their whole lives: a number for each would cost too much. */
const rememberedMax = 50_000;

export class Details {
  readonly #thread: ActorThread;
  /** What each had handled at the last look, by serial. */
  #handled = new Map<number, number>();

  constructor(thread: ActorThread) {
    this.#thread = thread;
  }

  look(actorsTop: number): ThreadDetail {
    const { processes, families, stats, clock } = this.#thread;
    const busy = new Top(actorsTop, (process) => this.#lately(process));
    const full = new Top(actorsTop, ({ mailbox }) => mailbox.length);
    const plain: Process[] = [];
    const supervisors: SupervisorInspection[] = [];
    for (const process of processes.values()) {
      busy.offer(process);
      full.offer(process);
      if (process.key === null && plain.length < actorsMax) plain.push(process);
      if (process.behaviour.name === supervisorName && supervisors.length < supervisorsMax) {
        const supervisor = inspectSupervisor(process, clock.monotonic());
        if (supervisor !== null) supervisors.push(supervisor);
      }
    }
    const shown = new Set([...plain, ...busy.all(), ...full.all()]);
    const actors = [...shown].map((process) => inspectActor(process, this.#lately(process)));
    this.#remember();
    return {
      actors,
      supervisors,
      families: [...families.values()].map((family) => family.inspect()),
      deadLetters: stats.letters.sample(),
    };
  }

  #lately(process: Process): number {
    return process.handled - (this.#handled.get(process.pid.serial) ?? 0);
  }

  #remember(): void {
    this.#handled = new Map();
    if (this.#thread.processes.size > rememberedMax) return;
    for (const { pid, handled } of this.#thread.processes.values()) {
      if (handled > 0) this.#handled.set(pid.serial, handled);
    }
  }
}

/** The few with the most; those with nothing are no candidates. */
class Top {
  readonly #max: number;
  readonly #measure: (process: Process) => number;
  #best: { readonly process: Process; readonly value: number }[] = [];
  #least = 0;

  constructor(max: number, measure: (process: Process) => number) {
    this.#max = max;
    this.#measure = measure;
  }

  offer(process: Process): void {
    const value = this.#measure(process);
    if (value <= this.#least) return;
    this.#best.push({ process, value });
    // Cut in batches: sorting for each candidate would cost more than the pass.
    if (this.#best.length >= 2 * this.#max) this.#cut();
  }

  all(): Process[] {
    this.#cut();
    return this.#best.map(({ process }) => process);
  }

  #cut(): void {
    this.#best = this.#best.sort((a, b) => b.value - a.value).slice(0, this.#max);
    if (this.#best.length === this.#max) this.#least = this.#best.at(-1)?.value ?? 0;
  }
}

function inspectActor(process: Process, handledLately: number): ActorInspection {
  const { pid, behaviour, status, mailbox, state } = process;
  return {
    pid,
    behaviour: behaviour.name,
    name: process.name,
    family: process.owner?.family ?? null,
    key: keyStart(process.key),
    status,
    state: state instanceof Machine ? state.name : null,
    mailbox: mailbox.length,
    mailboxMax: process.limits.mailboxMessagesMax,
    handled: process.handled,
    handledLately,
    restarts: process.restarts,
    parent: process.parent,
  };
}

/** Null while it starts: it has no children yet. */
function inspectSupervisor({ pid, state }: Process, now: number): SupervisorInspection | null {
  if (state === undefined) return null;
  const { spec, children, restartTimes } = state as SupervisorState;
  const { strategy, intensity = intensityDefault, periodMs = periodMsDefault } = spec;
  const shown = [];
  for (const { spec: child, pid: childPid, status, restarts } of children.values()) {
    if (shown.length === childrenMax) break;
    shown.push({ id: child.id, pid: childPid, behaviour: child.behaviour, status, restarts });
  }
  return {
    pid,
    strategy,
    intensity,
    periodMs,
    restartsInPeriod: restartTimes.filter((time) => now - time < periodMs).length,
    children: shown,
    childrenCount: children.size,
  };
}
