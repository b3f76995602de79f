// Owns the guarantees of what a node shows of itself: the tree, who is busy, what crashed, one actor's trace.
// And of what it never shows: a message's content, a whole key.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyed, supervisorChild } from '../../runtime/mod.ts';
import type { CounterProtocol } from '../support/runtime-behaviours.ts';
import { ask, counterAt, counterChild, recorderAt, recorderChild, stage } from '../support/runtime-local.ts';
import { eventually, keyOn, threadedStage } from '../support/runtime-node.ts';

const member = (key: string) => keyed<CounterProtocol>('counters', key);
const secret = 'a-key-that-nobody-may-read';

test('an observer sees the tree: each supervisor with its children, each actor with its parent, on every thread', async (t) => {
  const far = counterChild('far', { placement: { on: 'partition', partition: 1 } });
  const inner = supervisorChild('inner', {
    strategy: 'restForOne',
    intensity: 7,
    children: [counterChild('near'), far],
  });
  const { node } = await threadedStage(t, [{ ...inner, name: 'inner' }]);
  const { threads } = await node.inspect({ actorsTop: 5 });
  const supervisor = threads[0]?.detail?.supervisors.find(({ strategy }) => strategy === 'restForOne');
  assert.deepEqual([supervisor?.pid, supervisor?.intensity, supervisor?.childrenCount], [node.whereis('inner'), 7, 2]);
  assert.deepEqual(
    supervisor?.children.map(({ id, pid, status }) => [id, pid, status]),
    [
      ['near', node.whereis('near'), 'running'],
      ['far', node.whereis('far'), 'running'],
    ],
  );
  const seen = threads[2]?.detail?.actors.find(({ name }) => name === 'far');
  assert.deepEqual([seen?.parent, seen?.behaviour, seen?.status], [node.whereis('inner'), 'counter', 'ready']);
});

test('restarts that count against the intensity are shown, and no longer when the period is over', async () => {
  const { node } = await stage([counterChild('a', { restart: 'permanent' })]);
  node.cast(counterAt('a'), 'crash', { message: 'x' });
  await node.settle();
  const look = async () => (await node.inspect({ actorsTop: 1 })).threads[0]?.detail?.supervisors[0];
  assert.deepEqual([(await look())?.restartsInPeriod, (await look())?.children[0]?.restarts], [1, 1]);
  await node.advance(5_001);
  assert.equal((await look())?.restartsInPeriod, 0);
  await node.stop();
});

test('of many members of a family only the busy and the full are shown, by the beginning of their keys', async () => {
  const { node } = await stage([], [{ family: 'counters', behaviour: 'counter' }]);
  const many = 2_000;
  for (let i = 0; i < many; i++) node.cast(member(`${i}-${secret}`), 'add', { by: 1 });
  for (let i = 0; i < 5; i++) node.cast(member(`7-${secret}`), 'add', { by: 1 });
  await node.settle();
  const { threads } = await node.inspect({ actorsTop: 10 });
  const detail = threads[0]?.detail;
  assert.deepEqual(detail?.families, [{ family: 'counters', behaviour: 'counter', members: many, troubled: 0 }]);
  const members = detail?.actors.filter(({ family }) => family === 'counters') ?? [];
  assert.equal(members.length, 10);
  assert.deepEqual([members[0]?.key, members[0]?.handled, members[0]?.handledLately], ['7-a-ke…', 6, 6]);
  node.cast(member(`9-${secret}`), 'add', { by: 1 });
  await node.settle();
  const again = (await node.inspect({ actorsTop: 1 })).threads[0]?.detail?.actors.filter(
    ({ family }) => family !== null,
  );
  assert.deepEqual(
    again?.map(({ key, handledLately }) => [key, handledLately]),
    [['9-a-ke…', 1]],
  );
  await node.stop();
});

test('without being asked for detail a node tells figures only', async () => {
  const { node } = await stage([counterChild('a')]);
  assert.equal((await node.inspect()).threads[0]?.detail, null);
  await node.stop();
});

test('what is listed is bounded, and counted beyond', async () => {
  const many = 600;
  const children = Array.from({ length: many }, (_, i) => counterChild(`c${i}`));
  const { node } = await stage(children);
  const detail = (await node.inspect({ actorsTop: 3 })).threads[0]?.detail;
  assert.ok((detail?.actors.length ?? 0) <= 500 + 6);
  assert.deepEqual([detail?.supervisors[0]?.children.length, detail?.supervisors[0]?.childrenCount], [200, many]);
  await node.stop();
});

