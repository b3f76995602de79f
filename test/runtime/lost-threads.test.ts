// Owns the guarantees when a thread is lost, by every way that a thread can be lost: actors back, callers answered,
// the other threads at work. Real threads, real faults.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type CastName, keyed, keyedIfAlive, type NodeOptions, type Pid, supervisorChild } from '../../runtime/mod.ts';
import type { CounterProtocol } from '../support/runtime-behaviours.ts';
import { ask, counterAt, counterChild, recorderAt, recorderChild } from '../support/runtime-local.ts';
import { eventually, keyOn, threadedStage } from '../support/runtime-node.ts';
import { watchStalls } from '../support/stalls.ts';

const quick: Partial<NodeOptions> = { threadStuckMs: 200 };
const member = (key: string) => keyed<CounterProtocol>('counters', key);

interface Fault {
  readonly fault: CastName<CounterProtocol>;
  readonly message?: unknown;
  readonly how: string;
  readonly reason: RegExp;
  /** What a caller hears; `exited` from an actor whose thread had the time to end it in order. */
  readonly answer?: 'exited' | 'threadLost';
  readonly more?: Partial<NodeOptions>;
}

const mib = 1024 ** 2;
const faults: readonly Fault[] = [
  { fault: 'spin', how: 'an endless loop', reason: /stuck: spun/ },
  { fault: 'backtrack', how: 'a regular expression that backtracks for ever', reason: /stuck: spun/ },
  { fault: 'waitForEver', how: 'Atomics.wait for ever', reason: /stuck: silent/, more: { threadStuckMs: 100 } },
  { fault: 'native', message: { ms: 1_200 }, how: 'a long synchronous call in native code', reason: /stuck: spun/ },
  {
    fault: 'hoard',
    message: { heapBytes: 256 * mib, bufferBytes: 0 },
    how: 'a heap beyond its limit',
    reason: /memory limit|heap/i,
    more: { schedulerHeapBytesMax: 32 * mib },
  },
  {
    fault: 'hoard',
    message: { heapBytes: 0, bufferBytes: 40 * mib },
    how: 'buffers beyond their limit, which no heap limit covers',
    reason: /buffers/,
    answer: 'exited',
    more: { bufferBytesMax: 32 * mib },
  },
  {
    fault: 'hoardForEver',
    how: 'a loop that hoards buffers and never gives way',
    reason: /buffers/,
    more: { bufferBytesMax: 64 * mib, threadStuckMs: 5_000 },
  },
  { fault: 'exitProcess', how: 'process.exit', reason: /exit/ },
  { fault: 'throwLater', how: 'an error in a callback of a timer', reason: /exit/ },
  { fault: 'rejectLater', how: 'a rejected promise without an owner', reason: /exit/ },
];

const stallMsMax = 20;
/** Now and then the kernel itself holds the edge up; what stalls the edge because of the fault does so each time. */
const triesMax = 3;

for (const fault of faults) {
  test(`a scheduler thread lost by ${fault.how}: its callers are answered, its actors come back, the others go on`, async (t) => {
    const stalls: number[] = [];
    while (stalls.length < triesMax && !stalls.some((ms) => ms < stallMsMax)) stalls.push(await loseBy(t, fault));
    assert.ok(Math.min(...stalls) < stallMsMax, `the edge stalled for ${stalls.join(', ')} ms`);
  });
}

