// Owns the part of OTP's supervisor_SUITE that is about starting, stopping and administration (items 1 to 23, 34, 48 to
// 52 and 68 to 70 of the conformance list, whose number ends each name). It never sleeps.
//
// Does not apply:
//  6, 7, 12, 14, 20, 46  simple_one_for_one: children are known by id here, and added by `startChild`; a foreign pid
//                        cannot be named to a supervisor at all
//  2 (second half)       a supervisor's own init is not the application's code here: its spec is data
//  8                     whatever init returns is the state; there is no invalid value
//  21 (modules)          no code is loaded or replaced while it runs
//  23                    a start returns a pid and nothing beside it

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { named, type SupervisorProtocol, type SupervisorSpec, supervisorChild } from '../../runtime/mod.ts';
import { ask, counterAt, counterChild, recorderAt, recorderChild, stage } from '../support/runtime-local.ts';
import { newPlan, step, stepAt, steps, sup, underSup } from '../support/runtime-steps.ts';

test('children start in the order of the list and stop in reverse (OTP 1, 54)', async () => {
  const inner = supervisorChild('inner', { strategy: 'oneForOne', children: [step('b1'), step('b2')] });
  const { node, trail } = await steps({ strategy: 'oneForOne', children: [step('a'), inner, step('c')] });
  assert.deepEqual(trail, ['+a', '+b1', '+b2', '+c']);
  trail.length = 0;
  await node.stop();
  assert.deepEqual(trail, ['-c', '-b2', '-b1', '-a']);
});

test("a child that fails in init fails its supervisor's start with the reason, and those before it are stopped (OTP 9, 34)", async () => {
  const plan = newPlan();
  plan.failures.set('bad', 1);
  const inner = supervisorChild('inner', { strategy: 'oneForOne', children: [step('b'), step('bad')] });
  const tree: SupervisorSpec = { strategy: 'oneForOne', children: [step('a'), inner] };
  await assert.rejects(steps(tree, plan), /bad cannot start/);
  assert.deepEqual(plan.trail, ['+a', '+b', '-b', '-a']);
});

test('restForOne stops the later siblings in reverse before it starts them in order (OTP 41, 54)', async () => {
  const { node, trail } = await steps({ strategy: 'restForOne', children: [step('a'), step('b'), step('c')] });
  trail.length = 0;
  node.cast(stepAt('b'), 'crash', null);
  await node.settle();
  assert.deepEqual(trail, ['-b', '-c', '+b', '+c']);
  await node.stop();
});

test('an unknown behaviour fails the start with the list of what is known', async () => {
  const children = [{ id: 'x', behaviour: 'nonsense', args: null }];
  await assert.rejects(stage(children), /no behaviour nonsense here; known: counter, recorder/);
});

test('init that fails for an expected reason fails the start with that failure (OTP 9)', async () => {
  const children = [{ id: 'x', behaviour: 'failing', args: { how: 'fail' } }];
  await assert.rejects(stage(children), /unavailable: the store is down/);
});

test('a child that does not end within its shutdown time is killed, and its sibling still ends in order (OTP 17)', async () => {
  const stubborn = recorderChild('stubborn', { shutdown: 1_000 });
  const { node } = await stage([counterChild('first'), stubborn]);
  let answered = 'open';
  const hour = 3_600_000;
  void node
    .call(recorderAt('stubborn'), 'askNever', { to: counterAt('first') }, { deadlineMs: hour })
    .then((result) => {
      answered = result.ok ? 'ok' : result.error.code;
    });
  await node.settle();
  const stopped = node.stop();
  await node.advance(1_100);
  await stopped;
  assert.equal(answered, 'exited');
});

test('brutalKill ends a child at once, without its terminate (OTP 18)', async () => {
  const { node, trail } = await steps({ strategy: 'oneForOne', children: [step('a', { shutdown: 'brutalKill' })] });
  await node.stop();
  assert.deepEqual(trail, ['+a']);
});

test('a child that is told to shut down first handles what was said to it before', async () => {
  const { node } = await stage([counterChild('c')]);
  const answers = [1, 2, 3].map((by) => ask(node, counterAt('c'), 'add', { by }));
  await node.stop();
  assert.deepEqual(await Promise.all(answers), [1, 3, 6]);
});

