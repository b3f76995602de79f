// Owns the Erlang side of the table: one erl process that runs the same shapes, asked for one round at a time.
// Without `erl` on this machine there is no Erlang column, and the table says so.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Contender } from './round.ts';

/** As many processes as the table of idle actors needs. */
const processesMax = 2_000_000;

export class Erlang {
  readonly #schedulers: number;
  readonly #beams: string;
  readonly #waiting: ((line: string) => void)[] = [];
  #erl: ChildProcess | null = null;

  /** Null when Erlang is not installed. */
  static find(schedulers: number): Erlang | null {
    const beams = mkdtempSync(join(tmpdir(), 'parla-anchors-'));
    try {
      execFileSync('erlc', ['-o', beams, join(import.meta.dirname, 'anchors', 'anchors.erl')]);
      return new Erlang(schedulers, beams);
    } catch {
      rmSync(beams, { recursive: true });
      return null;
    }
  }

  private constructor(schedulers: number, beams: string) {
    this.#schedulers = schedulers;
    this.#beams = beams;
  }

  /** Rates by default; otherwise what a round's microseconds mean for the shape. */
  contender(shape: string, size: number, figure = (us: number) => (size * 1e6) / us): Contender {
    return { name: 'Erlang', round: async () => figure(await this.#micros(shape, size)) };
  }

  stop(): void {
    this.#erl?.stdin?.end();
    rmSync(this.#beams, { recursive: true });
  }

  #micros(shape: string, size: number): Promise<number> {
    this.#erl ??= this.#start();
    this.#erl.stdin?.write(`${shape} ${size}\n`);
    return new Promise((resolve) => this.#waiting.push((line) => resolve(Number(line.split(' ')[1]))));
  }

  #start(): ChildProcess {
    const online = `${this.#schedulers}:${this.#schedulers}`;
    const options = ['-noshell', '+S', online, '+P', String(processesMax), '-pa', this.#beams, '-s', 'anchors', 'main'];
    const erl = spawn('erl', options, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: erl.stdout }).on('line', (line) => this.#waiting.shift()?.(line));
    return erl;
  }
}