/** The longest time that the edge did not turn its loop meanwhile. */
async function loseBy(
  t: TestContext,
  { fault, message = null, reason, answer = 'threadLost', more }: Fault,
): Promise<number> {
  const { node, events, next } = await threadedStage(t, [], { ...quick, ...more });
  const [lost, healthy] = [keyOn(node, 1), keyOn(node, 2)];
  await ask(node, member(lost), 'add', { by: 5 });
  await ask(node, member(healthy), 'add', { by: 7 });
  const stalls = watchStalls();
  const waiting = node.call(member(lost), 'never', null, { deadlineMs: 60_000 });
  const up = next('up', 1);
  const gone = next('lost', 1);
  node.cast(member(lost), fault, message as never);
  assert.match((await gone).reason ?? '', reason);
  const answered = await waiting;
  assert.equal(answered.ok ? 'ok' : answered.error.code, answer);
  assert.equal(await ask(node, member(healthy), 'read', null), 7);
  assert.equal(await ask(node, member(lost), 'read', null), 0);
  await up;
  const longestMs = stalls();
  const { threads, threadRestarts } = await node.inspect();
  assert.equal(threadRestarts, 1);
  assert.deepEqual(
    threads.map(({ incarnation }) => incarnation),
    [1, 2, 1],
  );
  assert.equal(events.filter(({ type }) => type === 'lost').length, 1);
  await node.stop();
  return longestMs;
}

test('a stray error is reported with its name and place before the thread gives way', async (t) => {
  const { node, log, next } = await threadedStage(t, [], quick);
  const gone = next('lost', 1);
  node.cast(member(keyOn(node, 1)), 'throwLater', null);
  await gone;
  const line = log.find(({ message }) => message.startsWith('thread ends'));
  assert.equal(line?.fields?.reason, 'thrown in a timer');
  assert.match(String(line?.fields?.stack), /runtime-behaviours/);
});

test('named children of a lost thread are started again on its replacement, however often, without spending the budget', async (t) => {
  const child = counterChild('c', { restart: 'permanent', placement: { on: 'gate', gate: 'g' } });
  const tree = { strategy: 'oneForOne', intensity: 0, children: [child] } as const;
  const { node, next } = await threadedStage(t, [], { tree, gates: [{ name: 'g' }] });
  for (let life = 2; life <= 4; life++) {
    const up = next('up', 3);
    await node.killThread(3);
    await up;
    const where = await eventually(
      () => ask(node, counterAt('c'), 'where', null),
      (answer) => typeof answer === 'object',
    );
    assert.equal(typeof where === 'object' ? where.pid.incarnation : 0, life);
  }
});

test('a supervision tree that lives on a lost thread comes back whole', async (t) => {
  const inner = supervisorChild(
    'inner',
    { strategy: 'oneForAll', children: [counterChild('a'), counterChild('b', { restart: 'permanent' })] },
    { placement: { on: 'gate', gate: 'g' } },
  );
  const { node, next } = await threadedStage(t, [inner], { gates: [{ name: 'g' }] });
  assert.deepEqual([node.whereis('a')?.incarnation, node.whereis('b')?.incarnation], [1, 1]);
  const up = next('up', 3);
  await node.killThread(3);
  await up;
  await eventually(
    () => ask(node, counterAt('b'), 'read', null),
    (answer) => answer === 0,
  );
  assert.deepEqual([node.whereis('a')?.incarnation, node.whereis('b')?.incarnation], [2, 2]);
});

test('names of a lost thread are free at once, and its pids are nobody for ever (OTP 60)', async (t) => {
  const { node } = await threadedStage(t, [counterChild('c', { placement: { on: 'gate', gate: 'g' } })], {
    gates: [{ name: 'g' }],
  });
  const pid = node.whereis('c') as Pid;
  const lost = node.killThread(3);
  assert.equal(node.whereis('c'), null);
  await lost;
  const answer = await node.call(pid as never, 'read' as never, null as never);
  assert.equal(answer.ok ? 'ok' : answer.error.code, 'noproc');
});

