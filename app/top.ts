// Owns what `parla top` shows: one observation of a node as lines for a terminal of a given size.
// It reads no clock, asks nobody and writes nowhere.

import type { Observation, ObservedActor, ObservedGate, ThreadSample } from '../rpc/mod.ts';

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  /** False: no escape sequences, as for a file. */
  readonly colours: boolean;
}

/** Messages a second of all threads, oldest first: what the reader has seen so far. */
export type RatesSeen = readonly number[];

type Paint = (text: string) => string;

interface Paints {
  readonly strong: Paint;
  readonly soft: Paint;
  readonly well: Paint;
  readonly warm: Paint;
  readonly hot: Paint;
}

const columnsMin = 60;
const barWidth = 12;
const crashesShownMax = 4;
const freshCrashMs = 60_000;
const waitingWarm = 10;
const waitingHot = 100;
const delayWarmMs = 50;
const delayHotMs = 250;
const sparks = '▁▂▃▄▅▆▇█';

/** At most `rows` lines, none longer than `columns`. */
export function topLines(seen: Observation, rates: RatesSeen, screen: Screen): readonly string[] {
  const paints = paintsOf(screen.colours);
  const columns = Math.max(columnsMin, screen.columns);
  const threads = threadLines(seen, paints);
  const crashes = crashLines(seen, paints, columns);
  const gates = gateLines(seen, paints, columns);
  const head = [...headLines(seen, rates, { paints, columns }), '', ...threads, '', ...gates];
  const room = Math.max(1, screen.rows - head.length - crashes.length - 1);
  const lines = [...head, ...actorLines(seen, paints, { columns, room }), ...crashes];
  return lines.slice(0, screen.rows);
}

/** All threads together, now. */
export function rateOf({ samples }: Observation): number {
  return sum(samples.at(-1)?.threads ?? [], (thread) => thread.messagesPerSecond);
}

function headLines(seen: Observation, rates: RatesSeen, { paints, columns }: { paints: Paints; columns: number }) {
  const threads = seen.samples.at(-1)?.threads ?? [];
  const crashes = sum(threads, (thread) => thread.crashes);
  const restarts = sum(threads, (thread) => thread.restarts);
  const figures = [
    `${count(sum(threads, (thread) => thread.actors))} actors`,
    `${count(rateOf(seen))} messages/s`,
    `${megabytes(sum(threads, memoryOf))} MiB`,
  ].join('   ');
  const troubles = `${crashes} crashes, ${restarts} lost threads`;
  const { threadsLingering: linger } = seen;
  const width = Math.max(0, Math.min(rates.length, columns - figures.length - troubles.length - 6));
  const time = new Date(seen.at).toISOString().slice(11, 19);
  return [
    `${paints.strong(`Parla ${seen.node}`)}  ${paints.soft(`${time} UTC`)}${linger === 0 ? '' : paints.hot(`  ${linger} ended threads linger`)}`,
    `${figures}   ${(crashes + restarts > 0 ? paints.hot : paints.soft)(troubles)}   ${paints.well(spark(rates.slice(-width)))}`,
  ];
}

function threadLines(seen: Observation, { strong, soft, warm, hot }: Paints): readonly string[] {
  const samples = seen.samples.at(-1)?.threads ?? [];
  const rows = seen.threads.map(({ index, name, answers }) => {
    const sample = samples.find((one) => one.index === index);
    if (sample === undefined || !answers) return `${name.padEnd(14)} ${hot('does not answer')}`;
    const { mailboxLongest: mailbox, loopDelayMs } = sample;
    const delay = loopDelayMs.toFixed(loopDelayMs < 10 ? 1 : 0);
    return [
      name.padEnd(14),
      bar(sample.cpuShare),
      cell(count(sample.actors), 8),
      cell(count(sample.messagesPerSecond), 10),
      level(mailbox, { warm: waitingWarm, hot: waitingHot }, { warm, hot })(cell(count(mailbox), 8)),
      level(loopDelayMs, { warm: delayWarmMs, hot: delayHotMs }, { warm, hot })(cell(delay, 8)),
      cell(megabytes(memoryOf(sample)), 8),
      (sample.restarts > 0 ? hot : soft)(cell(String(sample.restarts), 5)),
    ].join(' ');
  });
  const head = `${'thread'.padEnd(14)} ${'cpu'.padEnd(barWidth)} ${[
    'actors',
    'messages/s',
    'mailbox',
    'delay ms',
    'MiB',
    'lost',
  ]
    .map((text, at) => cell(text, [8, 10, 8, 8, 8, 5][at] ?? 8))
    .join(' ')}`;
  return [strong(head), ...rows];
}

