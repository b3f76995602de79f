// Owns the benchmark `chaos`: minutes in which servers and threads are killed, stopped and cut off at random, alone and
// together, while people chat. It fails when anything that was acknowledged is lost, doubled, out of order, or not in SQL.

import { type BackendName, FaultStage } from '../test/support/fault-stage.ts';
import { type Benchmark, type BenchmarkRequest, numberOption, type Outcome } from './benchmark.ts';
import { pick, type Random, seeded } from './random.ts';
import { faults, table } from './report.ts';
import { missingServers } from './servers.ts';
import { sleep } from './wait.ts';

export const chaos: Benchmark = {
  name: 'chaos',
  summary: 'memcached, Redis, MariaDB and threads killed, stopped and cut off at random while people chat',
  options: [
    { name: 'seconds', help: 'how long', byDefault: '600' },
    { name: 'visitors', help: 'visitors that poll', byDefault: '300' },
    { name: 'operators', help: 'operators that answer', byDefault: '4' },
    { name: 'messages', help: "visitors' messages per second", byDefault: '5' },
    { name: 'seed', help: 'the same seed gives the same faults', byDefault: '1' },
  ],
  run: runChaos,
};

type Victim = BackendName | 'thread';

const victims: readonly Victim[] = ['memcached', 'redis', 'sql', 'thread'];
const deeds = ['kill -9', 'SIGSTOP', 'partition'] as const;
type Deed = (typeof deeds)[number];
const together = [1, 1, 1, 2, 2, 3] as const;
/** How long a fault lasts, and how long everything is well between two of them. */
const faultMs = { least: 300, spread: 6_000 };
const restMs = { least: 300, spread: 3_000 };
const threadsMax = 1_000;

async function runChaos(request: BenchmarkRequest): Promise<Outcome> {
  const missing = missingServers();
  if (missing !== null) throw new Error(`chaos ${missing}`);
  const stage = await FaultStage.raise({
    visitors: numberOption(request, 'visitors'),
    operators: numberOption(request, 'operators'),
    messagesPerSecond: numberOption(request, 'messages'),
  });
  try {
    await stage.begin();
    const done = await harm(stage, request);
    request.progress('waiting for what is under way');
    const alive = stage.target.alive();
    const wrong = [...(alive ? [] : ['the node ended']), ...(await stage.curtain())];
    return outcomeOf(stage, done, wrong);
  } catch (error) {
    throw new Error(`the run broke off; the node said:\n${stage.target.output().slice(-4_000)}`, { cause: error });
  } finally {
    await stage.strike();
  }
}

/** `victim deed` -> how many times. */
async function harm(stage: FaultStage, request: BenchmarkRequest): Promise<ReadonlyMap<string, number>> {
  const random = seeded(numberOption(request, 'seed'));
  const done = new Map<string, number>();
  const end = performance.now() + numberOption(request, 'seconds') * 1_000;
  while (performance.now() < end) {
    await sleep(spread(random, restMs));
    const chosen = new Set(Array.from({ length: pick(random, together) }, () => pick(random, victims)));
    const struck = [...chosen].map((victim) => {
      const deed = victim === 'thread' ? 'ended' : pick(random, deeds);
      const name = `${victim} ${deed}`;
      done.set(name, (done.get(name) ?? 0) + 1);
      if (victim === 'thread') {
        stage.killThread(Math.floor(random() * threadsMax));
        return Promise.resolve();
      }
      return strike(stage, { victim, deed: deed as Deed, ms: spread(random, faultMs) });
    });
    request.progress(`${[...chosen].join(', ')}; ${stage.ledger.promised().size} messages acknowledged so far`);
    await Promise.all(struck);
    if (!stage.target.alive()) break;
  }
  return done;
}

async function strike(
  stage: FaultStage,
  { victim, deed, ms }: { readonly victim: BackendName; readonly deed: Deed; readonly ms: number },
): Promise<void> {
  const { backend, proxy } = stage[victim];
  if (deed === 'kill -9') await backend.kill();
  else if (deed === 'SIGSTOP') backend.pause();
  else await proxy.set({ type: 'partition' });
  await sleep(ms);
  if (deed === 'kill -9') await backend.start();
  else if (deed === 'SIGSTOP') backend.resume();
  else await proxy.set({ type: 'none' });
}

function spread(random: Random, { least, spread: more }: { readonly least: number; readonly spread: number }): number {
  // Mostly short, sometimes long: what is found in a moment is found often.
  return least + more * random() ** 2;
}

function outcomeOf(stage: FaultStage, done: ReadonlyMap<string, number>, wrong: readonly string[]): Outcome {
  const { visitorKept, operatorKept, lost, doubled, disordered } = stage.ledger.verdict();
  const acknowledged = { visitors: visitorKept, operators: operatorKept };
  const text = [
    table(
      ['fault', 'times'],
      [...done].sort().map(([name, times]) => [name, times]),
    ),
    table(
      ['messages', 'count'],
      [
        ["visitors', acknowledged", visitorKept],
        ["operators', acknowledged", operatorKept],
        ['lost', lost.length],
        ['shown twice', doubled.length],
        ['out of order', disordered.length],
      ],
    ),
    table(['what people ran into', 'times'], [...stage.troubles()]),
    faults('wrong', wrong),
    wrong.length === 0 ? 'PASS: everything that was acknowledged is in SQL once and was shown once, in order' : 'FAIL',
  ]
    .filter((part) => part !== '')
    .join('\n');
  return {
    ok: wrong.length === 0,
    json: {
      benchmark: 'chaos',
      faults: Object.fromEntries(done),
      acknowledged,
      troubles: Object.fromEntries(stage.troubles()),
      wrong,
    },
    text,
  };
}
