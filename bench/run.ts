// Owns the command `npm run bench -- NAME`: finds the benchmark, reads its options, prints its table or its JSON document.
// It measures nothing; the status of the process is the benchmark's verdict.

import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Benchmark, Outcome } from './benchmark.ts';
import { chaos } from './chaos.ts';
import { durable } from './durable/table.ts';
import { faults } from './faults.ts';
import { hablaDay } from './habla-day.ts';
import { load } from './load.ts';
import { runtime } from './runtime/table.ts';

const benchmarks: readonly Benchmark[] = [load, hablaDay, runtime, faults, durable, chaos];

function help(): string {
  const lines = benchmarks.flatMap((benchmark) => [
    `  ${benchmark.name}: ${benchmark.summary}`,
    ...benchmark.options.map((option) => {
      const value =
        option.byDefault === null ? '' : ` VALUE (default ${option.byDefault === '' ? 'none' : option.byDefault})`;
      return `      --${option.name}${value}: ${option.help}`;
    }),
  ]);
  return [
    'npm run bench -- NAME [options] [--json] [--out FILE]',
    '',
    '--json prints one JSON document instead of tables; --out writes it to a file beside them.',
    '',
    ...lines,
    '',
  ].join('\n');
}

function readOptions(benchmark: Benchmark, words: string[]): { [name: string]: string | boolean } {
  const options: NonNullable<ParseArgsConfig['options']> = {
    json: { type: 'boolean', default: false },
    out: { type: 'string', default: '' },
  };
  for (const { name, byDefault } of benchmark.options) {
    options[name] = byDefault === null ? { type: 'boolean', default: false } : { type: 'string', default: byDefault };
  }
  const { values } = parseArgs({ args: words, options, strict: true });
  const single: { [name: string]: string | boolean } = {};
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'string' || typeof value === 'boolean') single[name] = value;
  }
  return single;
}

async function runNamed(benchmark: Benchmark, words: string[]): Promise<Outcome> {
  const values = readOptions(benchmark, words);
  const outcome = await benchmark.run({ values, progress: (line) => process.stderr.write(`${line}\n`) });
  const document = `${JSON.stringify({ ...outcome.json, machine: machine() }, null, 2)}\n`;
  if (typeof values.out === 'string' && values.out !== '') writeFileSync(values.out, document);
  process.stdout.write(values.json === true ? document : `${outcome.text}\n`);
  return outcome;
}

/** What the figures depend on; they compare with others of the same run, not with another machine's. */
function machine() {
  return { node: process.version, cpus: cpus().length, cpu: cpus()[0]?.model ?? '', loadAverage: loadavg() };
}

async function main(): Promise<number> {
  const [name, ...words] = process.argv.slice(2);
  const benchmark = benchmarks.find((each) => each.name === name);
  if (benchmark === undefined || words.includes('--help')) {
    process.stdout.write(help());
    return benchmark !== undefined || name === undefined || name === '--help' ? 0 : 2;
  }
  return (await runNamed(benchmark, words)).ok ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const cause = error instanceof Error && error.cause instanceof Error ? `\n${error.cause.message}` : '';
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}${cause}\n`);
  process.exitCode = 1;
}
