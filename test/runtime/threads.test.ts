// Owns the guarantees of actors on real threads: the same as in one thread, across the ports.
// What happens when a thread is lost is in lost-threads.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Address, keyed, type Pid, startNode } from '../../runtime/mod.ts';
import { type CounterProtocol, testBehaviours } from '../support/runtime-behaviours.ts';
import { ask, counterAt, counterChild, recorderAt, recorderChild } from '../support/runtime-local.ts';
import { eventually, keyOn, threadedStage } from '../support/runtime-node.ts';

const onScheduler = (key: string) => ({ placement: { on: 'scheduler', key } }) as const;
const onGate = { placement: { on: 'gate', gate: 'g' } } as const;
const member = (key: string) => keyed<CounterProtocol>('counters', key);

test('calls, refusals, crashes and unknown messages look the same from another thread (OTP 60)', async (t) => {
  const { node } = await threadedStage(t, [counterChild('c', onGate)], { gates: [{ name: 'g' }] });
  assert.equal(node.whereis('c')?.thread, 3);
  assert.equal(await ask(node, counterAt('c'), 'add', { by: 2 }), 2);
  assert.equal(await ask(node, counterAt('c'), 'refused', null), 'closed');
  assert.equal(await ask(node, counterAt('c'), 'slow', { turns: 3 }), 'slow');
  assert.equal(await ask(node, counterAt('c') as Address, 'fly', null), 'undef');
  assert.equal(
    await eventually(
      () => ask(node, counterAt('c'), 'read', null),
      (answer) => answer === 'noproc',
    ),
    'noproc',
  );
  assert.equal(await ask(node, member('k'), 'crash', null), 'exited');
});

test('a call to another thread times out at its deadline, and the late answer is dropped (OTP 60)', async (t) => {
  const { node } = await threadedStage(t, [counterChild('c', onScheduler('a'))]);
  const started = performance.now();
  const first = await node.call(counterAt('c'), 'later', null, { deadlineMs: 60 });
  assert.equal(first.ok ? 'ok' : first.error.code, 'timeout');
  assert.ok(performance.now() - started >= 59);
  const second = node.call(counterAt('c'), 'read', null);
  node.cast(counterAt('c'), 'answerLater', null);
  assert.deepEqual(await second, { ok: true, value: 0 });
});

test('a deadline made at the edge holds for the calls that the callee makes on another thread', async (t) => {
  const { node } = await threadedStage(t, [recorderChild('r', onScheduler('a')), counterChild('c', onGate)], {
    gates: [{ name: 'g' }],
  });
  const outer = await node.call(recorderAt('r'), 'askNever', { to: counterAt('c') }, { deadlineMs: 80 });
  assert.equal(outer.ok ? outer.value : outer.error.code, 'timeout');
  const free = await node.call(recorderAt('r'), 'log', null, { deadlineMs: 1_000 });
  assert.equal(free.ok, true);
});

test('20,000 messages from one actor to another thread arrive once each and in order', async (t) => {
  const { node } = await threadedStage(t, [recorderChild('r', onScheduler('a'))]);
  const all = 20_000;
  for (let i = 0; i < all; i++) {
    node.cast(recorderAt('r'), 'note', { text: String(i) });
    if (i % 1_000 === 0) await ask(node, recorderAt('r'), 'self', null);
  }
  const log = (await ask(node, recorderAt('r'), 'log', null)) as string[];
  assert.equal(log.length, all);
  assert.ok(log.every((text, i) => text === String(i)));
});

test('a flood to another thread is refused beyond the bounds, is counted, and leaves both threads at work', async (t) => {
  const { node } = await threadedStage(t, [counterChild('c', onScheduler('a'))]);
  const flood = 100_000;
  for (let i = 0; i < flood; i++) node.cast(counterAt('c'), 'add', { by: 1 });
  let refused = 0;
  const taken = await eventually(
    () => ask(node, counterAt('c'), 'read', null),
    (answer) => {
      if (answer === 'overloaded') refused++;
      return typeof answer === 'number';
    },
  );
  const { threads } = await node.inspect();
  const dropped = threads.reduce((sum, thread) => sum + thread.dropped, 0);
  assert.ok(dropped > 0);
  assert.equal(Number(taken) + dropped - refused, flood);
});

test('members of a family are spread over the schedulers, one for each key, whoever asks', async (t) => {
  const { node } = await threadedStage(t, [recorderChild('r', onScheduler('a'))]);
  const threads = new Set<number>();
  for (let i = 0; i < 20; i++) {
    await ask(node, recorderAt('r'), 'ask', { to: member(`k${i}`) });
    assert.equal(await ask(node, member(`k${i}`), 'add', { by: 1 }), 2);
    const where = (await ask(node, member(`k${i}`), 'where', null)) as { pid: Pid };
    assert.equal(where.pid.thread, node.threadOf(`k${i}`));
    threads.add(where.pid.thread);
  }
  assert.deepEqual([...threads].sort(), [1, 2]);
});

test('a pid can be kept, sent and called from any thread', async (t) => {
  const { node } = await threadedStage(t, [recorderChild('r', onScheduler('a'))]);
  const { pid } = (await ask(node, member(keyOn(node, 2)), 'where', null)) as { pid: Address<CounterProtocol> };
  assert.equal(await ask(node, pid, 'add', { by: 1 }), 1);
  assert.equal(await ask(node, recorderAt('r'), 'ask', { to: pid }), 'ok 2');
});

