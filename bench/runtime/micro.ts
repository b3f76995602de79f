// Owns the runtime's own small measurements: cast, call and spawn, in one thread and across two.
// It compares with a bare function call and a bare promise in the same run; it judges nothing.

import { Bench } from 'tinybench';
import { type ActorNode, startLocal, startNode, systemClock } from '../../runtime/mod.ts';
import { type Benchmark, type BenchmarkRequest, numberOption, type Outcome } from '../benchmark.ts';
import { table } from '../report.ts';
import { benchFamilies, counter, counterAt } from './behaviours.ts';

/** Messages of one measured batch: a turn's worth, so that batching between threads is seen as it is in use. */
const batchMessages = 1_000;

export const runtime: Benchmark = {
  name: 'runtime',
  summary: 'cast, call and spawn of the actor runtime, in one thread and across two',
  options: [{ name: 'seconds', help: 'how long each is measured', byDefault: '1' }],
  run: runMicro,
};

interface Row {
  readonly name: string;
  readonly perSecond: number;
  readonly nsEach: number;
}

async function runMicro(request: BenchmarkRequest): Promise<Outcome> {
  const time = numberOption(request, 'seconds') * 1000;
  const local = await startLocal({ behaviours: [counter], families: benchFamilies, clock: systemClock() });
  const threads = await startNode({
    node: 'bench',
    threadEntry: import.meta.resolve('./thread.ts'),
    behaviours: [counter],
    schedulers: 1,
    gates: [],
    families: benchFamilies,
    tree: { strategy: 'oneForOne', children: [] },
  });
  try {
    const bench = new Bench({ time, warmupTime: time / 4 });
    addAnchors(bench);
    addRuntime(bench, 'one thread', local);
    addRuntime(bench, 'two threads', threads);
    await bench.run();
    return outcomeOf(bench);
  } finally {
    await local.stop();
    await threads.stop();
  }
}

/** What there would be without a runtime: the ratio to these says more than the figures of one machine. */
function addAnchors(bench: Bench): void {
  const state = { sum: 0 };
  const add = (by: number) => {
    state.sum += by;
    return state.sum;
  };
  bench.add('anchor: function call', () => {
    for (let sent = 0; sent < batchMessages; sent += 1) add(1);
  });
  bench.add('anchor: awaited promise', async () => {
    for (let sent = 0; sent < batchMessages; sent += 1) await Promise.resolve(add(1));
  });
}

function addRuntime(bench: Bench, where: string, node: ActorNode): void {
  const one = counterAt('one');
  let spawned = 0;
  bench.add(`${where}: cast`, async () => {
    // The call comes after the casts in the same mailbox, so that all of them have been handled.
    for (let sent = 1; sent < batchMessages; sent += 1) node.cast(one, 'add', { by: 1 });
    await node.call(one, 'add', { by: 1 });
  });
  bench.add(`${where}: call`, async () => {
    const calls = Array.from({ length: batchMessages }, () => node.call(one, 'add', { by: 1 }));
    await Promise.all(calls);
  });
  bench.add(`${where}: spawn, call, put away`, async () => {
    const calls = Array.from({ length: batchMessages }, () => {
      spawned += 1;
      const address = counterAt(`k${spawned}`);
      const answer = node.call(address, 'add', { by: 1 });
      node.cast(address, 'rest', {});
      return answer;
    });
    await Promise.all(calls);
  });
}

function outcomeOf(bench: Bench): Outcome {
  const failed: string[] = [];
  const rows = bench.tasks.flatMap((task): Row[] => {
    const { result } = task;
    if (result.state !== 'completed') {
      failed.push(task.name);
      return [];
    }
    const nsEach = (result.latency.p50 * 1e6) / batchMessages;
    return [{ name: task.name, perSecond: 1e9 / nsEach, nsEach }];
  });
  const text = table(
    ['median of batches', 'per second', 'ns each'],
    rows.map((row) => [row.name, Math.round(row.perSecond), row.nsEach]),
  );
  const ok = failed.length === 0;
  return {
    ok,
    json: { benchmark: 'runtime', batchMessages, rows, failed },
    text: ok ? text : `${text}\nFAIL: ${failed.join(', ')}`,
  };
}
