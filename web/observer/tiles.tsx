// Owns the row of figures at the top: each with its last minutes, and in colour when somebody should look.
// It never alarms by itself: what is warm or hot stands here beside the figure.

import { Canvas } from './canvas.tsx';
import { bytes, count, milliseconds, rate, type Written } from './format.ts';
import { freshCrashes, heatOf } from './heat.ts';
import { longest, type Past, sum, total } from './history.ts';
import { paintSpark } from './plot-paint.ts';

interface Tile {
  readonly name: string;
  readonly written: Written;
  readonly values: readonly number[];
  readonly level: 'well' | 'warm' | 'hot';
}

const sparkHeight = 34;
const delayWarmMs = 50;
const delayHotMs = 250;

export function Tiles({ past }: { readonly past: Past }) {
  return (
    <div class="tiles">
      {tilesOf(past).map(({ name, written, values, level }) => (
        <div key={name} class="panel tile" data-level={level}>
          <div class="name">{name}</div>
          <div class="value">
            {written.text}
            <span class="unit">{written.unit}</span>
          </div>
          <Canvas height={sparkHeight} label={`${name} over time`} draw={(sheet) => paintSpark(sheet, values, level)} />
        </div>
      ))}
    </div>
  );
}

function tilesOf({ samples, observation }: Past): readonly Tile[] {
  const actors = total(samples, (thread) => thread.actors);
  const messages = total(samples, (thread) => thread.messagesPerSecond);
  const mailbox = total(samples, (thread) => thread.mailboxLongest, longest);
  const delay = total(samples, (thread) => thread.loopDelayMs, longest);
  const memory = total(samples, (thread) => thread.heapBytes + thread.bufferBytes);
  const crashes = total(samples, (thread) => thread.crashes + thread.restarts, sum);
  const last = (values: readonly number[]) => values.at(-1) ?? 0;
  const fresh = freshCrashes({ crashes: observation.crashes, now: observation.at }).length > 0;
  return [
    { name: 'Actors', written: count(last(actors)), values: actors, level: 'well' },
    { name: 'Messages', written: rate(last(messages)), values: messages, level: 'well' },
    {
      name: 'Longest mailbox',
      written: count(last(mailbox)),
      values: mailbox,
      level: mailboxLevel(last(mailbox)),
    },
    {
      name: 'Event-loop delay',
      written: milliseconds(last(delay)),
      values: delay,
      level: levelOf(last(delay), delayWarmMs, delayHotMs),
    },
    { name: 'Memory', written: bytes(last(memory)), values: memory, level: 'well' },
    {
      name: 'Crashes and lost threads',
      written: lost(last(crashes), observation.threadsLingering),
      values: crashes,
      level: fresh ? 'hot' : 'well',
    },
  ];
}

/** A thread that was ended inside native code is gone only when that returns. */
function lost(all: number, lingering: number): Written {
  return lingering === 0 ? count(all) : { text: count(all).text, unit: `${lingering} linger` };
}

function mailboxLevel(mailbox: number): Tile['level'] {
  const heat = heatOf({ mailbox, messagesPerSecond: 0 });
  return heat === 'calm' ? 'well' : heat;
}

function levelOf(value: number, warm: number, hot: number): Tile['level'] {
  if (value >= hot) return 'hot';
  return value >= warm ? 'warm' : 'well';
}
