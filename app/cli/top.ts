// Owns the command `top`: asks the running node once a second and shows it on the terminal until somebody presses q.
// It leaves the terminal as it found it, however it ends.

import { Command } from 'commander';
import type { Observation } from '../../rpc/mod.ts';
import { environment, readConfig } from '../config.ts';
import { askControl } from '../control.ts';
import { dataDirOf } from '../data-dir.ts';
import { rateOf, topLines } from '../top.ts';
import { UserError } from '../user-error.ts';
import { need, type OutputOptions, print } from './output.ts';

interface TopOptions extends OutputOptions {
  readonly once?: boolean;
}

interface Keyboard {
  /** Waits; true when somebody wants to end. */
  pressedWithin(ms: number): Promise<boolean>;
  release(): void;
}

const everyMs = 1_000;
const ratesMax = 60;
const plain = { columns: 100, rows: 60, colours: false };
const otherScreen = '\u001b[?1049h\u001b[?25l';
const ownScreen = '\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const restOfLine = '\u001b[K';
const restOfScreen = '\u001b[J';
const quitKeys = ['q', 'Q', '\u0003'];
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function topCommand(): Command {
  return new Command('top')
    .description('Show the running node live: threads, the busiest actors, crashes; q quits.')
    .option('--once', 'show it once and end')
    .option('--json', 'print one JSON document and end')
    .action(top);
}

async function top(options: TopOptions): Promise<void> {
  const directory = dataDirOf(readConfig(environment()));
  const observe = async () => {
    const answer = await askControl(directory.controlSocket, { call: 'observe', request: {} });
    if (answer === null) throw new UserError(`no node runs on PARLA_DATA_DIR=${directory.path}`);
    return need(answer, 'top') as Observation;
  };
  const first = await observe();
  const isOnce = options.once === true || options.json === true || !process.stdout.isTTY;
  if (isOnce) print(options, first, topLines(first, [], plain).join('\n'));
  else await live(first, observe);
}

async function live(first: Observation, observe: () => Promise<Observation>): Promise<void> {
  const keyboard = openKeyboard();
  process.stdout.write(otherScreen);
  try {
    let rates: readonly number[] = [];
    let seen = first;
    for (;;) {
      rates = [...rates, rateOf(seen)].slice(-ratesMax);
      draw(seen, rates);
      if (await keyboard.pressedWithin(everyMs)) return;
      seen = await observe();
    }
  } finally {
    process.stdout.write(ownScreen);
    keyboard.release();
  }
}

/** Over what is there, line by line: a screen that is cleared first flickers. */
function draw(seen: Observation, rates: readonly number[]): void {
  const { columns, rows } = process.stdout;
  const lines = topLines(seen, rates, { columns, rows: rows - 1, colours: true });
  process.stdout.write(`${home}${lines.map((line) => `${line}${restOfLine}\r\n`).join('')}${restOfScreen}`);
}

function openKeyboard(): Keyboard {
  const { stdin } = process;
  let pressed = false;
  let hear: () => void = () => undefined;
  const quit = () => {
    pressed = true;
    hear();
  };
  const onData = (keys: Buffer) => {
    if ([...keys.toString()].some((key) => quitKeys.includes(key))) quit();
  };
  if (stdin.isTTY) stdin.setRawMode(true);
  for (const signal of signals) process.on(signal, quit);
  stdin.on('data', onData);
  return {
    pressedWithin: (ms) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => resolve(pressed), ms);
        hear = () => {
          clearTimeout(timer);
          resolve(true);
        };
        if (pressed) hear();
      }),
    release() {
      for (const signal of signals) process.off(signal, quit);
      stdin.off('data', onData);
      if (stdin.isTTY) stdin.setRawMode(false);
      stdin.pause();
    },
  };
}
