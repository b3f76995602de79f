// Owns the benchmark `durable`: what it costs that a line is on the disk before it is acknowledged, store by store.
// Each store is measured as the difference to the same run with a store that keeps nothing, beside a bare fdatasync.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildSpec } from '../../runtime/mod.ts';
import { freePort, startSqlServer } from '../../test/support/backends/mod.ts';
import { needs } from '../../test/support/needs.ts';
import { type Benchmark, type BenchmarkRequest, numberOption, type Outcome } from '../benchmark.ts';
import { figure, table } from '../report.ts';
import { median } from '../runtime/round.ts';
import { BareAppend } from './bare-append.ts';
import { BareInsert } from './bare-insert.ts';
import { HistoryPort, lineBytes } from './history-port.ts';
import { atPace, type Paced } from './pace.ts';

export const durable: Benchmark = {
  name: 'durable',
  summary: 'what it adds to an acknowledgement that the line is on disk: SQLite, MariaDB, journal, a bare fdatasync',
  options: [
    { name: 'rates', help: 'lines a second, comma between them', byDefault: '200,1000,5000' },
    { name: 'seconds', help: 'of each rate in each round', byDefault: '2' },
    { name: 'rounds', help: 'rounds, of which the medians are shown', byDefault: '5' },
    { name: 'stores', help: 'which, comma between them', byDefault: 'sqlite,journal,mariadb' },
  ],
  run: runDurable,
};

const nothing = 'keeps nothing';
const bare = 'bare fdatasync';
/** What the server costs by itself, whoever writes to it. */
const bareInsert = 'bare INSERT in MariaDB';
/** With nothing of Parla around them, so that nothing is taken off them. */
const anchors: readonly string[] = [bare, bareInsert];
/** What durability may add, in times of the bare anchor of the same run. */
const p50TimesMax = 2;
const p99TimesMax = 8;

