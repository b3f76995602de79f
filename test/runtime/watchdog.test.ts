// Owns the judgement over stuck threads, with time and CPU time made up; and one real process whose edge is stuck.
// Threads that are really ended are in lost-threads.test.ts.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Heartbeat, heartbeatMemory } from '../../runtime/heartbeat.ts';
import { Watchdog } from '../../runtime/watchdog.ts';

const tickMs = 100;

function watch(count = 2) {
  const heartbeats = heartbeatMemory(count + 1);
  const watched = Array.from({ length: count }, (_, i) => ({
    thread: i + 1,
    heapBytesMax: 100 * 1024 ** 2,
    heartbeat: new Heartbeat({ heartbeats, thread: i + 1 }),
  }));
  for (const { thread, heartbeat } of watched) heartbeat.task = thread;
  const cpu = new Map<number, number>();
  const starved = new Map<number, number>();
  const times = (task: number) => ({ cpuMs: cpu.get(task) ?? 0, starvedMs: starved.get(task) ?? 0 });
  const options = { stuckMs: 1_000, tickMs, bufferBytesMax: 1024 ** 2, times };
  const watchdog = new Watchdog(options);
  let now = 0;
  /** Runs the time with these threads beating, spinning, in want of a CPU; the verdicts, with their times. */
  const run = (ms: number, { beating = [], spinning = [], starving = [] }: { [how: string]: number[] }) => {
    const verdicts: [number, number][] = [];
    for (const end = now + ms; now < end; ) {
      now += tickMs;
      for (const thread of beating) watched[thread - 1]?.heartbeat.beat();
      for (const thread of spinning) cpu.set(thread, (cpu.get(thread) ?? 0) + tickMs);
      for (const thread of starving) starved.set(thread, (starved.get(thread) ?? 0) + tickMs);
      const verdict = watchdog.look(now, watched);
      if (verdict !== null) verdicts.push([verdict.thread, now]);
    }
    return verdicts;
  };
  const jump = (ms: number) => {
    now += ms;
  };
  const charge = (thread: number, ms: number) => cpu.set(thread, (cpu.get(thread) ?? 0) + ms);
  return { run, jump, charge, watched };
}

test('a thread that beats is left alone', () => {
  assert.deepEqual(watch().run(60_000, { beating: [1, 2], spinning: [1, 2] }), []);
});

test('a thread that spins without a beat is stuck after the limit', () => {
  assert.deepEqual(watch().run(1_500, { beating: [1], spinning: [2] }), [[2, 1_200]]);
});

test('a thread that is silent without using the CPU is stuck only after ten times as long', () => {
  const stage = watch();
  assert.deepEqual(stage.run(10_000, { beating: [1] }), []);
  assert.deepEqual(stage.run(500, { beating: [1] }), [[2, 10_200]]);
});

test('a thread that waits for a CPU all the time is not stuck, however long; once it has one and is silent it is', () => {
  const stage = watch();
  assert.deepEqual(stage.run(60_000, { beating: [1], starving: [2] }), []);
  assert.deepEqual(stage.run(10_500, { beating: [1] }), [[2, 70_100]]);
});

test('a spinning thread that gets only part of a crowded CPU is found when it has used half of the limit', () => {
  const stage = watch();
  const verdicts: unknown[] = [];
  for (let i = 0; i < 10; i++) {
    verdicts.push(...stage.run(tickMs, { beating: [1], spinning: [2] }));
    verdicts.push(...stage.run(3 * tickMs, { beating: [1] }));
    if (verdicts.length > 0) break;
  }
  assert.deepEqual(verdicts, [[2, 2_500]]);
});

test("while the watchdog's own ticks are late, nobody is stuck who did not use the CPU meanwhile", () => {
  const stage = watch();
  for (let i = 0; i < 60; i++) {
    stage.jump(900);
    assert.deepEqual(stage.run(tickMs, { beating: [1] }), []);
  }
});

test("a thread that is silent is found also when some of the watchdog's own ticks are late, by the time that it saw", () => {
  const stage = watch();
  const seen: unknown[] = [];
  for (let i = 0; i < 5; i++) {
    seen.push(...stage.run(2_000, { beating: [1] }));
    stage.jump(10_000);
  }
  assert.deepEqual(seen, []);
  assert.equal(stage.run(1_000, { beating: [1] }).length, 1);
});

test("a thread that used the CPU for the whole limit without a beat is stuck, however late the watchdog's own ticks are", () => {
  const stage = watch();
  const found: unknown[] = [];
  for (let i = 0; i < 12; i++) {
    stage.jump(900);
    found.push(...stage.run(tickMs, { beating: [1], spinning: [2] }));
  }
  assert.deepEqual(found, [[2, 12_000]]);
});

