// Owns what `habla-day` says at its end: statements and rows by kind, Parla beside the old way, and the verdict.
// A write is an INSERT, UPDATE, DELETE or REPLACE as executed; commits and migrations are apart.

import type { Outcome } from './benchmark.ts';
import { type DayShape, fullDay } from './habla-plan.ts';
import type { LatencySummary } from './latency.ts';
import { faults, table } from './report.ts';
import type { SqlCounters } from './servers.ts';

/** For the whole day; a part of the day has the same part of it. */
const writesMax = 5_000;
/** Where sessions and rooms would be read from. How far operators have received (`marks`) is no session's. */
const sessionTables: readonly string[] = ['entries', 'messages', 'conversations', 'sessions', 'visitors'];
const sessionReadsMax = 0;
const writeVerbs: readonly string[] = ['insert', 'update', 'delete', 'replace'];

export type ByKind = ReadonlyMap<string, number>;

/** One of the two that serve the day. */
export interface DaySide {
  /** As its own code counts them, by `verb table`. */
  readonly statements: ByKind;
  /** As its SQL server counts them; null where the database is embedded. */
  readonly counted: SqlCounters | null;
  /** Its server, and the servers behind it. */
  readonly cpuSeconds: ByKind;
  /** Of what is not held: opening, pages, messages, leaving. */
  readonly latency: LatencySummary;
}

export interface DayMeasures {
  readonly shape: DayShape;
  readonly compress: number;
  readonly on: 'embedded' | 'servers';
  readonly elapsedSeconds: number;
  readonly rpcs: ByKind;
  readonly troubles: ByKind;
  readonly visitsComplete: number;
  readonly chatsComplete: number;
  readonly parla: DaySide & {
    readonly rows: ByKind;
    /** What the rows of a conversation's log are: opened, said, assigned, closed … */
    readonly entries: ByKind;
    readonly transactions: ByKind;
  };
  readonly oldWay: DaySide;
  /** A server that only answered the same requests; null where none was asked for. */
  readonly httpAloneCpuSeconds: number | null;
}

export function countStatements(kinds: ByKind, verbs: readonly string[]): number {
  let sum = 0;
  for (const [kind, count] of kinds) if (verbs.includes(kind.split(' ')[0]?.toLowerCase() ?? '')) sum += count;
  return sum;
}

export function dayOutcome(day: DayMeasures): Outcome {
  const share = day.shape.messages / fullDay.messages;
  const { writes, reads } = totalsOf(day.parla);
  const sessionReads = sessionTables.reduce((all, name) => all + (day.parla.statements.get(`select ${name}`) ?? 0), 0);
  const ok =
    writes > 0 &&
    writes <= writesMax * share &&
    sessionReads <= sessionReadsMax &&
    day.chatsComplete === day.shape.conversations &&
    day.visitsComplete === day.shape.visitors;
  const rpcs = sum(day.rpcs);
  const json = {
    benchmark: 'habla-day',
    ok,
    day: day.shape,
    compress: day.compress,
    on: day.on,
    elapsedSeconds: day.elapsedSeconds,
    rpcs,
    rpcsByMethod: Object.fromEntries(day.rpcs),
    visitsComplete: day.visitsComplete,
    chatsComplete: day.chatsComplete,
    parla: {
      writes,
      writesMax: writesMax * share,
      reads,
      sessionReads,
      sessionReadsMax,
      statements: Object.fromEntries(day.parla.statements),
      rows: Object.fromEntries(day.parla.rows),
      entries: Object.fromEntries(day.parla.entries),
      transactions: Object.fromEntries(day.parla.transactions),
      ...sideDocument(day.parla),
    },
    oldWay: {
      ...totalsOf(day.oldWay),
      statements: Object.fromEntries(day.oldWay.statements),
      ...sideDocument(day.oldWay),
    },
    httpAloneCpuSeconds: day.httpAloneCpuSeconds,
    troubles: Object.fromEntries(day.troubles),
  };
  return { ok, json, text: textOf(day, json) };
}

