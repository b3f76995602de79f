// Owns the benchmark `faults`: thread after thread is lost in each of ten ways, and what is left behind is counted.
// It fails when an actor does not come back, the edge stalls, or threads, ports or memory grow with the rounds.

import { type ActorNode, startNode } from '../runtime/mod.ts';
import { type Benchmark, type BenchmarkRequest, numberOption, type Outcome, textOption } from './benchmark.ts';
import { countLeftovers, nativeThreads, workers } from './faults/leftovers.ts';
import { Onlooker } from './faults/onlooker.ts';
import { bareLives, outcomeOf, type Round } from './faults/outcome.ts';
import { watchStall } from './faults/stall-watch.ts';
import { doesNotLoad } from './faults/thread.ts';
import {
  bufferBytesMax,
  type FaultName,
  faults as faultList,
  heapBytesMax,
  victim,
  victimAt,
  victims,
} from './faults/victim.ts';
import { keyOn } from './runtime/bench-nodes.ts';
import { sleep, until } from './wait.ts';

export const faults: Benchmark = {
  name: 'faults',
  summary: 'threads lost in ten ways; stalls of the edge, and what is left of threads, ports and memory',
  options: [
    { name: 'rounds', help: 'threads lost', byDefault: '200' },
    { name: 'only', help: 'faults by name, with commas between them', byDefault: '' },
  ],
  run: runFaults,
};

/** At 50 ms a thread full of buffers was ended as stuck now and then: there V8 collects for up to 45 ms at once. */
const watchdogMs = 100;
const lost = 1;
const bystander = 2;
/** The watchdog ends one thread a second: a round that needs it begins when it may judge again. */
const watchdogRestMs = 1_000;
const patienceMs = 20_000;
/** Until the lost thread is gone and another one is in reserve. */
const settledMsMax = 5_000;
const schedulers = 2;
const inReserve = 1;
const failuresToStart = 3;
const progressEvery = 20;

interface Stage {
  readonly node: ActorNode;
  readonly onlooker: Onlooker;
  /** Why threads were lost, since it was last emptied. */
  readonly reasons: string[];
  /** When the watchdog last ended a thread. */
  judgedAt: number;
}

async function runFaults(request: BenchmarkRequest): Promise<Outcome> {
  const rounds = Math.floor(numberOption(request, 'rounds'));
  const chosen = chosenFaults(request);
  const names = chosen.map(({ fault }) => fault);
  request.progress('bare threads first');
  const bare = bareLives(rounds, names);
  const workersBefore = workers();
  const stage = await newStage();
  try {
    for (const thread of [lost, bystander]) await answers(stage.node, thread);
    const allThere = () => workers() === workersBefore + schedulers + inReserve;
    await until(allThere, { what: 'the thread in reserve', deadlineMs: patienceMs });
    const usualThreads = nativeThreads();
    // As text, so that what the benchmark keeps for itself adds no object.
    const done: string[] = [];
    for (let i = 0; i < rounds; i++) {
      const { fault, reason } = chosen[i % chosen.length] ?? faultList[0];
      const struck = await strike(stage, fault, i);
      if (!reason.test(struck.reason)) throw new Error(`${fault}: the thread was lost because of "${struck.reason}"`);
      const lingering = await settled(stage.node, usualThreads);
      const left = countLeftovers();
      done.push(JSON.stringify({ fault, ...struck, lingering, left } satisfies Round));
      if ((i + 1) % progressEvery === 0) request.progress(`${i + 1} of ${rounds}`);
    }
    return outcomeOf({ names, done: done.map((text) => JSON.parse(text) as Round), bare });
  } finally {
    stage.onlooker.end();
    await stage.node.stop();
  }
}

function chosenFaults(request: BenchmarkRequest): readonly (typeof faultList)[number][] {
  const text = textOption(request, 'only');
  if (text === null) return faultList;
  return text.split(',').map((name) => {
    const found = faultList.find(({ fault }) => fault === name);
    const known = faultList.map(({ fault }) => fault).join(', ');
    if (found === undefined) throw new Error(`--only must be of ${known}, not ${name}`);
    return found;
  });
}