test('anySignificant: the end of one significant child ends the supervisor (OTP 68)', async () => {
  const children = [
    counterChild('a', { restart: 'transient', significant: true }),
    counterChild('b', { restart: 'transient', significant: true }),
  ];
  const { node } = await stage([underSup({ strategy: 'oneForOne', autoShutdown: 'anySignificant', children })]);
  node.cast(counterAt('a'), 'end', { reason: 'normal' });
  await node.settle();
  assert.equal(node.whereis('sup'), null);
  assert.equal(node.whereis('b'), null);
  await node.stop();
});

test('allSignificant: the supervisor ends with the last of its significant children (OTP 69)', async () => {
  const children = [
    counterChild('a', { restart: 'transient', significant: true }),
    counterChild('b', { restart: 'temporary', significant: true }),
    counterChild('c', { restart: 'permanent' }),
  ];
  const { node } = await stage([underSup({ strategy: 'oneForOne', autoShutdown: 'allSignificant', children })]);
  node.cast(counterAt('b'), 'crash', { message: 'x' });
  await node.settle();
  assert.ok(node.whereis('sup'));
  node.cast(counterAt('a'), 'end', { reason: 'normal' });
  await node.settle();
  assert.equal(node.whereis('sup'), null);
  assert.equal(node.whereis('c'), null);
  await node.stop();
});

const wrongSpecs: readonly (readonly [string, Partial<SupervisorSpec>, RegExp])[] = [
  ['an unknown strategy', { strategy: 'oneForFew' as never }, /unknown strategy oneForFew/],
  ['a negative intensity', { intensity: -1 }, /intensity must be a whole number from 0/],
  ['a period of 0', { periodMs: 0 }, /periodMs must be more than 0/],
  ['two children of one id', { children: [counterChild('a'), counterChild('a')] }, /two children have the id a/],
  [
    'a significant child without autoShutdown',
    { children: [counterChild('a', { significant: true })] },
    /autoShutdown is never/,
  ],
  [
    'a significant permanent child',
    { autoShutdown: 'anySignificant', children: [counterChild('a', { significant: true, restart: 'permanent' })] },
    /significant, but permanent/,
  ],
  ['a negative shutdown', { children: [counterChild('a', { shutdown: -1 })] }, /unknown shutdown -1/],
  ['an unknown restart', { children: [counterChild('a', { restart: 'often' as never })] }, /unknown restart often/],
  ['an empty id', { children: [{ ...counterChild('a'), id: '' }] }, /a child needs an id/],
];
for (const [name, wrong, message] of wrongSpecs) {
  test(`a supervisor with ${name} does not start and says so (OTP 15, 21, 22, 70)`, async () => {
    await assert.rejects(stage([underSup({ strategy: 'oneForOne', children: [], ...wrong })]), message);
  });
}

test('children can be added, stopped, restarted, forgotten and listed while the supervisor runs (OTP 19)', async () => {
  const { node } = await stage([underSup({ strategy: 'oneForOne', children: [] })]);
  const spec = counterChild('a', { restart: 'permanent' });
  const pid = await ask(node, sup, 'startChild', { spec });
  assert.deepEqual(pid, node.whereis('a'));
  assert.equal(await ask(node, sup, 'startChild', { spec }), 'alreadyStarted');
  assert.equal(await ask(node, sup, 'restartChild', { id: 'a' }), 'running');
  assert.equal(await ask(node, sup, 'deleteChild', { id: 'a' }), 'running');
  assert.equal(await ask(node, sup, 'terminateChild', { id: 'a' }), null);
  assert.equal(await ask(node, sup, 'terminateChild', { id: 'a' }), null);
  assert.equal(node.whereis('a'), null);
  assert.equal(await ask(node, sup, 'startChild', { spec }), 'alreadyPresent');
  assert.deepEqual(await ask(node, sup, 'countChildren', null), { specs: 1, active: 0, supervisors: 0, workers: 1 });
  assert.notEqual(await ask(node, sup, 'restartChild', { id: 'a' }), 'notFound');
  assert.ok(node.whereis('a'));
  assert.equal(await ask(node, sup, 'terminateChild', { id: 'a' }), null);
  assert.equal(await ask(node, sup, 'deleteChild', { id: 'a' }), null);
  assert.equal(await ask(node, sup, 'terminateChild', { id: 'a' }), 'notFound');
  await node.stop();
});

test('a thousand dynamic children start, are counted and stop (OTP 50)', async () => {
  const { node } = await stage([underSup({ strategy: 'oneForOne', children: [] })]);
  for (let i = 0; i < 1_000; i++) {
    const { name: _name, ...spec } = counterChild(`n${i}`, { restart: 'temporary' });
    await node.call(sup, 'startChild', { spec });
  }
  assert.deepEqual(await ask(node, sup, 'countChildren', null), {
    specs: 1_000,
    active: 1_000,
    supervisors: 0,
    workers: 1_000,
  });
  await node.stop();
});