interface Contender {
  readonly name: string;
  readonly say: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

async function runDurable(request: BenchmarkRequest): Promise<Outcome> {
  const rates = String(request.values.rates).split(',').map(Number);
  if (rates.some((rate) => !(rate > 0))) throw new Error('--rates must be numbers above 0, with commas between them');
  const [seconds, rounds] = [numberOption(request, 'seconds'), numberOption(request, 'rounds')];
  const directory = mkdtempSync(join(tmpdir(), 'parla-durable-'));
  const contenders: Contender[] = [];
  try {
    await addContenders(contenders, directory, request);
    // Code and files that are touched for the first time are no part of what a day costs.
    for (const { say } of contenders) await atPace({ perSecond: 500, seconds: 1 }, say);
    const seen = new Map<string, Paced[]>();
    for (let round = 1; round <= rounds; round++) {
      request.progress(`round ${round} of ${rounds}`);
      for (const perSecond of rates) {
        for (const { name, say } of contenders) {
          const key = `${perSecond} ${name}`;
          seen.set(key, [...(seen.get(key) ?? []), await atPace({ perSecond, seconds }, say)]);
        }
      }
    }
    const names = contenders.map(({ name }) => name);
    return outcomeOf(
      rates.map((rate) => rowsOf(rate, names, seen)),
      { seconds, rounds },
    );
  } finally {
    for (const { stop } of contenders.reverse()) await stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function addContenders(contenders: Contender[], directory: string, request: BenchmarkRequest) {
  const wanted = String(request.values.stores).split(',');
  const file = await BareAppend.open(directory);
  const bytes = lineBytes();
  contenders.push({ name: bare, say: () => file.append(bytes), stop: () => file.close() });
  const add = async (name: string, behaviour: string, args: unknown) => {
    const port = await HistoryPort.start([
      gateChild('journal', 'journal', { path: join(directory, `${name}-journal.db`) }),
      gateChild('store', behaviour, args),
    ]);
    contenders.push({ name, say: () => port.say(), stop: () => port.stop() });
  };
  await add(nothing, 'forgetfulStore', null);
  if (wanted.includes('sqlite')) await add('SQLite', 'sqlStore', { path: join(directory, 'parla.db') });
  if (wanted.includes('journal')) {
    // Nobody listens there: every line goes to the journal.
    await add('journal', 'mysqlStore', { url: `mysql://nobody:nothing@127.0.0.1:${await freePort()}/nothing` });
  }
  if (!wanted.includes('mariadb')) return;
  const missing = needs('sql-server');
  if (missing !== false) return request.progress(`MariaDB is left out: ${missing}`);
  const server = await startSqlServer();
  const insert = await BareInsert.open(server);
  const stop = async () => {
    await insert.close();
    await server.stop();
  };
  contenders.push({ name: bareInsert, say: () => insert.append(bytes.toString()), stop });
  await add('MariaDB', 'mysqlStore', { url: server.url });
}

/** On a gate thread of its own, as in a node. */
function gateChild(name: string, behaviour: string, args: unknown): ChildSpec {
  return { id: name, name, behaviour, args, placement: { on: 'gate', gate: name } };
}

interface Row {
  readonly name: string;
  readonly acknowledgedPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly addedP50Ms: number | null;
  readonly addedP99Ms: number | null;
  /** Added, in times of the bare anchor's own. */
  readonly p50Times: number | null;
  readonly p99Times: number | null;
}

interface Rate {
  readonly perSecond: number;
  readonly rows: readonly Row[];
}

function rowsOf(perSecond: number, names: readonly string[], seen: ReadonlyMap<string, readonly Paced[]>): Rate {
  const medians = (name: string) => {
    const rounds = seen.get(`${perSecond} ${name}`) ?? [];
    const of = (value: (paced: Paced) => number) => median(rounds.map(value));
    return { p50: of((r) => r.latency.p50Ms), p99: of((r) => r.latency.p99Ms), rate: of((r) => r.perSecond) };
  };
  const [floor, anchor] = [medians(nothing), medians(bare)];
  const rows = names.map((name) => {
    const { p50, p99, rate } = medians(name);
    const under = anchors.includes(name) ? { p50: 0, p99: 0 } : floor;
    const isMeasured = name !== nothing && name !== bare;
    const [addedP50Ms, addedP99Ms] = isMeasured ? [p50 - under.p50, p99 - under.p99] : [null, null];
    const p50Times = addedP50Ms === null ? null : addedP50Ms / anchor.p50;
    const p99Times = addedP99Ms === null ? null : addedP99Ms / anchor.p99;
    return { name, acknowledgedPerSecond: rate, p50Ms: p50, p99Ms: p99, addedP50Ms, addedP99Ms, p50Times, p99Times };
  });
  return { perSecond, rows };
}

function outcomeOf(rates: readonly Rate[], shape: { readonly seconds: number; readonly rounds: number }): Outcome {
  const shown = (value: number | null) => (value === null ? '' : figure(value));
  const beyond = rates.flatMap(({ perSecond, rows }) =>
    rows
      .filter(({ name }) => !anchors.includes(name))
      .filter(({ p50Times, p99Times }) => (p50Times ?? 0) > p50TimesMax || (p99Times ?? 0) > p99TimesMax)
      .map(({ name }) => `${name} at ${perSecond} a second`),
  );
  const head = [
    'lines a second',
    'store',
    'acknowledged/s',
    'p50 ms',
    'p99 ms',
    'added p50',
    'x bare',
    'added p99',
    'x bare',
  ];
  const body = rates.flatMap(({ perSecond, rows }) =>
    rows.map((row) => [
      String(perSecond),
      row.name,
      row.acknowledgedPerSecond,
      row.p50Ms,
      row.p99Ms,
      ...[row.addedP50Ms, row.p50Times, row.addedP99Ms, row.p99Times].map(shown),
    ]),
  );
  const text = [
    table(head, body),
    `medians of ${shape.rounds} rounds of ${shape.seconds} s; added: to the same run with a store that keeps nothing, and to nothing for ${bareInsert}; goal: p50 at most ${p50TimesMax} times, p99 at most ${p99TimesMax} times the bare append's`,
    beyond.length === 0 ? 'every store is within the goal' : `beyond the goal: ${beyond.join(', ')}`,
  ].join('\n');
  // Only what was lost is a failure: how fast a disk is on the day is no fault of the code.
  return {
    ok: true,
    json: { benchmark: 'durable', ...shape, goal: { p50TimesMax, p99TimesMax }, rates, beyond },
    text,
  };
}
