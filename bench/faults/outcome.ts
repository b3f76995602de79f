// Owns the verdict of the benchmark `faults`: one line for each fault, what the rounds left, and what of it is too much.
// The bounds stand here; what is measured is decided elsewhere.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Outcome } from '../benchmark.ts';
import { figure, kibibytes, mebibytes, table } from '../report.ts';
import { median } from '../runtime/round.ts';
import type { BareRound } from './bare-lives.ts';
import { type Growth, growthOf, type Leftovers } from './leftovers.ts';
import type { Stall } from './stall-watch.ts';
import { type FaultName, faults } from './victim.ts';

export interface Round {
  readonly fault: FaultName;
  /** From the fault to the first answer of the thread's next life. */
  readonly backMs: number;
  /** The slowest answer of the other thread meanwhile. */
  readonly bystanderMs: number;
  readonly stall: Stall;
  /** The longest of an idle process meanwhile. */
  readonly idleStallMs: number;
  /** The most threads at once that were ended inside a native call and not gone. */
  readonly lingering: number;
  readonly reason: string;
  readonly left: Leftovers;
}

interface Whole {
  readonly names: readonly FaultName[];
  readonly done: readonly Round[];
  readonly bare: readonly BareRound[];
}

const stallMsMax = 20;
const lingeringMax = 8;
/**
 * In the last half of the rounds. One port, listener or pool that stays is more than an object a round. Three faults of
 * ten are those of a key, and the node remembers such keys: 0.3 objects a round, until it knows 1,000 of them.
 */
const objectsEachMax = 0.5;
const heapBytesEachMax = 4_096;
/** A thread that is not given back is a megabyte and more. */
const residentBytesEachMax = 65_536;
/** With fewer rounds the last half still compiles code and fills pools. */
const roundsToJudgeMemory = 100;
/** Of the rounds, at which the report shows what was there. */
const shares = Array.from({ length: 11 }, (_, i) => i / 10);

/** As many bare threads, lost in a process of their own. */
export function bareLives(rounds: number, names: readonly FaultName[]): readonly BareRound[] {
  const entry = fileURLToPath(new URL('./bare-lives.ts', import.meta.url));
  const child = spawnSync(
    process.execPath,
    [...process.execArgv, '--no-warnings', entry, String(rounds), names.join()],
    {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 ** 2,
    },
  );
  if (child.status !== 0) throw new Error(`bare threads: ${child.stderr}`);
  return JSON.parse(child.stdout) as BareRound[];
}

export function outcomeOf({ names, done, bare }: Whole): Outcome {
  const kinds = faults.filter(({ fault }) => names.includes(fault)).map((one) => kindOf(one, done, bare));
  const grown = growthOf(
    done.map(({ left }) => left),
    names.length,
  );
  const grownBare = growthOf(
    bare.map(({ left }) => left),
    names.length,
  );
  const wrong = faultsOf(done, grown);
  const machines = stalled(done).machines.map(stallText);
  const moments = new Set(shares.map((share) => Math.round(share * (done.length - 1))));
  const parts = [...moments].map((at) => ({ round: at + 1, ...(done[at]?.left as Leftovers) }));
  const text = [
    table(
      [
        'fault',
        'rounds',
        'back, median ms',
        'max ms',
        'bystander, max ms',
        'lingered',
        'threads',
        'ports',
        'objects',
        'heap',
      ],
      kinds.map((kind) => [
        kind.how,
        kind.rounds,
        kind.backMs.median,
        kind.backMs.max,
        kind.bystanderMaxMs,
        kind.lingeringMax,
        kind.left.threads,
        kind.left.ports,
        kind.left.objects,
        kibibytes(kind.left.heapBytes),
      ]),
    ),
    'threads, ports, objects, heap: what a round of that fault added, median',
    table(
      [
        'longest stall of the edge, ms',
        'median',
        'max',
        'of it without a CPU',
        'at work',
        'idle process then',
        'bare threads, median',
        'max',
      ],
      kinds.map(({ how, stall }) => [
        how,
        stall.medianMs,
        stall.worst.ms,
        stall.worst.withoutCpuMs,
        stall.worst.onCpuMs,
        stall.worst.idleMs,
        stall.bareMedianMs,
        stall.bareMaxMs,
      ]),
    ),
    'idle process: the longest stall, in the same round, of a process that does nothing',
    table(
      ['after round', 'threads', 'ports', 'objects', 'heap', 'resident'],
      parts.map((part) => [
        part.round,
        part.threads,
        part.ports,
        part.objects,
        mebibytes(part.heapBytes),
        mebibytes(part.residentBytes),
      ]),
    ),
    table(
      ['a round of the last half added', 'threads', 'ports', 'objects', 'heap', 'resident'],
      [growthLine('Parla', grown), growthLine('bare worker threads', grownBare)],
    ),
    ...(done.length < roundsToJudgeMemory ? [`memory is judged from ${roundsToJudgeMemory} rounds on`] : []),
    ...machines.map((one) => `the machine stood still: ${one}`),
    ...wrong.map((one) => `FAIL: ${one}`),
  ].join('\n');
  const json = { benchmark: 'faults', rounds: done.length, kinds, parts, grown, grownBare, machines, wrong };
  return { ok: wrong.length === 0, json, text };
}

