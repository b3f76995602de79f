// Owns the benchmark `faults`: thread after thread is lost in turn of every kind of fault, and what is left is counted.
// It fails when an actor does not come back, or when threads, ports or memory grow with the rounds.

import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ActorNode } from '../runtime/mod.ts';
import { type Benchmark, type BenchmarkRequest, numberOption, type Outcome } from './benchmark.ts';
import { figure, mebibytes, table } from './report.ts';
import { type FaultName, faultNames, sleeperAt } from './runtime/behaviours.ts';
import { keyOn, threadedNode } from './runtime/bench-nodes.ts';
import { median } from './runtime/round.ts';
import { sleep } from './wait.ts';

export const faults: Benchmark = {
  name: 'faults',
  summary: 'lost threads in turn of each fault; threads, ports and memory must stay flat',
  options: [{ name: 'rounds', help: 'threads lost', byDefault: '200' }],
  run: runFaults,
};

const watchdogMs = 50;
const victim = 1;
const bystander = 2;
/** The watchdog ends one thread a second: a round that needs it begins when it may judge again. */
const watchdogRestMs = 1_000;
const judged: ReadonlySet<FaultName> = new Set(['spin', 'wait', 'native']);
const patienceMs = 20_000;
/** The first rounds fill pools and caches; the rest may not add more than this for each round. */
const warmRounds = 20;
const growthBytesMax = 256 * 1_024;
const lingerMsMax = 5_000;
/** The node keeps one in reserve, which is opened a moment after a loss: it is there at one count and not at another. */
const spareThreads = 1;
const delayResolutionMs = 1;

interface Counts {
  readonly threads: number;
  readonly ports: number;
  readonly rss: number;
}

interface Round {
  readonly fault: FaultName;
  readonly backMs: number;
  readonly counts: Counts;
}

async function runFaults(request: BenchmarkRequest): Promise<Outcome> {
  const rounds = Math.floor(numberOption(request, 'rounds'));
  let lost = 0;
  const node = await threadedNode({
    threadStuckMs: watchdogMs,
    onThread: ({ type }) => {
      if (type === 'lost') lost++;
    },
  });
  try {
    const delay = monitorEventLoopDelay({ resolution: delayResolutionMs });
    delay.enable();
    await answers(node, victim);
    let judgedAt = 0;
    let stallMs = 0;
    const done: Round[] = [];
    for (let i = 0; i < rounds; i++) {
      const fault = faultNames[i % faultNames.length] as FaultName;
      if (judged.has(fault)) await sleep(Math.max(0, judgedAt + watchdogRestMs - performance.now()));
      const before = lost;
      delay.reset();
      const backMs = await strike(node, fault, () => lost > before);
      stallMs = Math.max(stallMs, delay.max / 1e6 - delayResolutionMs);
      if (judged.has(fault)) judgedAt = performance.now();
      // Counting collects garbage first, which is no stall of the node.
      done.push({ fault, backMs, counts: count() });
      if ((i + 1) % warmRounds === 0) request.progress(`${i + 1} of ${rounds}`);
    }
    const lingering = await lingerers(done);
    return outcomeOf(done, { lost, lingering, stallMs });
  } finally {
    await node.stop();
  }
}

/** From the fault to the answer of the next life; the thread beside it must answer all the while. */
async function strike(node: ActorNode, fault: FaultName, isLost: () => boolean): Promise<number> {
  const started = performance.now();
  // A key of its own each time: one at whose work a thread got stuck rests for a while.
  node.cast(sleeperAt(keyOn(node, victim, 1 + (Math.floor(started) % 1_000))), fault, null);
  while (!isLost()) {
    await answers(node, bystander);
    await sleep(1);
    if (performance.now() - started > patienceMs) throw new Error(`${fault}: the thread was not lost`);
  }
  await answers(node, victim);
  return performance.now() - started;
}