test('the last 50 crash reports are kept, also those of a thread that is gone, and never say what a message said', async (t) => {
  const { node } = await threadedStage(t, []);
  const words = 'words that a person wrote';
  await ask(node, member(keyOn(node, 1)), 'crash', null);
  const reports = async () => (await node.inspect()).crashReports;
  const [first] = await eventually(reports, (kept) => kept.length === 1);
  assert.deepEqual(
    [first?.thread, first?.behaviour, first?.lastMessage, first?.handled],
    ['scheduler 1', 'counter', 'call crash', 1],
  );
  assert.match(first?.reason ?? '', /RangeError: asked to crash/);
  await node.killThread(1);
  assert.equal((await reports()).length, 1);
  for (let i = 0; i < 60; i++) {
    node.cast(member(`${i}`), 'add', { by: 1, words } as never);
    await ask(node, member(`${i}`), 'crash', null);
  }
  const last = await eventually(reports, (kept) => kept.length === 50);
  assert.ok(!JSON.stringify(last).includes(words));
});

test('dead letters are sampled by kind and address, without their content', async () => {
  const { node } = await stage([counterChild('a')], [{ family: 'counters', behaviour: 'counter' }]);
  node.cast(counterAt('nobody'), 'crash', { message: 'words' });
  node.cast(keyed<CounterProtocol>('counters', secret), 'add', { by: 1 });
  node.cast({ family: 'counters', key: 'asleep', wake: false }, 'add' as never, { by: 1 } as never);
  node.cast(counterAt('a'), 'crash', { message: 'x' });
  node.cast(counterAt('a'), 'add', { by: 1 });
  await node.settle();
  const { threads } = await node.inspect({ actorsTop: 1 });
  const letters = threads[0]?.detail?.deadLetters.map(({ message, to, why }) => [
    message,
    to.replace(/<.*>/, 'pid'),
    why,
  ]);
  assert.deepEqual(letters, [
    ['cast crash', 'nobody', 'noproc'],
    ['cast add', 'counters', 'noproc'],
    ['cast add', 'pid', 'ended'],
  ]);
  await node.stop();
});

test('a trace tells kind, size and duration of what one actor handles, and ends with its messages', async () => {
  const { node } = await stage([counterChild('c')]);
  const tracing = node.trace(counterAt('c'), { messagesMax: 3 });
  await ask(node, counterAt('c'), 'add', { by: 1 });
  node.cast(counterAt('c'), 'add', { by: 2 });
  await ask(node, counterAt('c'), 'slow', { turns: 2 });
  const traced = await tracing;
  assert.ok(traced.ok);
  const { over, behaviour, messages } = traced.value;
  assert.deepEqual([over, behaviour], ['messagesMax', 'counter']);
  assert.deepEqual(
    messages.map(({ kind, name, how }) => `${kind} ${name} ${how}`),
    ['call add sync', 'cast add sync', 'call slow async'],
  );
  assert.ok(messages.every(({ bytes, durationMs }) => Number(bytes) > 0 && durationMs >= 0));
  assert.equal(await ask(node, counterAt('c'), 'read', null), 3);
  await node.stop();
});

test('a trace ends with its time, and with its actor; a second at once is refused, nobody cannot be traced', async () => {
  const { node } = await stage([counterChild('c'), recorderChild('r')]);
  const first = node.trace(counterAt('c'), { ms: 1_000 });
  const second = await node.trace(counterAt('c'));
  assert.equal(second.ok ? 'ok' : second.error.code, 'alreadyTraced');
  await node.advance(1_000);
  const timed = await first;
  assert.deepEqual(timed.ok && [timed.value.over, timed.value.messages.length], ['ms', 0]);
  const third = node.trace(recorderAt('r'));
  node.cast(recorderAt('r'), 'odd', null);
  const ended = await third;
  assert.deepEqual(ended.ok && ended.value.over, 'ended');
  const nobody = await node.trace(counterAt('nobody'));
  assert.equal(nobody.ok ? 'ok' : nobody.error.code, 'noproc');
  const fourth = node.trace(counterAt('c'), { messagesMax: 1 });
  node.cast(counterAt('c'), 'crash', { message: 'x' });
  const threw = await fourth;
  assert.deepEqual(threw.ok && threw.value.messages.map(({ how }) => how), ['threw']);
  await node.stop();
});

test('an actor on another thread is traced there, and wakes nobody', async (t) => {
  const { node } = await threadedStage(t, []);
  const key = keyOn(node, 2);
  const asleep = await node.trace(member(key));
  assert.equal(asleep.ok ? 'ok' : asleep.error.code, 'noproc');
  await ask(node, member(key), 'read', null);
  const tracing = node.trace(member(key), { messagesMax: 2 });
  for (let i = 0; i < 2; i++) await ask(node, member(key), 'add', { by: 1 });
  const traced = await tracing;
  assert.deepEqual(traced.ok && [traced.value.pid.thread, traced.value.messages.length], [2, 2]);
  const doomed = node.trace(member(key), { ms: 60_000 });
  await ask(node, member(key), 'read', null);
  await node.killThread(2);
  const lost = await doomed;
  assert.equal(lost.ok ? 'ok' : lost.error.code, 'threadLost');
});
