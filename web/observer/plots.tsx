// Owns the five plots by thread, under one pointer: where it stands in one of them, all of them say what was then.
// It never draws; plot-paint.ts does.

import { useState } from 'preact/hooks';
import type { ObservedThread, ThreadSample } from '../../rpc/observer-contract.ts';
import { Canvas } from './canvas.tsx';
import { ago, bytes, count, milliseconds, rate, type Writer, words } from './format.ts';
import { growth, type Line, lines, type Past } from './history.ts';
import { threadColour } from './palette.ts';
import { atOf, nearest, paintPlot, windowOf } from './plot-paint.ts';

interface Plot {
  readonly title: string;
  readonly value: (thread: ThreadSample) => number;
  readonly write: Writer;
  readonly topMin: number;
  readonly roundIn?: number;
  /** Of a count: how much it grew. */
  readonly growth?: true;
}

const plotHeight = 84;
const mebibyte = 1_048_576;
const plots: readonly Plot[] = [
  { title: 'Messages', value: ({ messagesPerSecond }) => messagesPerSecond, write: rate, topMin: 10 },
  { title: 'Longest mailbox', value: ({ mailboxLongest }) => mailboxLongest, write: count, topMin: 10 },
  {
    title: 'Crashes and restarts',
    value: ({ crashes, restarts }) => crashes + restarts,
    write: count,
    topMin: 4,
    growth: true,
  },
  { title: 'Event-loop delay', value: ({ loopDelayMs }) => loopDelayMs, write: milliseconds, topMin: 20 },
  {
    title: 'Memory, heap and buffers',
    value: ({ heapBytes, bufferBytes }) => heapBytes + bufferBytes,
    write: bytes,
    topMin: 20 * mebibyte,
    roundIn: mebibyte,
  },
];

export function Plots({ past }: { readonly past: Past }) {
  const [hoverAt, setHoverAt] = useState<number | null>(null);
  const { threads, at } = past.observation;
  const windowMs = windowOf(
    past.samples.map((sample) => sample.at),
    at,
  );
  return (
    <section class="panel plots" aria-label="Threads over time">
      <header>
        <h2>Threads</h2>
        <span class="hint">{hoverAt === null ? lastOf(windowMs) : ago(hoverAt, at)}</span>
        <Keys threads={threads} />
      </header>
      {plots.map((plot) => (
        <PlotOf key={plot.title} plot={plot} past={past} windowMs={windowMs} hoverAt={hoverAt} onHover={setHoverAt} />
      ))}
    </section>
  );
}

interface PlotProps {
  readonly plot: Plot;
  readonly past: Past;
  readonly windowMs: number;
  readonly hoverAt: number | null;
  readonly onHover: (at: number | null) => void;
}

function PlotOf({ plot, past: { samples, observation }, windowMs, hoverAt, onHover }: PlotProps) {
  const all = lines(samples, plot.value);
  const drawn = plot.growth === true ? all.map(growth) : all;
  const times = samples.map(({ at }) => at);
  const shown = hoverAt === null ? times.length - 1 : nearest(times, hoverAt);
  const data = {
    lines: drawn,
    times,
    now: observation.at,
    windowMs,
    topMin: plot.topMin,
    roundIn: plot.roundIn ?? 1,
    bars: plot.growth === true,
    top: (value: number) => words(plot.write(value)),
  };
  return (
    <div class="plot">
      <div class="head">
        <span>{plot.title}</span>
        <span class="now">
          {drawn.map((line) => (
            <ValueOf key={line.thread} line={line} at={shown} write={plot.write} />
          ))}
        </span>
      </div>
      <Canvas
        height={plotHeight}
        label={`${plot.title} by thread, ${lastOf(windowMs)}`}
        cursor="crosshair"
        draw={(sheet) => paintPlot(sheet, data, hoverAt)}
        onPointerMove={({ x, width }) => onHover(atOf(x, data, width))}
        onPointerLeave={() => onHover(null)}
      />
    </div>
  );
}

function lastOf(windowMs: number): string {
  return windowMs < 120_000 ? `last ${Math.round(windowMs / 1_000)} s` : `last ${Math.round(windowMs / 60_000)} min`;
}

function ValueOf({ line, at, write }: { readonly line: Line; readonly at: number; readonly write: Writer }) {
  const value = line.values[at] ?? null;
  return <span class={`t${threadColour(line.thread)}`}>{value === null ? '–' : words(write(value))}</span>;
}

function Keys({ threads }: { readonly threads: readonly ObservedThread[] }) {
  return (
    <span class="keys">
      {threads.map(({ index, name, answers }) => (
        <span key={index} class={`key t${threadColour(index)}`}>
          <span class={answers ? '' : 'mute'}>{answers ? name : `${name} does not answer`}</span>
        </span>
      ))}
    </span>
  );
}
