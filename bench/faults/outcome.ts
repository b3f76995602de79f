// Owns the verdict of the benchmark `faults`: one line for each fault, what the rounds left, and what of it is too much.
// The bounds stand here; what is measured is decided elsewhere.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Outcome } from '../benchmark.ts';
import { figure, kibibytes, mebibytes, table } from '../report.ts';
import { median } from '../runtime/round.ts';
import { type Growth, growthOf, type Leftovers } from './leftovers.ts';
import { type FaultName, faults } from './victim.ts';

export interface Round {
  readonly fault: FaultName;
  /** From the fault to the first answer of the thread's next life. */
  readonly backMs: number;
  /** The slowest answer of the other thread meanwhile. */
  readonly bystanderMs: number;
  readonly stallMs: number;
  /** The most threads at once that were ended inside a native call and not gone. */
  readonly lingering: number;
  readonly reason: string;
  readonly left: Leftovers;
}

interface Whole {
  readonly done: readonly Round[];
  readonly bare: readonly Leftovers[];
}

const stallMsMax = 20;
const lingeringMax = 8;
/** In the last half of the rounds. One port, listener or pool that stays is more than an object a round. */
const objectsEachMax = 0.5;
const heapBytesEachMax = 4_096;
/** A thread that is not given back is a megabyte and more. */
const residentBytesEachMax = 65_536;
/** With fewer rounds the last half still compiles code and fills pools. */
const roundsToJudgeMemory = 100;

/** As many bare threads, lost in a process of their own. */
export function bareLives(rounds: number): readonly Leftovers[] {
  const entry = fileURLToPath(new URL('./bare-lives.ts', import.meta.url));
  const child = spawnSync(process.execPath, ['--no-warnings', entry, String(rounds)], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
  });
  if (child.status !== 0) throw new Error(`bare threads: ${child.stderr}`);
  return JSON.parse(child.stdout) as Leftovers[];
}

export function outcomeOf({ done, bare }: Whole): Outcome {
  const kinds = faults.map(({ fault, how }) => kindOf({ fault, how, done }));
  const grown = growthOf(done.map(({ left }) => left));
  const grownBare = growthOf(bare);
  const wrong = faultsOf(done, grown);
  const parts = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const at = Math.round(share * (done.length - 1));
    return { round: at + 1, ...(done[at]?.left as Leftovers) };
  });
  const text = [
    table(
      [
        'fault',
        'rounds',
        'back, median ms',
        'max ms',
        'edge stall, max ms',
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
        kind.stallMaxMs,
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
    ...wrong.map((one) => `FAIL: ${one}`),
  ].join('\n');
  const json = { benchmark: 'faults', rounds: done.length, kinds, parts, grown, grownBare, wrong };
  return { ok: wrong.length === 0, json, text };
}

function kindOf({ fault, how, done }: { fault: FaultName; how: string; done: readonly Round[] }) {
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
    stallMaxMs: Math.max(...rounds.map(({ stallMs }) => stallMs)),
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

function growthLine(who: string, { threads, ports, objects, heapBytes, residentBytes }: Growth): (string | number)[] {
  return [who, threads, ports, objects, kibibytes(heapBytes), kibibytes(residentBytes)];
}

function faultsOf(done: readonly Round[], grown: Growth): readonly string[] {
  const wrong: string[] = [];
  const stalled = done.filter(({ stallMs }) => stallMs > stallMsMax);
  for (const { fault, stallMs } of stalled) wrong.push(`${fault}: the edge stalled for ${figure(stallMs)} ms`);
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
