// Owns the part of OTP's supervisor_SUITE that is about supervisors under strain: restarts that never succeed or hang, and
// children by the thousand (items 53 and 55 of the conformance list, whose number ends each name). It never sleeps.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Address, Pid } from '../../runtime/mod.ts';
import type { CounterProtocol } from '../support/runtime-behaviours.ts';
import { ask, counterChild, stage } from '../support/runtime-local.ts';
import { newPlan, step, stepAt, steps, sup, underSup } from '../support/runtime-steps.ts';

test('a supervisor in an endless loop of restarts answers as it is, and can be told to stop the child and to start it again (OTP 53)', async (t) => {
  const plan = newPlan();
  const inner = underSup({ strategy: 'oneForOne', intensity: 1_000_000, children: [step('a'), step('b')] });
  const { node, trail } = await steps({ strategy: 'oneForOne', children: [inner] }, plan);
  const sibling = node.whereis('b');
  const tries = 1_000_000_000;
  const tried = () => tries - (plan.failures.get('a') ?? 0);
  const loop = async () => {
    plan.failures.set('a', tries);
    node.cast(stepAt('a'), 'crash', null);
    while (tried() < 2) await ask(node, sup, 'countChildren', null);
  };
  // Or a test that fails would never end.
  t.after(() => plan.failures.clear());
  await loop();
  const before = tried();
  for (const [name, request, answer] of [
    ['startChild', { spec: step('a') }, 'alreadyPresent'],
    ['restartChild', { id: 'a' }, 'restarting'],
    ['deleteChild', { id: 'a' }, 'restarting'],
    ['countChildren', null, { specs: 2, active: 1, supervisors: 0, workers: 2 }],
  ] as const) {
    assert.deepEqual(await ask(node, sup, name, request as never), answer, name);
  }
  assert.ok(tried() > before, 'it goes on while it answers');
  const listed = await ask(node, sup, 'whichChildren', null);
  assert.ok(typeof listed !== 'string');
  assert.deepEqual(
    listed.map(({ id, pid, status }) => [id, pid, status]),
    [
      ['a', null, 'restarting'],
      ['b', sibling, 'running'],
    ],
  );
  assert.equal(await ask(node, sup, 'terminateChild', { id: 'a' }), null);
  const atEnd = tried();
  await node.settle();
  assert.equal(tried(), atEnd);
  plan.failures.clear();
  assert.deepEqual(await ask(node, sup, 'restartChild', { id: 'a' }), node.whereis('a'));
  assert.ok(node.whereis('a'));
  assert.deepEqual(node.whereis('b'), sibling);
  await loop();
  trail.length = 0;
  await node.stop();
  assert.deepEqual(trail, ['-b'], 'the loop does not hold up the end');
});

test('a child that hangs in its restart holds its supervisor up for the deadline of its init and no longer, nor hangs its end (OTP 53)', async () => {
  const plan = newPlan();
  const initDeadlineMs = 2_000;
  const inner = underSup({
    strategy: 'oneForOne',
    intensity: 1_000,
    children: [step('a', { initDeadlineMs }), step('b')],
  });
  const { node, trail } = await steps({ strategy: 'oneForOne', children: [inner] }, plan);
  plan.hangs.add('a');
  node.cast(stepAt('a'), 'crash', null);
  await node.settle();
  const answered: unknown[] = [];
  const counted = ask(node, sup, 'countChildren', null).then((answer) => answered.push(answer));
  await node.advance(initDeadlineMs - 200);
  assert.deepEqual(answered, []);
  await node.advance(400);
  await counted;
  assert.deepEqual(answered, [{ specs: 2, active: 1, supervisors: 0, workers: 2 }]);
  trail.length = 0;
  const stopped = node.stop();
  await node.advance(initDeadlineMs + 200);
  await stopped;
  assert.deepEqual(trail, ['-b']);
});

test('a sibling that waits behind a restart that fails is started, even when the failing one is told to stop', async () => {
  const plan = newPlan();
  const inner = underSup({
    strategy: 'oneForAll',
    intensity: 1_000_000,
    children: ['a', 'b', 'c'].map((id) => step(id)),
  });
  const { node } = await steps({ strategy: 'oneForOne', children: [inner] }, plan);
  plan.failures.set('b', Number.POSITIVE_INFINITY);
  node.cast(stepAt('a'), 'crash', null);
  await ask(node, sup, 'terminateChild', { id: 'b' });
  await node.settle();
  assert.deepEqual([node.whereis('a') !== null, node.whereis('b'), node.whereis('c') !== null], [true, null, true]);
  await node.stop();
});

test('a child that starts and ends costs the same among 16,000 siblings as among 1,000, and leaves nothing behind (OTP 55)', async () => {
  const { node } = await stage([underSup({ strategy: 'oneForOne', children: [] })]);
  const start = async (id: string) => {
    const { name: _name, ...spec } = counterChild(id);
    const started = await node.call(sup, 'startChild', { spec });
    if (!started.ok || started.value === null) throw new Error(`${id} did not start`);
    return started.value as Pid & Address<CounterProtocol>;
  };
  /** Of CPU time, for each of so many that come and go. */
  const costs = async (comers: number) => {
    const before = process.threadCpuUsage();
    for (let i = 0; i < comers; i++) node.cast(await start(`comer${i}`), 'end', { reason: 'normal' });
    await node.settle();
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / comers;
  };
  const least = async () => {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 5; i++) least = Math.min(least, await costs(2_000));
    return least;
  };
  const among = async (siblings: number) => {
    const { active } = (await ask(node, sup, 'countChildren', null)) as { readonly active: number };
    for (let i = active; i < siblings; i++) await start(`sibling${i}`);
    return least();
  };
  await costs(2_000);
  const few = await among(1_000);
  const many = await among(16_000);
  // A search of the siblings for each would be 16 times as much.
  assert.ok(many < 4 * few, `${few.toFixed(1)} us each among 1,000, ${many.toFixed(1)} us each among 16,000`);
  const counted = { specs: 16_000, active: 16_000, supervisors: 0, workers: 16_000 };
  assert.deepEqual(await ask(node, sup, 'countChildren', null), counted);
  await node.stop();
});
