// Owns what the edge counts of itself and the text of `/metrics`: its own numbers and the runtime's, in Prometheus' format.
// Labels come from small closed sets; nothing here names a visitor.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { VisitorLevel } from '../actors/mod.ts';
import type { Inspection, Counter as RuntimeCounter } from '../runtime/mod.ts';
import type { RpcMeter } from './dispatch.ts';

/** What is read when somebody asks, by metric name. */
export interface EdgeGauges {
  readonly pollsParked: number;
  readonly outboxes: number;
  readonly outboxBytes: number;
  readonly levels: { readonly [level in VisitorLevel]: number };
  readonly throttled: { readonly [limit: string]: number };
  readonly events: { readonly [outcome: string]: number };
  readonly dropped: { readonly [reason: string]: number };
}

export interface Metrics {
  readonly meter: RpcMeter;
  readonly contentType: string;
  /** Everything together; the runtime's part is null while it cannot be asked. */
  text(gauges: EdgeGauges, inspection: Inspection | null, extra: readonly RuntimeCounter[]): Promise<string>;
}

const latencySeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'parla_', eventLoopMonitoringPrecision: 100 });
  const rpcs = new Counter({
    name: 'parla_rpc_total',
    help: 'RPCs by method and outcome',
    labelNames: ['method', 'code'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'parla_rpc_seconds',
    help: 'Time to answer an RPC; polls that were parked are not observed',
    labelNames: ['method'],
    buckets: latencySeconds,
    registers: [registry],
  });
  return {
    meter: {
      count({ method, code, ms, held }) {
        rpcs.inc({ method, code });
        if (!held) seconds.observe({ method }, ms / 1_000);
      },
    },
    contentType: registry.contentType,
    async text(gauges, inspection, extra) {
      const now = new Registry();
      addEdge(now, gauges);
      if (inspection !== null) addRuntime(now, inspection);
      for (const number of extra) addNumber(now, number, number.metric.endsWith('_total') ? Counter : Gauge);
      return `${await registry.metrics()}\n${await now.metrics()}`;
    },
  };
}

function addEdge(registry: Registry, gauges: EdgeGauges): void {
  const gauge = (name: string, help: string, value: number) =>
    new Gauge({ name: `parla_${name}`, help, registers: [registry] }).set(value);
  const family = (name: string, label: string, values: { readonly [label: string]: number }) => {
    const kind = name.endsWith('_total') ? Counter : Gauge;
    const metric = new kind({ name: `parla_${name}`, help: name, labelNames: [label], registers: [registry] });
    for (const [text, value] of Object.entries(values)) metric.inc({ [label]: text }, value);
  };
  gauge('polls_parked', 'Polls that wait for news', gauges.pollsParked);
  gauge('outboxes', 'Visitors with an outbox on this edge', gauges.outboxes);
  gauge('outbox_bytes', 'Estimated bytes of all outboxes', gauges.outboxBytes);
  family('sessions', 'level', gauges.levels);
  family('throttled_total', 'limit', gauges.throttled);
  family('outbox_events_total', 'outcome', gauges.events);
  family('outbox_dropped_total', 'reason', gauges.dropped);
}

const threadGauges = ['actors', 'mailboxLongest', 'heapBytes', 'bufferBytes', 'loopDelayMaxMs'] as const;
const threadCounters = ['messages', 'cpuMs', 'crashes', 'deadLetters', 'dropped'] as const;

function addRuntime(registry: Registry, inspection: Inspection): void {
  const registers = [registry];
  new Counter({ name: 'parla_thread_restarts_total', help: 'Threads that were replaced', registers }).inc(
    inspection.threadRestarts,
  );
  new Gauge({
    name: 'parla_threads_lingering',
    help: 'Ended threads whose native call has not returned',
    registers,
  }).set(inspection.threadsLingering);
  for (const name of [...threadGauges, ...threadCounters]) {
    const isCounter = threadCounters.some((counter) => counter === name);
    const kind = isCounter ? Counter : Gauge;
    const metricName = `parla_thread_${snake(name)}${isCounter ? '_total' : ''}`;
    const metric = new kind({ name: metricName, help: `${name} of each thread`, labelNames: ['thread'], registers });
    for (const thread of inspection.threads) metric.inc({ thread: thread.thread }, thread[name]);
  }
  const alive = new Gauge({
    name: 'parla_actors',
    help: 'Actors alive',
    labelNames: ['thread', 'behaviour'],
    registers,
  });
  for (const { thread, behaviours, counters } of inspection.threads) {
    for (const [behaviour, count] of Object.entries(behaviours)) alive.inc({ thread, behaviour }, count);
    for (const { metric, labels, value } of counters) {
      addNumber(registry, { metric, labels: { ...labels, thread }, value }, Counter);
    }
  }
}

/** A number by its name: the first of a name decides its labels. */
function addNumber(
  registry: Registry,
  { metric, labels, value }: RuntimeCounter,
  kind: typeof Counter | typeof Gauge,
): void {
  const name = `parla_${snake(metric)}`;
  const known = registry.getSingleMetric(name);
  if (known instanceof kind) known.inc(labels, value);
  else if (known === undefined) {
    new kind({ name, help: metric, labelNames: Object.keys(labels), registers: [registry] }).inc(labels, value);
  }
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/[^a-zA-Z0-9_]/g, '_');
}