async function newStage(): Promise<Stage> {
  const reasons: string[] = [];
  const node = await startNode({
    node: 'bench',
    threadEntry: import.meta.resolve('./faults/thread.ts'),
    behaviours: [victim],
    families: [victims],
    schedulers,
    threadStuckMs: watchdogMs,
    schedulerHeapBytesMax: heapBytesMax,
    bufferBytesMax,
    onThread: ({ type, reason }) => {
      if (type === 'lost') reasons.push(reason ?? '');
      if (reasons.filter((one) => one === doesNotLoad).length === failuresToStart) threadsFail(false);
    },
  });
  return { node, onlooker: new Onlooker(), reasons, judgedAt: 0 };
}

/** From the fault to the answer of the next life; the thread beside it must answer all the while. */
async function strike(
  stage: Stage,
  fault: FaultName,
  round: number,
): Promise<Omit<Round, 'fault' | 'left' | 'lingering'>> {
  const { node, onlooker, reasons } = stage;
  await sleep(Math.max(0, stage.judgedAt + watchdogRestMs - performance.now()));
  reasons.length = 0;
  await onlooker.longestMs();
  const watched = watchStall();
  const started = performance.now();
  begin(node, fault, round);
  let backMs = 0;
  const back = comeBack(stage, fault).then(() => {
    backMs = performance.now() - started;
  });
  let bystanderMs = 0;
  while (backMs === 0) {
    bystanderMs = Math.max(bystanderMs, await answers(node, bystander));
    await Promise.race([back, sleep(1)]);
  }
  const stall = watched();
  const idleStallMs = await onlooker.longestMs();
  const [reason = ''] = reasons;
  if (/^(stuck|buffers)/.test(reason)) stage.judgedAt = performance.now();
  const failures = reasons.filter((one) => one === doesNotLoad).length;
  const expected = fault === 'failToStart' ? failuresToStart : 0;
  if (failures !== expected || (expected === 0 && reasons.length !== 1))
    throw new Error(`${fault}: threads were lost: ${reasons.join(', ')}`);
  return { backMs, bystanderMs, stall, idleStallMs, reason };
}

async function comeBack({ node, reasons }: Stage, fault: FaultName): Promise<void> {
  await until(() => reasons.length > 0, { what: `${fault}: the loss of the thread`, deadlineMs: patienceMs });
  // The thread in reserve was loaded when threads still loaded: it is lost too.
  if (fault === 'failToStart' && !reasons.includes(doesNotLoad)) {
    await answers(node, lost);
    void node.killThread(lost);
  }
  await answers(node, lost);
}

function begin(node: ActorNode, fault: FaultName, round: number): void {
  if (fault === 'failToStart') {
    threadsFail(true);
    void node.killThread(lost);
    return;
  }
  // A key of its own each time: one at whose work a thread got stuck twice would rest.
  node.cast(victimAt(keyOn(node, lost, 1 + round)), fault, null);
}

function threadsFail(fail: boolean): void {
  if (fail) process.env.PARLA_BENCH_THREADS_FAIL = '1';
  else delete process.env.PARLA_BENCH_THREADS_FAIL;
}

/** How long the thread took to answer; a call that was refused or lost is made again. */
async function answers(node: ActorNode, thread: number): Promise<number> {
  const started = performance.now();
  const witness = victimAt(keyOn(node, thread));
  for (;;) {
    const result = await node.call(witness, 'hello', null, { deadlineMs: patienceMs });
    const ms = performance.now() - started;
    if (result.ok) return ms;
    if (ms > patienceMs) throw new Error(`thread ${thread} does not answer: ${result.error.message}`);
  }
}

/** The most that lingered inside a native call until all was as before; what is there longer is counted as left. */
async function settled(node: ActorNode, usualThreads: number): Promise<number> {
  const end = performance.now() + settledMsMax;
  for (let most = 0; ; ) {
    const { threadsLingering } = await node.inspect();
    most = Math.max(most, threadsLingering);
    if ((threadsLingering === 0 && nativeThreads() === usualThreads) || performance.now() > end) return most;
    await sleep(1);
  }
}
