// Owns the guarantees over many faults: nothing leaks, a thread that fails to start is tried again, and no healthy
// thread is taken for a stuck one, on a crowded machine or after the process was stopped. Real threads.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { queryObjects } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { Boot } from '../../runtime/boot.ts';
import { heartbeatMemory } from '../../runtime/heartbeat.ts';
import { type CastName, keyed } from '../../runtime/mod.ts';
import { openThread } from '../../runtime/pool.ts';
import type { CounterProtocol } from '../support/runtime-behaviours.ts';
import { ask } from '../support/runtime-local.ts';
import { eventually, keyOn, threadedStage } from '../support/runtime-node.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const member = (key: string) => keyed<CounterProtocol>('counters', key);
const tasks = '/proc/self/task';
const needsProc = existsSync(tasks) ? false : 'only Linux tells how many threads a process has';

/** A port, a worker or a listener that stays in each of ten rounds is more. */
const objectsMoreMax = 9;
const failuresToStart = 3;
const doesNotLoad = 'this thread does not load today';
/** What takes two seconds of CPU time, on a crowded machine. */
const nativeMsMax = 60_000;

/** Threads that fail to load as often as they are told: they read it from a file, whoever opens them. */
function shakyThreads(t: TestContext) {
  const folder = temporaryDirectory();
  const file = join(folder.path, 'shaky');
  process.env.PARLA_TEST_SHAKY = file;
  t.after(() => {
    folder.remove();
    delete process.env.PARLA_TEST_SHAKY;
  });
  return {
    entry: new URL('../support/runtime-shaky-thread.ts', import.meta.url).href,
    failNext: (times: number) => writeFileSync(file, String(times)),
    failuresLeft: () => Number(readFileSync(file, 'utf8')),
  };
}

/** Garbage is collected first: what is counted is held by somebody. */
function leftovers() {
  return {
    threads: existsSync(tasks) ? readdirSync(tasks).length : 0,
    ports: process.getActiveResourcesInfo().filter((kind) => kind === 'MessagePort').length,
    objects: Number(queryObjects(Object)),
  };
}

const mib = 1024 ** 2;

interface Fault {
  /** What an actor does to its thread; null: the thread that shall replace it does not load. */
  readonly fault: CastName<CounterProtocol> | null;
  readonly message?: unknown;
  /** That the node gives. */
  readonly reason: RegExp;
}

const faults: readonly Fault[] = [
  { fault: 'spin', reason: /^stuck: spun/ },
  { fault: 'throwLater', reason: /exit/ },
  { fault: 'waitForEver', reason: /^stuck: silent/ },
  { fault: 'rejectLater', reason: /exit/ },
  { fault: 'backtrack', reason: /^stuck: spun/ },
  { fault: 'exitProcess', reason: /exit/ },
  // Longer than the second for which the watchdog rests after it has ended the one before.
  { fault: 'native', message: { ms: 2_000 }, reason: /^stuck: spun/ },
  { fault: 'hoard', message: { heapBytes: 256 * mib, bufferBytes: 0 }, reason: /memory limit/ },
  { fault: 'hoard', message: { heapBytes: 0, bufferBytes: 80 * mib }, reason: /^buffers/ },
  { fault: null, reason: /^ended on request/ },
];

test('ten threads lost in ten ways later the process has the threads, the ports and the objects that it had', {
  skip: needsProc,
}, async (t) => {
  const shaky = shakyThreads(t);
  const workersBefore = Number(queryObjects(Worker));
  const { node, next, events, log } = await threadedStage(t, [], {
    threadEntry: shaky.entry,
    threadStuckMs: 100,
    schedulerHeapBytesMax: 32 * mib,
    bufferBytesMax: 64 * mib,
  });
  const failToStart = async () => {
    shaky.failNext(failuresToStart);
    // The one in reserve has loaded already: then the next does not.
    while (shaky.failuresLeft() > 0) {
      const up = next('up', 1);
      await node.killThread(1);
      await up;
    }
  };
  const lose = async ({ fault, message = null, reason }: Fault, round: number) => {
    const [gone, up] = [next('lost', 1), next('up', 1)];
    // Another key each time: a key that got its thread stuck twice would rest.
    if (fault === null) await failToStart();
    else node.cast(member(keyOn(node, 1, round)), fault, message as never);
    assert.match((await gone).reason ?? '', reason);
    await up;
    assert.equal(await ask(node, member(keyOn(node, 1, 100 + round)), 'add', { by: 1 }), 1);
    await eventually(
      async () => (await node.inspect()).threadsLingering,
      (lingering) => lingering === 0,
      nativeMsMax,
    );
  };
  // The first of each kind take with them what is made once.
  for (const [i, fault] of faults.entries()) await lose(fault, i);
  const counted = () => {
    // The stage's own notes are no leftovers.
    events.length = 0;
    log.length = 0;
    return leftovers();
  };
  const [schedulers, inReserve] = [2, 1];
  const allThere = () =>
    eventually(
      async () => Number(queryObjects(Worker)),
      (workers) => workers === workersBefore + schedulers + inReserve,
    );
  await allThere();
  const before = counted();
  for (const [i, fault] of faults.entries()) await lose(fault, faults.length + i);
  assert.equal(events.filter(({ reason }) => reason === doesNotLoad).length, failuresToStart);
  await allThere();
  await eventually(
    async () => counted(),
    (now) =>
      now.threads <= before.threads && now.ports <= before.ports && now.objects <= before.objects + objectsMoreMax,
  );
});

