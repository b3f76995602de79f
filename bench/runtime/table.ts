// Owns the benchmark `runtime`: rounds of all contenders in turn, medians, ratios, and the table beside the targets.
// A missed target is shown and does not fail the run: the machine decides too.

import type { Benchmark, BenchmarkRequest, Outcome } from '../benchmark.ts';
import { numberOption, textOption } from '../benchmark.ts';
import { figure, table } from '../report.ts';
import { BareThread } from './bare.ts';
import { localNode, sinkChild, threadedNode } from './bench-nodes.ts';
import { Erlang } from './erlang.ts';
import { Peers } from './peers.ts';
import { type Contender, median, type Shape } from './round.ts';
import { lifeShapes, messageShapes, type Stage, threadShapes } from './shapes.ts';
import { RingThread } from './shared-ring.ts';

export const runtime: Benchmark = {
  name: 'runtime',
  summary: 'the actor runtime beside Erlang, nact, comedy, postMessage and a bare call (Savina set, lives, threads)',
  options: [
    { name: 'rounds', help: 'rounds of each, contenders in turn', byDefault: '7' },
    { name: 'only', help: 'rows whose name contains one of these, separated by commas', byDefault: '' },
  ],
  run: runTable,
};

/** A key of the second scheduler thread: it counts, the first one sends. */
const receiverKey = 'key0';

/**
 * Until the compiler has seen enough of a shape, at least so many rounds and so long for each contender: after three
 * rounds of 10 ms spawning was half as fast as after twenty.
 */
const warmRoundsMin = 3;
const warmMs = 400;

/** A contender goes on for so long before it is the next one's turn: many a round takes 10 ms, right after another process's. */
const roundMsMin = 100;

interface Row {
  readonly name: string;
  readonly unit: Shape['unit'];
  readonly target: number | null;
  readonly medians: { readonly [contender: string]: number };
  /** The best round of each: what it does when nothing else wants the machine. */
  readonly bests: { readonly [contender: string]: number };
  /** How many times better Parla is than each. */
  readonly ratios: { readonly [contender: string]: number };
  readonly missed: readonly string[];
}

async function runTable(request: BenchmarkRequest): Promise<Outcome> {
  const rounds = numberOption(request, 'rounds');
  const only = (textOption(request, 'only') ?? '').split(',');
  const stage = await openStage();
  try {
    const all = [...(await messageShapes(stage)), ...(await lifeShapes(stage)), ...(await threadShapes(stage))];
    const rows: Row[] = [];
    for (const shape of all.filter(({ name }) => only.some((part) => name.includes(part)))) {
      request.progress(shape.name);
      rows.push(await measure(shape, Math.min(rounds, shape.rounds ?? rounds)));
    }
    return outcomeOf(rows);
  } finally {
    await closeStage(stage);
  }
}

async function openStage(): Promise<Stage> {
  const threads = await threadedNode({}, [sinkChild(receiverKey)]);
  return {
    threads,
    local: await localNode(),
    bare: new BareThread(),
    ring: new RingThread(),
    peers: new Peers(),
    erlang: Erlang.find(1),
    erlangTwo: Erlang.find(2),
  };
}

async function closeStage({ local, threads, bare, ring, peers, erlang, erlangTwo }: Stage): Promise<void> {
  erlang?.stop();
  erlangTwo?.stop();
  await peers.stop();
  await bare.stop();
  await ring.stop();
  await local.stop();
  await threads.stop();
}

async function measure(shape: Shape, rounds: number): Promise<Row> {
  const figures = new Map<string, number[]>(shape.contenders.map(({ name }) => [name, []]));
  if (rounds > 1) for (const contender of shape.contenders) await warm(contender);
  for (let round = 1; round <= rounds; round++) {
    for (const contender of shape.contenders) figures.get(contender.name)?.push(await longRound(contender, shape.unit));
  }
  return judge(shape, figures);
}

/** The figure of all its rounds together: of a rate that is the harmonic mean, for each round does the same work. */
async function longRound({ round }: Contender, unit: Shape['unit']): Promise<number> {
  const started = performance.now();
  const figures: number[] = [];
  do figures.push(await round());
  while (performance.now() - started < roundMsMin);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return unit === 'per s' ? 1 / mean(figures.map((figure) => 1 / figure)) : mean(figures);
}

async function warm(contender: Contender): Promise<void> {
  const started = performance.now();
  for (let round = 1; round <= warmRoundsMin || performance.now() - started < warmMs; round++) await contender.round();
}

function judge({ name, unit, target, ratios: wanted }: Shape, figures: ReadonlyMap<string, readonly number[]>): Row {
  const best = unit === 'per s' ? Math.max : Math.min;
  const medians = Object.fromEntries([...figures].map(([contender, values]) => [contender, median(values)]));
  const bests = Object.fromEntries([...figures].map(([contender, values]) => [contender, best(...values)]));
  const own = medians.Parla ?? Number.NaN;
  const better = (other: number) => (unit === 'per s' ? own / other : other / own);
  const others = Object.entries(medians).filter(([contender]) => contender !== 'Parla');
  const ratios = Object.fromEntries(others.map(([contender, value]) => [contender, better(value)]));
  const missed: string[] = [];
  if (target !== null && better(target) < 1) missed.push(`${figure(target)} ${unit}`);
  for (const [contender, times] of Object.entries(wanted)) {
    const reached = ratios[contender];
    if (reached !== undefined && reached < times) missed.push(`${times} x ${contender}`);
  }
  return { name, unit, target, medians, bests, ratios, missed };
}

function outcomeOf(rows: readonly Row[]): Outcome {
  const names = [...new Set(rows.flatMap(({ medians }) => Object.keys(medians)))];
  const cell = (row: Row, name: string) => {
    const value = row.medians[name];
    if (value === undefined) return '';
    const ratio = row.ratios[name];
    if (ratio !== undefined) return `${short(value)} (${figure(ratio)} x)`;
    const best = row.bests[name] ?? value;
    return best === value ? short(value) : `${short(value)} (best ${short(best)})`;
  };
  const lines = rows.map((row) => [
    `${row.name}, ${row.unit}`,
    row.target === null ? '' : short(row.target),
    ...names.map((name) => cell(row, name)),
    row.missed.length === 0 ? 'yes' : `not ${row.missed.join(', ')}`,
  ]);
  const text = table(
    ['median of rounds, and the best (Parla is so many times better)', 'target', ...names, 'reached'],
    lines,
  );
  return { ok: true, json: { benchmark: 'runtime', node: process.version, rows }, text };
}

function short(value: number): string {
  if (value >= 1e6) return `${figure(value / 1e6)} M`;
  return value >= 1e4 ? `${figure(value / 1e3)} k` : figure(value);
}
