// Owns how a plot looks: one line for each thread over the last minutes, a scale that fits, and where the pointer is.
// It knows no unit and no thread's name; those are written beside it.

import type { Sheet } from './canvas.tsx';
import { type Line, sum } from './history.ts';
import { threadColour } from './palette.ts';

export interface PlotData {
  readonly lines: readonly Line[];
  /** Wall clock of each sample. */
  readonly times: readonly number[];
  /** What the right end is. */
  readonly now: number;
  readonly windowMs: number;
  /** The least that the scale reaches to, so that noise looks small. */
  readonly topMin: number;
  /** What a round number is counted in: 1, or a mebibyte. */
  readonly roundIn: number;
  readonly bars: boolean;
  readonly top: (value: number) => string;
}

const windowMsMin = 60_000;
const windowMsMax = 300_000;

/** An asking that is this late leaves a gap: nobody knows what was between. */
const gapMs = 5_000;
const lineWidth = 1.6;
const barWidth = 3;
const gridLines = 2;
const topMargin = 5;

export function paintPlot(sheet: Sheet, data: PlotData, hoverAt: number | null): void {
  const { pen, width, height, colours } = sheet;
  const top = niceTop(Math.max(data.topMin, highest(data)) / data.roundIn) * data.roundIn;
  const x = (at: number) => xOf(at, data, width);
  const y = (value: number) => height - 1 - (value / top) * (height - topMargin - 1);
  pen.lineWidth = 1;
  pen.strokeStyle = colours.line;
  for (let line = 0; line <= gridLines; line += 1) {
    const at = Math.round(y((top * line) / gridLines)) + 0.5;
    stroke(pen, [0, at], [width, at]);
  }
  if (data.bars) paintBars(sheet, data, { x, y });
  else for (const line of [...data.lines].reverse()) paintLine(sheet, data.times, line, { x, y });
  pen.fillStyle = colours.soft;
  pen.font = '11px ui-sans-serif, system-ui, sans-serif';
  pen.fillText(data.top(top), 0, topMargin + 13);
  if (hoverAt === null) return;
  pen.strokeStyle = colours.soft;
  pen.lineWidth = 1;
  stroke(pen, [Math.round(x(hoverAt)) + 0.5, 0], [Math.round(x(hoverAt)) + 0.5, height]);
}

/** A small picture of the whole, for a tile. */
export function paintSpark(
  { pen, width, height, colours }: Sheet,
  values: readonly number[],
  colour: 'well' | 'warm' | 'hot',
): void {
  if (values.length < 2) return;
  const top = Math.max(1e-9, ...values) * 1.15;
  const x = (at: number) => (at / (values.length - 1)) * width;
  const y = (value: number) => height - 1 - (value / top) * (height - 4);
  pen.beginPath();
  values.forEach((value, at) => void pen.lineTo(x(at), y(value)));
  pen.strokeStyle = colours[colour];
  pen.lineWidth = 1.5;
  pen.stroke();
  pen.lineTo(width, height);
  pen.lineTo(0, height);
  pen.globalAlpha = 0.13;
  pen.fillStyle = colours[colour];
  pen.fill();
  pen.globalAlpha = 1;
}

/** Wide enough for what is there, up to the most: a page just opened is not nine tenths empty. */
export function windowOf(times: readonly number[], now: number): number {
  return Math.min(windowMsMax, Math.max(windowMsMin, now - (times[0] ?? now)));
}

export interface TimeScale {
  readonly now: number;
  readonly windowMs: number;
}

export function xOf(at: number, { now, windowMs }: TimeScale, width: number): number {
  return width - ((now - at) / windowMs) * width;
}

export function atOf(x: number, { now, windowMs }: TimeScale, width: number): number {
  return now - ((width - x) / width) * windowMs;
}

/** The sample that is nearest to a time. */
export function nearest(times: readonly number[], at: number): number {
  let best = 0;
  times.forEach((time, index) => {
    if (Math.abs(time - at) < Math.abs((times[best] ?? 0) - at)) best = index;
  });
  return best;
}

interface Scales {
  readonly x: (at: number) => number;
  readonly y: (value: number) => number;
}

function paintLine({ pen, height, colours }: Sheet, times: readonly number[], line: Line, { x, y }: Scales): void {
  const colour = colours.threads[threadColour(line.thread)] ?? colours.ink;
  const path = new Path2D();
  const area = new Path2D();
  let before: number | null = null;
  const close = () => {
    if (before !== null) area.lineTo(x(before), height);
  };
  line.values.forEach((value, at) => {
    const time = times[at] ?? 0;
    if (value === null) return;
    if (before === null || time - before > gapMs) {
      close();
      path.moveTo(x(time), y(value));
      area.moveTo(x(time), height);
    }
    path.lineTo(x(time), y(value));
    area.lineTo(x(time), y(value));
    before = time;
  });
  close();
  pen.globalAlpha = 0.08;
  pen.fillStyle = colour;
  pen.fill(area);
  pen.globalAlpha = 1;
  pen.strokeStyle = colour;
  pen.lineWidth = lineWidth;
  pen.lineJoin = 'round';
  pen.stroke(path);
}

/** Stacked: what happened at one time stands on one place. */
function paintBars({ pen, colours }: Sheet, { lines, times }: PlotData, { x, y }: Scales): void {
  times.forEach((time, at) => {
    let below = 0;
    for (const { thread, values } of lines) {
      const value = values[at] ?? 0;
      if (value === 0) continue;
      pen.fillStyle = colours.threads[threadColour(thread)] ?? colours.hot;
      pen.fillRect(x(time) - barWidth, y(below + value), barWidth, y(below) - y(below + value));
      below += value;
    }
  });
}

function highest({ lines, times, bars }: PlotData): number {
  if (bars) return Math.max(0, ...times.map((_, at) => sum(lines.map(({ values }) => values[at] ?? 0))));
  return Math.max(0, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0)));
}

/** 1, 2 or 5 times a power of ten: a scale that a person can halve. */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((one) => one * power >= value) ?? 10;
  return step * power;
}

function stroke(pen: CanvasRenderingContext2D, from: readonly [number, number], to: readonly [number, number]): void {
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(...to);
  pen.stroke();
}