/** What the SQL server counted, where there is one: it cannot have executed what nobody told of. */
function totalsOf({ statements, counted }: DaySide): { readonly writes: number; readonly reads: number } {
  const kinds = counted?.statements ?? statements;
  return { writes: countStatements(kinds, writeVerbs), reads: countStatements(kinds, ['select']) };
}

function sideDocument({ counted, cpuSeconds, latency }: DaySide) {
  return {
    counted:
      counted === null
        ? null
        : { statements: Object.fromEntries(counted.statements), rows: Object.fromEntries(counted.rows) },
    cpuSeconds: { ...Object.fromEntries(cpuSeconds), all: sum(cpuSeconds) },
    latency,
  };
}

function sum(kinds: ByKind): number {
  return [...kinds.values()].reduce((all, one) => all + one, 0);
}

interface Totals {
  readonly ok: boolean;
  readonly rpcs: number;
  readonly parla: {
    readonly writes: number;
    readonly writesMax: number;
    readonly reads: number;
    readonly sessionReads: number;
  };
  readonly oldWay: { readonly writes: number; readonly reads: number };
}

function textOf(day: DayMeasures, totals: Totals): string {
  const { parla, oldWay } = totals;
  const messages = day.shape.messages;
  const processes = [...new Set([...day.parla.cpuSeconds.keys(), ...day.oldWay.cpuSeconds.keys()])];
  const summary = table(
    ['one day', 'Parla', 'the old way'],
    [
      ['visitors', day.visitsComplete, day.visitsComplete],
      ['RPCs', totals.rpcs, totals.rpcs],
      ['conversations that came to their end', day.chatsComplete, '-'],
      ['SQL writes', parla.writes, oldWay.writes],
      ['SQL reads', parla.reads, oldWay.reads],
      [
        'SQL statements for each message',
        (parla.writes + parla.reads) / messages,
        (oldWay.writes + oldWay.reads) / messages,
      ],
      ['CPU seconds, all processes', sum(day.parla.cpuSeconds), sum(day.oldWay.cpuSeconds)],
      ...processes.map((name) => [
        `  ${name}`,
        day.parla.cpuSeconds.get(name) ?? '-',
        day.oldWay.cpuSeconds.get(name) ?? '-',
      ]),
      ...(day.httpAloneCpuSeconds === null ? [] : [['  HTTP alone, for both', day.httpAloneCpuSeconds, '']]),
      ['mean ms to answer what is not held', day.parla.latency.meanMs, day.oldWay.latency.meanMs],
      ['p99 ms', day.parla.latency.p99Ms, day.oldWay.latency.p99Ms],
    ],
  );
  const kinds = [
    ...new Set([...day.parla.statements.keys(), ...day.parla.rows.keys(), ...day.oldWay.statements.keys()]),
  ];
  const shown = kinds.map((kind) => [
    kind,
    day.parla.statements.get(kind) ?? 0,
    day.parla.rows.get(kind) ?? 0,
    day.oldWay.statements.get(kind) ?? 0,
  ]);
  const byKind = table(
    ['statement', 'Parla', 'rows of it', 'the old way'],
    shown.filter((row) => row.slice(1).some(Boolean)),
  );
  const counted = [...(day.parla.counted?.statements ?? [])].map(([verb, count]) => [
    verb,
    count,
    day.oldWay.counted?.statements.get(verb) ?? 0,
  ]);
  const byServer = counted.length === 0 ? '' : table(['counted by MariaDB itself', 'Parla', 'the old way'], counted);
  const apart = table(
    ['beside, by Parla', 'count'],
    [
      ...[...day.parla.entries].map(([kind, count]) => [`log entry: ${kind}`, count]),
      ...[...day.parla.transactions].map(([verb, count]) => [`transaction: ${verb.toLowerCase()}`, count]),
    ],
  );
  const budget = `${parla.writes} writes of at most ${parla.writesMax}`;
  return [
    summary,
    byServer,
    byKind,
    apart,
    faults(
      'troubles',
      [...day.troubles].map(([what, count]) => `${what}: ${count}`),
    ),
    `${totals.ok ? 'PASS' : 'FAIL'}: ${budget}; the day at ${day.compress} times the clock took ${day.elapsedSeconds.toFixed(0)} s`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}
