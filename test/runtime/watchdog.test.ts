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
  const options = { stuckMs: 1_000, tickMs, bufferBytesMax: 1024 ** 2, cpuMs: (task: number) => cpu.get(task) ?? 0 };
  const watchdog = new Watchdog(options);
  let now = 0;
  /** Runs the time with these threads beating and these spinning; the verdicts, with their times. */
  const run = (ms: number, { beating = [], spinning = [] }: { beating?: number[]; spinning?: number[] }) => {
    const verdicts: [number, number][] = [];
    for (const end = now + ms; now < end; ) {
      now += tickMs;
      for (const thread of beating) watched[thread - 1]?.heartbeat.beat();
      for (const thread of spinning) cpu.set(thread, (cpu.get(thread) ?? 0) + tickMs);
      const verdict = watchdog.look(now, watched);
      if (verdict !== null) verdicts.push([verdict.thread, now]);
    }
    return verdicts;
  };
  const jump = (ms: number) => {
    now += ms;
  };
  return { run, jump, watched };
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

test("while the watchdog's own ticks are late, nobody is stuck", () => {
  const stage = watch();
  for (let i = 0; i < 20; i++) {
    stage.jump(900);
    assert.deepEqual(stage.run(tickMs, { beating: [1], spinning: [2] }), []);
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

test('when all threads look stuck at once, none is ended: it is the machine', () => {
  assert.deepEqual(watch().run(20_000, { spinning: [1, 2] }), []);
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
