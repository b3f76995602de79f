// Owns the load generator: visitors that poll, write and look at pages, operators that answer, and the books between them.
// Arrivals are open loop: nobody waits for a slow node, and lateness counts from the moment a thing was due.
//
//   open all -> park all (memory) -> warm up -> measure -> wait for what is under way -> verdict

import { loadavg } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Benchmark, type BenchmarkRequest, numberOption, type Outcome } from './benchmark.ts';
import { Ledger } from './ledger.ts';
import { Crowd } from './load-crowd.ts';
import { type LoadMeasures, loadOutcome } from './load-report.ts';
import { usageOf } from './process-usage.ts';
import { openTarget, type Target, targetOptions } from './target.ts';
import { sleep, until } from './wait.ts';

/** How long everybody is parked at once while memory is read. */
const parkMs = 4_000;
/** A message is on its way to its other side for this long at most; later is lost. */
const settleMsMax = 15_000;

export const load: Benchmark = {
  name: 'load',
  summary: 'visitors that poll, 1 % of RPCs are messages, operators answer over Jabber: nothing lost, nothing twice',
  options: [
    { name: 'visitors', help: 'visitors that poll at the same time', byDefault: '500' },
    { name: 'operators', help: 'operators that answer', byDefault: '4' },
    { name: 'seconds', help: 'how long to measure', byDefault: '30' },
    { name: 'warm-seconds', help: 'how long to warm up before', byDefault: '10' },
    {
      name: 'messages',
      help: "visitors' messages per second; polls are spread so that they are 1 % of RPCs",
      byDefault: '5',
    },
    { name: 'seed', help: 'the same seed gives the same arrivals', byDefault: '1' },
    ...targetOptions,
  ],
  run: runLoad,
};

async function runLoad(request: BenchmarkRequest): Promise<Outcome> {
  const target = await openTarget(request, numberOption(request, 'operators'));
  try {
    return loadOutcome(await measure(request, target));
  } catch (error) {
    throw new Error(`the load run broke off; the node said:\n${target.output().slice(-4_000)}`, { cause: error });
  } finally {
    await target.end();
  }
}

async function measure(request: BenchmarkRequest, target: Target): Promise<LoadMeasures> {
  const ledger = new Ledger();
  const crowd = new Crowd({
    target,
    ledger,
    visitors: numberOption(request, 'visitors'),
    messagesPerSecond: numberOption(request, 'messages'),
    seed: numberOption(request, 'seed'),
  });
  const usage = () => (target.pid === null ? null : usageOf(target.pid));

  request.progress(`opening ${crowd.size} sessions`);
  await crowd.open();
  const opened = usage();
  await crowd.park(parkMs);
  const parked = usage();

  await crowd.startPolling();
  const warmMs = numberOption(request, 'warm-seconds') * 1000;
  request.progress(`warming up for ${warmMs / 1000} s`);
  if (warmMs > 0) await crowd.act(warmMs);

  crowd.beginMeasuring();
  const before = usage();
  const ownDelay = monitorEventLoopDelay({ resolution: 1 });
  ownDelay.enable();
  const began = performance.now();
  const seconds = numberOption(request, 'seconds');
  request.progress(`measuring for ${seconds} s`);
  await crowd.act(seconds * 1000);
  const elapsedSeconds = (performance.now() - began) / 1000;
  const after = usage();
  ownDelay.disable();
  const rpcs = crowd.rpcsMeasured();

  request.progress('waiting for what is under way');
  const settled = await settle(crowd, ledger);
  await crowd.stop();
  const alive = target.alive();
  return {
    crowd,
    ledger,
    usage: { opened, parked, before, after },
    elapsedSeconds,
    rpcs,
    settled,
    alive,
    generator: generatorOf(ownDelay),
  };
}

/** How late the generator itself was, and how many others wanted the machine: what of a latency is not the node's. */
function generatorOf(delay: ReturnType<typeof monitorEventLoopDelay>) {
  return { delayP99Ms: delay.percentile(99) / 1e6, delayMaxMs: delay.max / 1e6, loadAverage: loadavg()[0] ?? 0 };
}

/** True when everything that was promised was shown in time. */
async function settle(crowd: Crowd, ledger: Ledger): Promise<boolean> {
  try {
    await until(() => crowd.quiet() && ledger.settled(), { what: 'the last messages', deadlineMs: settleMsMax });
    // What comes twice comes after the first time: give a second copy a moment to show itself.
    await sleep(500);
    return true;
  } catch {
    return false;
  }
}