async function answers(node: ActorNode, thread: number): Promise<void> {
  const end = performance.now() + patienceMs;
  const witness = sleeperAt(keyOn(node, thread));
  for (;;) {
    const result = await node.call(witness, 'hello', null, { deadlineMs: patienceMs });
    if (result.ok) return;
    if (performance.now() > end) throw new Error(`thread ${thread} does not answer: ${result.error.message}`);
  }
}

/** What is garbage must not be taken for growth; the flag is set here so that nobody has to give it. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

function count(): Counts {
  collectGarbage();
  return {
    threads: readdirSync('/proc/self/task').length,
    ports: process.getActiveResourcesInfo().filter((kind) => kind === 'MessagePort').length,
    rss: process.memoryUsage.rss(),
  };
}

/** Native threads beyond those before: they are inside a call that nobody can interrupt, and end with it. */
async function lingerers(done: readonly Round[]): Promise<{ readonly atEnd: number; readonly afterWait: number }> {
  const usual = spareThreads + median(done.slice(0, warmRounds).map(({ counts }) => counts.threads));
  const atEnd = Math.max(0, count().threads - usual);
  const end = performance.now() + lingerMsMax;
  while (count().threads > usual && performance.now() < end) await sleep(20);
  return { atEnd, afterWait: Math.max(0, count().threads - usual) };
}

interface Whole {
  readonly lost: number;
  readonly lingering: { readonly atEnd: number; readonly afterWait: number };
  readonly stallMs: number;
}

function outcomeOf(done: readonly Round[], whole: Whole): Outcome {
  const kinds = faultNames.map((fault) => {
    const back = done.filter((round) => round.fault === fault).map(({ backMs }) => backMs);
    return { fault, rounds: back.length, medianBackMs: median(back), maxBackMs: Math.max(...back) };
  });
  const parts = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const { counts } = done[Math.round(share * (done.length - 1))] as Round;
    return { round: Math.round(share * (done.length - 1)) + 1, ...counts };
  });
  const grown = growth(done);
  const wrong: string[] = [];
  if (whole.lost !== done.length) wrong.push(`${whole.lost} threads were lost in ${done.length} rounds`);
  // One that has just been lost may still be ending while its round is counted.
  if (grown.threads > 1 + spareThreads || whole.lingering.afterWait > 0) wrong.push('threads are left');
  if (grown.ports > 1) wrong.push('ports are left');
  if (grown.bytesEach > growthBytesMax) wrong.push(`${Math.round(grown.bytesEach)} bytes are left by each round`);
  const text = [
    table(
      ['fault', 'rounds', 'back, median ms', 'back, max ms'],
      kinds.map(({ fault, rounds, medianBackMs, maxBackMs }) => [fault, rounds, medianBackMs, maxBackMs]),
    ),
    table(
      ['after round', 'native threads', 'message ports', 'resident'],
      parts.map(({ round, threads, ports, rss }) => [round, threads, ports, mebibytes(rss)]),
    ),
    `largest stall of the edge ${figure(whole.stallMs)} ms; lingering threads at the end ${whole.lingering.atEnd}, ` +
      `after waiting ${whole.lingering.afterWait}; grown by ${figure(grown.bytesEach / 1_024)} KiB a round`,
    ...wrong.map((one) => `FAIL: ${one}`),
  ].join('\n');
  return { ok: wrong.length === 0, json: { benchmark: 'faults', kinds, parts, grown, ...whole, wrong }, text };
}

/** The middle of the last rounds beside the middle of the first after the warm-up. */
function growth(done: readonly Round[]) {
  const part = Math.max(1, Math.floor(done.length / 5));
  const first = done.slice(Math.min(warmRounds, done.length - part)).slice(0, part);
  const last = done.slice(-part);
  const grown = (what: keyof Counts) =>
    median(last.map(({ counts }) => counts[what])) - median(first.map(({ counts }) => counts[what]));
  const apart = Math.max(1, done.length - part - warmRounds);
  return { threads: grown('threads'), ports: grown('ports'), bytesEach: grown('rss') / apart };
}