test('killing a supervisor takes its children with it', async () => {
  const children = [counterChild('a', { restart: 'permanent' })];
  const outer = supervisorChild('outer', {
    strategy: 'oneForOne',
    children: [underSup({ strategy: 'oneForOne', children }, { shutdown: 'brutalKill' })],
  });
  const { node } = await stage([outer]);
  assert.ok(node.whereis('a'));
  await node.stop();
  assert.equal(node.whereis('a'), null);
});

test('a child whose init ignores is kept without a pid, and the others run (OTP 2, 3)', async () => {
  const plan = newPlan();
  plan.ignores.add('b');
  const inner = underSup({ strategy: 'oneForOne', children: [step('a'), step('b')] });
  const { node } = await steps({ strategy: 'oneForOne', children: [inner] }, plan);
  assert.deepEqual(await ask(node, sup, 'countChildren', null), { specs: 2, active: 1, supervisors: 0, workers: 2 });
  const listed = await ask(node, sup, 'whichChildren', null);
  assert.deepEqual(
    typeof listed === 'string' ? listed : listed.map(({ id, pid, status }) => [id, pid === null, status]),
    [
      ['a', false, 'running'],
      ['b', true, 'stopped'],
    ],
  );
  plan.ignores.delete('b');
  assert.deepEqual(await ask(node, sup, 'restartChild', { id: 'b' }), node.whereis('b'));
  await node.stop();
});

test('an ignored temporary child is not kept, in the list or added later (OTP 4, 5)', async () => {
  const plan = newPlan();
  for (const id of ['a', 'b']) plan.ignores.add(id);
  const inner = underSup({ strategy: 'oneForOne', children: [step('a', { restart: 'temporary' })] });
  const { node, trail } = await steps({ strategy: 'oneForOne', children: [inner] }, plan);
  assert.equal(await ask(node, sup, 'startChild', { spec: step('b', { restart: 'temporary' }) }), null);
  assert.deepEqual(await ask(node, sup, 'whichChildren', null), []);
  assert.deepEqual(trail, []);
  await node.stop();
});

test('a child that cannot start is not added, and its supervisor says why (OTP 10)', async () => {
  const plan = newPlan();
  plan.failures.set('a', 1);
  const { node } = await steps(
    { strategy: 'oneForOne', children: [underSup({ strategy: 'oneForOne', children: [] })] },
    plan,
  );
  const refused = await node.call(sup, 'startChild', { spec: step('a') });
  assert.match(refused.ok ? '' : refused.error.message, /a cannot start/);
  assert.deepEqual(await ask(node, sup, 'whichChildren', null), []);
  await node.stop();
});

test('a restart by hand that fails leaves the child listed and stopped (OTP 11)', async () => {
  const plan = newPlan();
  const inner = underSup({ strategy: 'oneForOne', children: [step('a')] });
  const { node } = await steps({ strategy: 'oneForOne', children: [inner] }, plan);
  await ask(node, sup, 'terminateChild', { id: 'a' });
  plan.failures.set('a', 1);
  assert.equal(await ask(node, sup, 'restartChild', { id: 'a' }), 'exited');
  assert.deepEqual(await ask(node, sup, 'whichChildren', null), [
    { id: 'a', pid: null, behaviour: 'steps', status: 'stopped', restarts: 0 },
  ]);
  assert.deepEqual(await ask(node, sup, 'restartChild', { id: 'a' }), node.whereis('a'));
  await node.stop();
});

test('by default a child is permanent; its spec can be asked for, that of nobody is notFound (OTP 13)', async () => {
  const { name: _name, restart: _restart, ...plain } = counterChild('a');
  const { node } = await stage([underSup({ strategy: 'oneForOne', children: [{ ...plain, name: 'a' }] })]);
  assert.deepEqual(await ask(node, sup, 'childSpec', { id: 'a' }), { ...plain, name: 'a' });
  assert.equal(await ask(node, sup, 'childSpec', { id: 'b' }), 'notFound');
  const before = node.whereis('a')?.serial;
  node.cast(counterAt('a'), 'end', { reason: 'normal' });
  await node.settle();
  assert.notEqual(node.whereis('a')?.serial ?? before, before);
  await node.stop();
});