test('a virtual machine that was held, and charges the pause to the thread that was running, ends nobody', () => {
  const stage = watch();
  stage.run(tickMs, { beating: [1, 2] });
  stage.jump(60_000);
  stage.charge(2, 60_000);
  assert.deepEqual(stage.run(600, { beating: [1], spinning: [2] }), []);
});

test('a stuck thread is found where the watchdog itself is late again and again: the time between is not counted', () => {
  for (const stuck of ['spinning', 'silent']) {
    const stage = watch();
    const spinning = stuck === 'spinning' ? [2] : [];
    const found: unknown[] = [];
    for (let i = 0; i < 30; i++) {
      stage.jump(900);
      found.push(...stage.run(6 * tickMs, { beating: [1], spinning }).map(([thread]) => thread));
      if (found.length > 0) break;
    }
    assert.deepEqual(found, [2], stuck);
  }
});

test('when all threads are silent at once, none is ended: it is the machine', () => {
  assert.deepEqual(watch().run(60_000, {}), []);
});

test('when all threads spin at once, it may be the machine for ten times the limit; then one after the other is ended', () => {
  const stage = watch();
  assert.deepEqual(stage.run(10_000, { spinning: [1, 2] }), []);
  assert.deepEqual(stage.run(1_500, { spinning: [1, 2] }), [
    [1, 10_200],
    [2, 11_200],
  ]);
});

test('at most one thread is ended in a second', () => {
  const verdicts = watch(4).run(5_000, { beating: [1], spinning: [2, 3, 4] });
  assert.deepEqual(verdicts.slice(0, 3), [
    [2, 1_200],
    [3, 2_200],
    [4, 3_200],
  ]);
});

test('a bound that a thread set before it blocks is its limit instead', () => {
  const stage = watch();
  const heartbeat = stage.watched[1]?.heartbeat;
  assert.ok(heartbeat);
  heartbeat.boundMs = 5_000;
  assert.deepEqual(stage.run(5_000, { beating: [1], spinning: [2] }), []);
  assert.deepEqual(stage.run(400, { beating: [1], spinning: [2] }), [[2, 5_200]]);
});

test('a thread without a bound may block for ever', () => {
  const stage = watch();
  const heartbeat = stage.watched[1]?.heartbeat;
  assert.ok(heartbeat);
  heartbeat.boundMs = Number.POSITIVE_INFINITY;
  assert.deepEqual(stage.run(600_000, { beating: [1], spinning: [2] }), []);
});

test('a thread whose heap comes near its limit is to be replaced before it fails', () => {
  const stage = watch();
  const heartbeat = stage.watched[1]?.heartbeat;
  assert.ok(heartbeat);
  heartbeat.heapKib = 90 * 1_024;
  assert.deepEqual(stage.run(500, { beating: [1, 2] }), []);
  heartbeat.heapKib += 1;
  assert.deepEqual(stage.run(100, { beating: [1, 2] }), [[2, 600]]);
});

test('a thread whose buffers pass the limit is to be replaced; at the limit it is not', () => {
  const stage = watch();
  const heartbeat = stage.watched[0]?.heartbeat;
  assert.ok(heartbeat);
  heartbeat.bufferKib = 1_024;
  assert.deepEqual(stage.run(500, { beating: [1, 2] }), []);
  heartbeat.bufferKib = 1_025;
  assert.deepEqual(stage.run(100, { beating: [1, 2] }), [[1, 600]]);
});

test('a silent thread is ended at once when its buffers pass twice the limit: it cannot end its work in order', () => {
  const stage = watch();
  const heartbeat = stage.watched[1]?.heartbeat;
  assert.ok(heartbeat);
  stage.run(100, { beating: [1, 2] });
  stage.run(400, { beating: [1] });
  heartbeat.bufferKib = 2_048;
  assert.deepEqual(stage.run(200, { beating: [1] }), []);
  heartbeat.bufferKib = 2_049;
  assert.deepEqual(stage.run(100, { beating: [1] }), [[2, 800]]);
});

test('a process whose edge thread is stuck is ended by one of its other threads, and says why', async () => {
  const entry = fileURLToPath(new URL('../support/runtime-stuck-edge.ts', import.meta.url));
  const child = spawn(process.execPath, [entry], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await once(child.stdout, 'data');
  const [, signal] = await once(child, 'exit');
  assert.equal(signal, 'SIGKILL');
  assert.match(said, /the edge thread is stuck/);
});