test('of two on different threads that register one name, one has it, and every thread knows whom', async (t) => {
  const { node } = await threadedStage(t, [recorderChild('a', onScheduler('x')), recorderChild('b', onGate)], {
    gates: [{ name: 'g' }],
  });
  const got = await Promise.all(['a', 'b'].map((name) => ask(node, recorderAt(name), 'register', { name: 'chief' })));
  assert.deepEqual([...got].sort(), [false, true]);
  const chief = node.whereis(got[0] === true ? 'a' : 'b');
  for (const name of ['a', 'b']) {
    const known = await eventually(
      () => ask(node, recorderAt(name), 'whereis', { name: 'chief' }),
      (pid) => pid !== null,
    );
    assert.deepEqual(known, chief);
  }
});

test('groups hold members of all threads', async (t) => {
  const { node } = await threadedStage(
    t,
    [recorderChild('a', onScheduler('x')), recorderChild('b', onGate), recorderChild('c')],
    {
      gates: [{ name: 'g' }],
    },
  );
  for (const name of ['a', 'b', 'c']) await ask(node, recorderAt(name), 'join', { group: 'crew' });
  for (const name of ['a', 'b', 'c']) {
    await eventually(
      () => ask(node, recorderAt(name), 'members', { group: 'crew' }),
      (members) => members.length === 3,
    );
  }
  node.cast(recorderAt('b'), 'odd', null);
  for (const name of ['a', 'c']) {
    await eventually(
      () => ask(node, recorderAt(name), 'members', { group: 'crew' }),
      (members) => members.length === 2,
    );
  }
});

test('monitors and links work across threads, and fire at once for somebody dead', async (t) => {
  const { node } = await threadedStage(
    t,
    [recorderChild('r', onScheduler('x')), counterChild('c', onGate), counterChild('d', onGate)],
    {
      gates: [{ name: 'g' }],
    },
  );
  await ask(node, recorderAt('r'), 'trap', null);
  const c = node.whereis('c') as Pid;
  const d = node.whereis('d') as Pid;
  const ref = await ask(node, recorderAt('r'), 'monitor', { to: c });
  await ask(node, recorderAt('r'), 'link', { to: d });
  // The same road as the link: what comes after it has passed it.
  await ask(node, recorderAt('r'), 'ask', { to: d as Address<CounterProtocol> });
  node.cast(counterAt('c'), 'end', { reason: { shutdown: 'done' } });
  node.cast(counterAt('d'), 'crash', { message: 'x' });
  const log = () => ask(node, recorderAt('r'), 'log', null);
  await eventually(log, (lines) => lines.length === 2);
  assert.deepEqual([...(await log())].sort(), [`down ${ref} shutdown`, `exit ${d.serial} crash`]);
  const again = await ask(node, recorderAt('r'), 'monitor', { to: c });
  await ask(node, recorderAt('r'), 'link', { to: d });
  await eventually(log, (lines) => lines.length === 4);
  assert.deepEqual([...(await log())].slice(2).sort(), [`down ${again} noproc`, `exit ${d.serial} noproc`]);
});

test('a supervisor on the edge restarts a child on another thread', async (t) => {
  const { node } = await threadedStage(t, [counterChild('c', { ...onGate, restart: 'permanent' })], {
    gates: [{ name: 'g' }],
  });
  const before = node.whereis('c')?.serial;
  node.cast(counterAt('c'), 'crash', { message: 'x' });
  const where = await eventually(
    () => ask(node, counterAt('c'), 'where', null),
    (answer) => typeof answer === 'object' && answer.pid.serial !== before,
  );
  assert.equal(typeof where === 'object' ? where.restarts : null, 1);
});

test('a message that is not plain data harms nobody else: its caller hears undef', async (t) => {
  const { node, log } = await threadedStage(t, [recorderChild('r', onScheduler('a'))]);
  node.cast(recorderAt('r'), 'note', { text: 'before' });
  const bad = node.call(recorderAt('r') as Address, 'note', { text: () => 'a function' });
  node.cast(recorderAt('r'), 'note', { text: 'after' });
  const result = await bad;
  assert.equal(result.ok ? 'ok' : result.error.code, 'undef');
  assert.deepEqual(await ask(node, recorderAt('r'), 'log', null), ['before', 'after']);
  assert.ok(log.some(({ message }) => message === 'a message could not cross threads'));
});

test('a child that fails to start on another thread fails the start of the node, and no thread is left', async () => {
  const options = {
    node: 'test',
    threadEntry: new URL('../support/runtime-thread.ts', import.meta.url).href,
    behaviours: testBehaviours,
    schedulers: 1,
    gates: [],
    families: [],
  };
  const child = { id: 'x', behaviour: 'failing', args: { how: 'fail' }, ...onScheduler('a') };
  await assert.rejects(startNode({ ...options, tree: { strategy: 'oneForOne', children: [child] } }), /unavailable/);
  const tree = { strategy: 'oneForOne', children: [] } as const;
  await assert.rejects(startNode({ ...options, threadEntry: '/nowhere.ts', tree }), /did not start/);
  const nowhere = { ...child, behaviour: 'counter', placement: { on: 'gate', gate: 'none' } } as const;
  await assert.rejects(
    startNode({ ...options, tree: { strategy: 'oneForOne', children: [nowhere] } }),
    /no thread for/,
  );
});

test('inspect tells of every thread what lives there and what it cost', async (t) => {
  const { node } = await threadedStage(t, [counterChild('c', onGate)], { gates: [{ name: 'g' }] });
  await ask(node, member(keyOn(node, 1)), 'read', null);
  const { threads } = await node.inspect();
  assert.deepEqual(
    threads.map(({ thread, behaviours }) => [thread, behaviours]),
    [
      ['edge', { supervisor: 1 }],
      ['scheduler 1', { counter: 1 }],
      ['scheduler 2', {}],
      ['gate g', { counter: 1 }],
    ],
  );
  for (const { cpuMs, heapBytes, bufferBytes } of threads) assert.ok(cpuMs > 0 && heapBytes > 0 && bufferBytes >= 0);
});