test('a thread that does not load leaves nothing behind', async (t) => {
  const shaky = shakyThreads(t);
  shaky.failNext(1_000);
  const plan = { entry: shaky.entry, heapBytesMax: 64 * mib, heartbeats: heartbeatMemory(1), rehearses: false };
  const fail = async () => {
    const thread = openThread(plan);
    // What it would have been told waits for it for ever.
    thread.begin({ thread: 0, peers: [] as Boot['peers'] } as Boot);
    assert.match((await thread.over) ?? '', /does not load today/);
    void thread.terminate();
    await thread.exited;
  };
  for (let i = 0; i < 5; i++) await fail();
  const before = leftovers().objects;
  for (let i = 0; i < 10; i++) await fail();
  await eventually(
    async () => leftovers().objects,
    (objects) => objects <= before + objectsMoreMax,
  );
});

test('a thread that fails three times while it starts is tried again, its callers wait or are answered', async (t) => {
  const shaky = shakyThreads(t);
  const { node, events, next } = await threadedStage(t, [], { threadEntry: shaky.entry });
  const [lost, healthy] = [keyOn(node, 1), keyOn(node, 2)];
  shaky.failNext(failuresToStart);
  const up = next('up', 1);
  const killed = node.killThread(1);
  const waiting = ask(node, member(lost), 'add', { by: 1 });
  assert.equal(await ask(node, member(healthy), 'add', { by: 1 }), 1);
  await up;
  await killed;
  assert.ok([1, 'threadLost'].includes((await waiting) as number));
  const reasons = events.filter(({ type }) => type === 'lost').map(({ reason }) => reason);
  assert.deepEqual(reasons, ['ended on request', ...Array.from({ length: failuresToStart }, () => doesNotLoad)]);
  assert.equal(typeof (await ask(node, member(lost), 'read', null)), 'number');
});

test('an actor with a long queue of slow messages does not make its thread look stuck, nor keep it from its ports', async (t) => {
  const { node, events } = await threadedStage(t, [], { threadStuckMs: 200 });
  const key = keyOn(node, 1);
  const slow = 20;
  let done = 0;
  const answers = Array.from({ length: slow }, async () => {
    const answer = await node.call(member(key), 'block', { ms: 50, allowedMs: 0 }, { deadlineMs: 60_000 });
    done++;
    return answer.ok ? answer.value : answer.error.code;
  });
  await ask(node, member(keyOn(node, 1, 1)), 'read', null);
  assert.ok(done < slow, 'another actor of the thread had its turn before all was done');
  assert.deepEqual(
    await Promise.all(answers),
    Array.from({ length: slow }, () => 'blocked'),
  );
  assert.deepEqual(
    events.filter(({ type }) => type === 'lost'),
    [],
  );
});

test('eight healthy threads whose handlers take 300 ms of CPU are not taken for stuck, however few the cores', async (t) => {
  const schedulers = 8;
  const { node, events } = await threadedStage(t, [], { schedulers });
  const keys = Array.from({ length: schedulers }, (_, i) => keyOn(node, i + 1));
  const work = keys.flatMap((key) =>
    [1, 2].map(() => node.call(member(key), 'work', { cpuMs: 300 }, { deadlineMs: 120_000 })),
  );
  const answers = await Promise.all(work);
  assert.ok(answers.every(({ ok }) => ok));
  assert.deepEqual(
    events.filter(({ type }) => type === 'lost'),
    [],
  );
});

test('a process that was stopped at work and continued loses no thread and no call, and is not ended as stuck', {
  skip: needsProc,
}, async (t) => {
  const entry = fileURLToPath(new URL('../support/runtime-stopped.ts', import.meta.url));
  const child = spawn(process.execPath, [entry], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  for (let stop = 0; stop < 2; stop++) {
    child.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    child.kill('SIGCONT');
  }
  child.stdin.write('tell\n');
  const [told] = (await once(child.stdout, 'data')) as [Buffer];
  assert.equal(told.toString(), '[]\n');
});