test('links and monitors to actors of a lost thread fire with threadLost, on every other thread', async (t) => {
  const elsewhere = { placement: { on: 'gate', gate: 'watcher' } } as const;
  const { node, next } = await threadedStage(t, [recorderChild('far', elsewhere), recorderChild('near')], {
    gates: [{ name: 'watcher' }],
  });
  const key = keyOn(node, 1);
  const { pid } = (await ask(node, member(key), 'where', null)) as { pid: Pid };
  for (const name of ['far', 'near']) {
    await ask(node, recorderAt(name), 'trap', null);
    await ask(node, recorderAt(name), 'link', { to: pid });
    await ask(node, recorderAt(name), 'monitor', { to: keyedIfAlive('counters', key) });
  }
  await ask(node, member(key), 'read', null);
  const up = next('up', 1);
  await node.killThread(1);
  await up;
  for (const name of ['far', 'near']) {
    const log = await eventually(
      () => ask(node, recorderAt(name), 'log', null),
      (lines) => lines.length === 2,
    );
    assert.ok([...log].every((line) => line.endsWith('threadLost')));
  }
});

test('calls between two other threads survive the loss of a third, and what was asked of it is answered there too (OTP 60, 66)', async (t) => {
  const { node } = await threadedStage(t, [recorderChild('r', { placement: { on: 'gate', gate: 'g' } })], {
    gates: [{ name: 'g' }],
  });
  const [lost, healthy] = [keyOn(node, 1), keyOn(node, 2)];
  await ask(node, member(lost), 'read', null);
  const waiting = ask(node, recorderAt('r'), 'askNever', { to: member(lost) });
  await ask(node, member(healthy), 'add', { by: 1 });
  await node.killThread(1);
  assert.equal(await waiting, 'threadLost');
  assert.equal(await ask(node, recorderAt('r'), 'ask', { to: member(healthy) }), 'ok 2');
  assert.equal(await ask(node, recorderAt('r'), 'ask', { to: member(lost) }), 'ok 1');
});

test('a message to a key of a lost thread waits for the replacement instead of failing', async (t) => {
  const { node } = await threadedStage(t, []);
  const key = keyOn(node, 1);
  const lost = node.killThread(1);
  const answers = [1, 2, 3].map((by) => ask(node, member(key), 'add', { by }));
  assert.deepEqual(await Promise.all(answers), [1, 3, 6]);
  await lost;
});

test('threads can be lost one after the other under load: every call has an answer, and the node still works', async (t) => {
  const { node } = await threadedStage(t, []);
  const codes = new Map<string, number>();
  const calls: Promise<void>[] = [];
  for (let round = 0; round < 6; round++) {
    for (let i = 0; i < 200; i++) {
      const call = ask(node, member(`load${i}`), 'add', { by: 1 }).then((answer) => {
        const code = typeof answer === 'number' ? 'ok' : answer;
        codes.set(code, (codes.get(code) ?? 0) + 1);
      });
      calls.push(call);
    }
    await node.killThread(1 + (round % 2));
  }
  await Promise.all(calls);
  assert.equal(
    [...codes.values()].reduce((sum, count) => sum + count, 0),
    1_200,
  );
  assert.deepEqual(
    [...codes.keys()].filter((code) => code !== 'ok' && code !== 'threadLost'),
    [],
  );
  assert.equal(await ask(node, member('afterwards'), 'add', { by: 1 }), 1);
});

test('a key at whose work its thread got stuck twice rests, and no longer takes its neighbours with it', async (t) => {
  const { node, events, next } = await threadedStage(t, [], quick);
  const poison = keyOn(node, 1);
  for (let kill = 1; kill <= 2; kill++) {
    const up = next('up', 1);
    node.cast(member(poison), 'spin', null);
    await up;
  }
  const refused = await node.call(member(poison), 'read', null);
  assert.ok(!refused.ok);
  assert.deepEqual([refused.error.code, refused.error.retryable], ['exited', true]);
  assert.ok(Number(refused.error.data?.retryAfterMs) > 25_000);
  assert.equal(await ask(node, member(keyOn(node, 1, 1)), 'read', null), 0);
  assert.equal(events.filter(({ type }) => type === 'lost').length, 2);
});
