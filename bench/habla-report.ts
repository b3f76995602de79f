// Owns what `habla-day` says at its end: statements and rows by kind, Parla beside the old way, and the verdict.
// A write is an INSERT, UPDATE, DELETE or REPLACE as executed; commits and migrations are apart.

import type { Outcome } from './benchmark.ts';
import { type DayShape, fullDay } from './habla-plan.ts';
import { faults, table } from './report.ts';

/** For the whole day; a part of the day has the same part of it. */
const writesMax = 5_000;
/** Where sessions and rooms would be read from. How far operators have received (`marks`) is no session's. */
const sessionTables: readonly string[] = ['entries', 'messages', 'conversations', 'sessions', 'visitors'];
const sessionReadsMax = 0;
const writeVerbs: readonly string[] = ['insert', 'update', 'delete', 'replace'];

export type ByKind = ReadonlyMap<string, number>;

export interface DayMeasures {
  readonly shape: DayShape;
  readonly compress: number;
  readonly elapsedSeconds: number;
  readonly rpcs: ByKind;
  readonly troubles: ByKind;
  readonly visitsComplete: number;
  readonly chatsComplete: number;
  readonly parla: {
    readonly statements: ByKind;
    readonly rows: ByKind;
    /** What the rows of a conversation's log are: opened, said, assigned, closed … */
    readonly entries: ByKind;
    readonly transactions: ByKind;
    readonly cpuSeconds: number;
  };
  readonly oldWay: { readonly statements: ByKind; readonly cpuSeconds: number };
}

export function countStatements(kinds: ByKind, verbs: readonly string[]): number {
  let sum = 0;
  for (const [kind, count] of kinds) if (verbs.includes(kind.split(' ')[0]?.toLowerCase() ?? '')) sum += count;
  return sum;
}

export function dayOutcome(day: DayMeasures): Outcome {
  const share = day.shape.messages / fullDay.messages;
  const writes = countStatements(day.parla.statements, writeVerbs);
  const reads = countStatements(day.parla.statements, ['select']);
  const sessionReads = sessionTables.reduce((sum, name) => sum + (day.parla.statements.get(`select ${name}`) ?? 0), 0);
  const ok =
    writes > 0 &&
    writes <= writesMax * share &&
    sessionReads <= sessionReadsMax &&
    day.chatsComplete === day.shape.conversations &&
    day.visitsComplete === day.shape.visitors;
  const rpcs = [...day.rpcs.values()].reduce((sum, count) => sum + count, 0);
  const json = {
    benchmark: 'habla-day',
    ok,
    day: day.shape,
    compress: day.compress,
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
      cpuSeconds: day.parla.cpuSeconds,
    },
    oldWay: {
      writes: countStatements(day.oldWay.statements, writeVerbs),
      reads: countStatements(day.oldWay.statements, ['select']),
      statements: Object.fromEntries(day.oldWay.statements),
      cpuSeconds: day.oldWay.cpuSeconds,
    },
    troubles: Object.fromEntries(day.troubles),
  };
  return { ok, json, text: textOf(day, json) };
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
      ['CPU seconds', day.parla.cpuSeconds, day.oldWay.cpuSeconds],
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
