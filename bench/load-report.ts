// Owns what a load run says at its end: figures as a document and as tables, and whether it passed.
// It fails a run for a loss, a double, a wrong order or a dead node, never for being slow.

import type { Outcome } from './benchmark.ts';
import { isClean, type Ledger } from './ledger.ts';
import type { Crowd } from './load-crowd.ts';
import { cpuSecondsBetween, type Usage } from './process-usage.ts';
import { faults, figure, kibibytes, latencyTable, mebibytes, table } from './report.ts';

export interface LoadMeasures {
  readonly crowd: Crowd;
  readonly ledger: Ledger;
  readonly usage: {
    readonly opened: Usage | null;
    readonly parked: Usage | null;
    readonly before: Usage | null;
    readonly after: Usage | null;
  };
  readonly elapsedSeconds: number;
  readonly rpcs: number;
  readonly settled: boolean;
  readonly alive: boolean;
  readonly generator: { readonly delayP99Ms: number; readonly delayMaxMs: number; readonly loadAverage: number };
}

export function loadOutcome(measures: LoadMeasures): Outcome {
  const { crowd, usage } = measures;
  const verdict = measures.ledger.verdict();
  const cpuSeconds = usage.before && usage.after ? cpuSecondsBetween(usage.before, usage.after) : null;
  const heldBytes =
    usage.opened && usage.parked ? (usage.parked.residentBytes - usage.opened.residentBytes) / crowd.size : null;
  const latencies = Object.fromEntries(Object.values(crowd.latencies).map((each) => [each.name, each.summary()]));
  const messages = crowd.rpcs.get('message.send') ?? 0;
  const allRpcs = [...crowd.rpcs.values()].reduce((sum, count) => sum + count, 0);
  const json = {
    benchmark: 'load',
    visitors: crowd.size,
    pollHoldMs: crowd.holdMs,
    rpcsPerSecond: measures.rpcs / measures.elapsedSeconds,
    rpcsMeasured: measures.rpcs,
    rpcsByMethod: Object.fromEntries(crowd.rpcs),
    messageShare: messages / allRpcs,
    cpuSecondsPer10000Rpcs: cpuSeconds === null ? null : (cpuSeconds / measures.rpcs) * 10_000,
    residentBytes: usage.after?.residentBytes ?? null,
    bytesPerHeldVisitor: heldBytes,
    latencies,
    generator: measures.generator,
    troubles: Object.fromEntries(crowd.troubles),
    verdict,
    settled: measures.settled,
    nodeAlive: measures.alive,
  };
  const ok =
    isClean(verdict) && measures.settled && measures.alive && verdict.visitorKept > 0 && verdict.operatorKept > 0;
  return { ok, json, text: textOf(json, ok) };
}

type Document = {
  readonly [name: string]: unknown;
  readonly latencies: Parameters<typeof latencyTable>[0];
  readonly generator: LoadMeasures['generator'];
  readonly verdict: ReturnType<Ledger['verdict']>;
};

function textOf(json: Document, ok: boolean): string {
  const { generator, verdict } = json;
  const bytes = (value: unknown, unit: (bytes: number) => string) => (typeof value === 'number' ? unit(value) : '-');
  const figures = table(
    ['load', 'value'],
    [
      ['visitors, each with a held poll', Number(json.visitors)],
      ['RPCs per second', Number(json.rpcsPerSecond)],
      ['messages among RPCs', `${(Number(json.messageShare) * 100).toFixed(2)} %`],
      ['CPU seconds per 10,000 RPCs', Number(json.cpuSecondsPer10000Rpcs ?? Number.NaN)],
      ['resident memory', bytes(json.residentBytes, mebibytes)],
      ['memory per held visitor', bytes(json.bytesPerHeldVisitor, kibibytes)],
      ["visitors' messages kept", verdict.visitorKept],
      ["operators' answers kept", verdict.operatorKept],
      ['lost', verdict.lost.length],
      ['twice', verdict.doubled.length],
      ['out of order', verdict.disordered.length],
    ],
  );
  const troubles = Object.entries(json.troubles ?? {}).map(([what, count]) => `${what}: ${count}`);
  return [
    figures,
    latencyTable(json.latencies),
    `the generator's own loop was late by ${figure(generator.delayP99Ms)} ms (p99), ${figure(generator.delayMaxMs)} ms (max); load average ${figure(generator.loadAverage)}`,
    faults('lost', verdict.lost),
    faults('twice', verdict.doubled),
    faults('out of order', verdict.disordered),
    faults('troubles', troubles),
    ok ? 'PASS: nothing lost, nothing twice, all in order' : 'FAIL',
  ]
    .filter((part) => part !== '')
    .join('\n');
}