/** One line for each backend; of one that is not well its last error, and since when. */
function gateLines(
  { gates, at }: Observation,
  { strong, soft, warm, hot }: Paints,
  columns: number,
): readonly string[] {
  if (gates.length === 0) return [];
  const wide = Math.min(28, columns - 52);
  const line = (gate: ObservedGate) => {
    const { backend, target, state, breaker, pending, restarts, latencyMs, lastError, since } = gate;
    const troubled = state === 'down' || state === 'silent';
    const paint = troubled ? hot : breaker !== 'closed' ? warm : state === 'untried' ? soft : (text: string) => text;
    const times = state === 'silent' ? '' : `${latencyMs.p50.toFixed(1)} / ${latencyMs.p99.toFixed(1)}`;
    const why = troubled ? ` ${lastError ?? ''}${since === null ? '' : ` ${ago(at - since)}`}` : '';
    const figures = `${cell(times, 14)} ${cell(count(pending), 8)} ${cell(String(restarts), 5)}`;
    return paint(cut(`${fit(`${backend} ${target}`, wide)} ${state.padEnd(8)} ${figures}${why}`, columns));
  };
  const head = `${fit('backends', wide)} ${'state'.padEnd(8)} ${cell('p50 / p99 ms', 14)} ${cell('pending', 8)} ${cell('lost', 5)}`;
  return [strong(head), ...gates.map(line), ''];
}

function actorLines(seen: Observation, paints: Paints, { columns, room }: { columns: number; room: number }) {
  const wide = Math.min(36, columns - 50);
  const line = (actor: ObservedActor) => {
    const thread = seen.threads.find(({ index }) => index === actor.thread)?.name ?? '';
    const waiting = level(actor.mailbox, { warm: waitingWarm, hot: waitingHot }, paints)(cell(count(actor.mailbox), 8));
    return `${fit(actor.label, wide)} ${thread.padEnd(14)} ${waiting} ${cell(count(actor.messagesPerSecond), 10)} ${cell(count(actor.messages), 10)}`;
  };
  const head = `${fit('busiest actors', wide)} ${'thread'.padEnd(14)} ${cell('waiting', 8)} ${cell('messages/s', 10)} ${cell('handled', 10)}`;
  return [paints.strong(head), ...seen.actors.slice(0, Math.max(0, room - 1)).map(line)];
}

function crashLines(seen: Observation, { strong, soft, hot }: Paints, columns: number): readonly string[] {
  const shown = seen.crashes.slice(0, crashesShownMax);
  if (shown.length === 0) return ['', soft('nothing has crashed')];
  const lines = shown.map(({ at, label, reason, message }) => {
    const paint = seen.at - at < freshCrashMs ? hot : soft;
    return paint(
      cut(`${ago(seen.at - at).padEnd(9)} ${label}: ${reason}${message === '' ? '' : `, at ${message}`}`, columns),
    );
  });
  return ['', strong('crashes'), ...lines];
}

function paintsOf(colours: boolean): Paints {
  const paint =
    (code: number): Paint =>
    (text) =>
      colours ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { strong: paint(1), soft: paint(2), well: paint(36), warm: paint(33), hot: paint(31) };
}

function level(
  value: number,
  from: { readonly warm: number; readonly hot: number },
  { warm, hot }: Pick<Paints, 'warm' | 'hot'>,
): Paint {
  if (value >= from.hot) return hot;
  return value >= from.warm ? warm : (text) => text;
}

function bar(share: number): string {
  const filled = Math.round(Math.min(1, share) * (barWidth - 5));
  return `${'█'.repeat(filled)}${'·'.repeat(barWidth - 5 - filled)} ${cell(`${Math.round(share * 100)}%`, 4)}`;
}

function spark(values: readonly number[]): string {
  const most = Math.max(1, ...values);
  return values.map((value) => sparks[Math.round((value / most) * (sparks.length - 1))] ?? '').join('');
}

function memoryOf({ heapBytes, bufferBytes }: ThreadSample): number {
  return heapBytes + bufferBytes;
}

function megabytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(0);
}

function count(value: number): string {
  if (value >= 1e7) return `${(value / 1e6).toFixed(1)}M`;
  return value > 0 && value < 10 && !Number.isInteger(value)
    ? value.toFixed(1)
    : Math.round(value).toLocaleString('en-GB');
}

function cell(text: string, width: number): string {
  return text.padStart(width);
}

function fit(text: string, width: number): string {
  return cut(text, width).padEnd(width);
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  return seconds < 60 ? `${seconds}s ago` : `${Math.floor(seconds / 60)}min ago`;
}

function sum(threads: readonly ThreadSample[], value: (thread: ThreadSample) => number): number {
  return threads.reduce((all, thread) => all + value(thread), 0);
}