function kindOf({ fault, how }: { fault: FaultName; how: string }, done: readonly Round[], bare: readonly BareRound[]) {
  const rounds = done.filter((round) => round.fault === fault);
  const added = (what: keyof Leftovers) =>
    median(
      done.flatMap((round, i) => {
        const before = done[i - 1];
        return round.fault === fault && before !== undefined ? [round.left[what] - before.left[what]] : [];
      }),
    );
  return {
    fault,
    how,
    rounds: rounds.length,
    backMs: {
      median: median(rounds.map(({ backMs }) => backMs)),
      max: Math.max(...rounds.map(({ backMs }) => backMs)),
    },
    stall: stallsOf(
      rounds,
      bare.filter((round) => round.fault === fault),
    ),
    lingeringMax: Math.max(...rounds.map(({ lingering }) => lingering)),
    bystanderMaxMs: Math.max(...rounds.map(({ bystanderMs }) => bystanderMs)),
    left: {
      threads: added('threads'),
      ports: added('ports'),
      objects: added('objects'),
      heapBytes: added('heapBytes'),
    },
  };
}

function stallsOf(rounds: readonly Round[], bare: readonly BareRound[]) {
  const [worst] = rounds.toSorted((a, b) => b.stall.ms - a.stall.ms);
  const bareMs = bare.map(({ stall }) => stall.ms);
  return {
    medianMs: median(rounds.map(({ stall }) => stall.ms)),
    worst: { ms: 0, withoutCpuMs: 0, onCpuMs: 0, ...worst?.stall, idleMs: worst?.idleStallMs ?? 0 },
    bareMedianMs: median(bareMs),
    bareMaxMs: Math.max(...bareMs),
  };
}

/** Beyond the bound; a stall is the machine's when a process that does nothing broke the bound too, in the same round. */
function stalled(done: readonly Round[]) {
  const all = done.filter(({ stall }) => stall.ms > stallMsMax);
  return {
    ours: all.filter(({ idleStallMs }) => idleStallMs <= stallMsMax),
    machines: all.filter(({ idleStallMs }) => idleStallMs > stallMsMax),
  };
}

function stallText({ fault, stall, idleStallMs }: Round): string {
  const { withoutCpuMs, onCpuMs } = stall;
  const beside = `${figure(withoutCpuMs)} of them without a CPU, ${figure(onCpuMs)} at work; an idle process meanwhile ${figure(idleStallMs)}`;
  return `${fault}: the edge stalled for ${figure(stall.ms)} ms (${beside})`;
}

function growthLine(who: string, { threads, ports, objects, heapBytes, residentBytes }: Growth): (string | number)[] {
  return [who, threads, ports, objects, kibibytes(heapBytes), kibibytes(residentBytes)];
}

function faultsOf(done: readonly Round[], grown: Growth): readonly string[] {
  const wrong: string[] = [];
  for (const round of stalled(done).ours) wrong.push(stallText(round));
  const [first, last] = [done[0], done.at(-1)];
  if (first !== undefined && last !== undefined) {
    if (last.left.threads > first.left.threads) wrong.push('threads are left');
    if (last.left.ports > first.left.ports) wrong.push('ports are left');
  }
  if (done.some(({ lingering }) => lingering > lingeringMax)) wrong.push(`more than ${lingeringMax} threads lingered`);
  if (done.length < roundsToJudgeMemory) return wrong;
  if (grown.objects > objectsEachMax) wrong.push(`each round leaves ${figure(grown.objects)} objects`);
  if (grown.heapBytes > heapBytesEachMax) wrong.push(`each round leaves ${kibibytes(grown.heapBytes)} in the heap`);
  if (grown.residentBytes > residentBytesEachMax)
    wrong.push(`each round leaves ${kibibytes(grown.residentBytes)} resident`);
  return wrong;
}