test('without a word about shutdown a worker has five seconds and a supervisor as long as it takes (OTP 13, 16)', async () => {
  const plan = newPlan();
  plan.lingers.set('worker', 60_000);
  plan.lingers.set('patient', 60_000);
  const inner = underSup({ strategy: 'oneForOne', children: [step('patient', { shutdown: 'infinity' })] });
  const { node } = await steps({ strategy: 'oneForOne', children: [step('worker'), inner] }, plan);
  let stopped = false;
  const stopping = node.stop().then(() => {
    stopped = true;
  });
  await node.advance(59_000);
  assert.ok(node.whereis('patient'));
  await node.advance(1_100);
  assert.equal(node.whereis('patient'), null);
  await node.advance(4_800);
  assert.equal(stopped, false);
  await node.advance(200);
  await stopping;
});

test('whoever asks a supervisor that is gone hears noproc (OTP 19)', async () => {
  const { node } = await stage([]);
  assert.equal(await ask(node, sup, 'whichChildren', null), 'noproc');
  assert.equal(await ask(node, sup, 'startChild', { spec: counterChild('a') }), 'noproc');
  await node.stop();
});

test('a child that unlinks itself cannot make its supervisor hang (OTP 48)', async () => {
  const { node } = await stage([underSup({ strategy: 'oneForOne', children: [recorderChild('r')] })]);
  const pid = node.whereis('sup');
  assert.ok(pid);
  await ask(node, recorderAt('r'), 'unlink', { to: pid });
  assert.equal(await ask(node, sup, 'terminateChild', { id: 'r' }), null);
  assert.equal(node.whereis('r'), null);
  await ask(node, sup, 'startChild', { spec: recorderChild('r') });
  await ask(node, recorderAt('r'), 'unlink', { to: pid });
  await node.stop();
});

test('a subtree comes back with the children of its list, and without those that were added since (OTP 49)', async () => {
  const inner = underSup({ strategy: 'oneForOne', children: [counterChild('a', { restart: 'permanent' })] });
  const outer = supervisorChild('outer', {
    strategy: 'oneForAll',
    children: [{ ...inner, restart: 'permanent' }, counterChild('b', { restart: 'permanent' })],
  });
  const { node } = await stage([outer]);
  await ask(node, sup, 'startChild', { spec: counterChild('added', { restart: 'permanent' }) });
  const before = node.whereis('sup')?.serial;
  node.cast(counterAt('b'), 'crash', { message: 'x' });
  await node.settle();
  assert.notEqual(node.whereis('sup')?.serial ?? before, before);
  assert.ok(node.whereis('a'));
  assert.equal(node.whereis('added'), null);
  await node.stop();
});

test('a child that waits for its restart is counted as a child and not as active (OTP 51)', async () => {
  const child = counterChild('a', { restart: 'permanent', backoff: { minMs: 100, maxMs: 100 } });
  const { node } = await stage([underSup({ strategy: 'oneForOne', children: [child] })]);
  node.cast(counterAt('a'), 'crash', { message: 'x' });
  await node.settle();
  assert.deepEqual(await ask(node, sup, 'countChildren', null), { specs: 1, active: 0, supervisors: 0, workers: 1 });
  assert.equal(await ask(node, sup, 'deleteChild', { id: 'a' }), 'restarting');
  await node.advance(100);
  assert.deepEqual(await ask(node, sup, 'countChildren', null), { specs: 1, active: 1, supervisors: 0, workers: 1 });
  await node.stop();
});

test("the arguments of a temporary child are not kept once it runs, a permanent one's are (OTP 52)", async () => {
  const { node } = await stage([underSup({ strategy: 'oneForOne', children: [] })]);
  const args = { from: 5 };
  for (const restart of ['temporary', 'permanent'] as const) {
    await ask(node, sup, 'startChild', { spec: counterChild(restart, { restart, args }) });
    const spec = await ask(node, sup, 'childSpec', { id: restart });
    assert.deepEqual(typeof spec === 'string' ? spec : spec.args, restart === 'temporary' ? null : args);
  }
  await node.stop();
});

test('a tree of supervisors is a protocol like any other: named, asked from outside, counted (OTP 50)', async () => {
  const inner = underSup({
    strategy: 'oneForOne',
    children: [supervisorChild('x', { strategy: 'oneForOne', children: [] }), counterChild('a')],
  });
  const { node } = await stage([inner]);
  const counted = await ask(node, named<SupervisorProtocol>('sup'), 'countChildren', null);
  assert.deepEqual(counted, { specs: 2, active: 2, supervisors: 1, workers: 1 });
  await node.stop();
});
