// Owns the part of OTP's supervisor_SUITE that is about restarts (items 24 to 47 of the conformance list, whose number
// ends each name): the whole matrix of restart type, exit reason and strategy, budgets, escalation. It never sleeps.
//
// Does not apply: 44 to 47 in the form of simple_one_for_one. There is no template of children here: dynamic children
// are added by `startChild` (or are members of a family), and the same rules are shown for them below and in
// conformance-supervisor.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ActorNode,
  defineBehaviour,
  type ExitReason,
  named,
  type Pid,
  type Restart,
  type Strategy,
  type SupervisorSpec,
  startLocal,
} from '../../runtime/mod.ts';
import { testBehaviours } from '../support/runtime-behaviours.ts';
import { ask, counterAt, counterChild, recorderAt, recorderChild, stage } from '../support/runtime-local.ts';
import { newPlan, step, stepAt, steps, sup, underSup } from '../support/runtime-steps.ts';

const ids = ['a', 'b', 'c'] as const;

function serials(node: ActorNode): (number | undefined)[] {
  return ids.map((id) => node.whereis(id)?.serial);
}

const reasons: { readonly [name: string]: ExitReason } = {
  normal: 'normal',
  shutdown: 'shutdown',
  'a shutdown with words': { shutdown: 'done' },
  crash: { crash: { name: 'Error', message: 'boom' } },
  killed: 'killed',
  failure: { failure: { code: 'unavailable', message: 'gone', retryable: true } },
};
const quiet = new Set(['normal', 'shutdown', 'a shutdown with words']);

/** What happens to children a, b, c when b ends: same, new, or gone. */
function expected(strategy: Strategy, restart: Restart, reason: string): string[] {
  const restarts = restart === 'permanent' || (restart === 'transient' && !quiet.has(reason));
  if (!restarts) return ['same', 'gone', 'same'];
  if (strategy === 'oneForOne') return ['same', 'new', 'same'];
  return strategy === 'oneForAll' ? ['new', 'new', 'new'] : ['same', 'new', 'new'];
}

const items: { readonly [R in Restart]: string } = { permanent: '24-26', transient: '27-29', temporary: '30-32' };

/** Killed is what others do to it; every other reason is its own. */
async function endB(node: ActorNode, name: string, reason: ExitReason): Promise<void> {
  if (name !== 'killed') node.cast(counterAt('b'), 'end', { reason });
  else node.cast(recorderAt('killer'), 'exit', { to: node.whereis('b') as Pid, reason: 'kill' });
}

for (const strategy of ['oneForOne', 'oneForAll', 'restForOne'] as const) {
  for (const restart of ['permanent', 'transient', 'temporary'] as const) {
    for (const [name, reason] of Object.entries(reasons)) {
      const outcome = expected(strategy, restart, name).join(', ');
      test(`${strategy}: a ${restart} child that ends with ${name} leaves a, b, c ${outcome} (OTP ${items[restart]})`, async () => {
        const children = [
          counterChild('a', { restart: 'permanent' }),
          counterChild('b', { restart }),
          counterChild('c', { restart: 'permanent' }),
        ];
        const { node } = await stage([recorderChild('killer'), underSup({ strategy, children })]);
        const before = serials(node);
        await endB(node, name, reason);
        await node.settle();
        const after = serials(node);
        const states = after.map((serial, i) =>
          serial === undefined ? 'gone' : serial === before[i] ? 'same' : 'new',
        );
        assert.deepEqual(states, expected(strategy, restart, name));
        const kept = restart === 'temporary' ? ['a', 'c'] : ['a', 'b', 'c'];
        const listed = (await ask(node, sup, 'whichChildren', null)) as readonly { id: string }[];
        assert.deepEqual(
          listed.map(({ id }) => id),
          kept,
        );
        await node.stop();
      });
    }
  }
}

for (const strategy of ['oneForAll', 'restForOne'] as const) {
  test(`${strategy}: a temporary sibling that is taken down with the others is not started again (OTP 33)`, async () => {
    const children = [counterChild('a', { restart: 'permanent' }), counterChild('b', { restart: 'temporary' })];
    const { node } = await stage([underSup({ strategy, children })]);
    node.cast(counterAt('a'), 'crash', { message: 'x' });
    await node.settle();
    assert.ok(node.whereis('a'));
    assert.equal(node.whereis('b'), null);
    assert.equal(((await ask(node, sup, 'whichChildren', null)) as unknown[]).length, 1);
    await node.stop();
  });
}

test('restarts that are further apart than the period go on for ever (OTP 35)', async () => {
  const children = [counterChild('a', { restart: 'permanent' })];
  const { node } = await stage([underSup({ strategy: 'oneForOne', children })]);
  for (let i = 0; i < 5; i++) {
    node.cast(counterAt('a'), 'crash', { message: 'x' });
    await node.advance(5_001);
  }
  assert.ok(node.whereis('a'));
  await node.stop();
});

test('one restart within 5 seconds is allowed by default, a second ends the supervisor and its other children (OTP 36)', async () => {
  const children = [counterChild('a', { restart: 'permanent' }), counterChild('b', { restart: 'permanent' })];
  const { node, log } = await stage([underSup({ strategy: 'oneForOne', children })]);
  node.cast(counterAt('a'), 'crash', { message: 'x' });
  await node.settle();
  assert.ok(node.whereis('sup'));
  node.cast(counterAt('a'), 'crash', { message: 'x' });
  await node.settle();
  assert.deepEqual(
    ['sup', 'a', 'b'].map((name) => node.whereis(name)),
    [null, null, null],
  );
  assert.ok(log.some(({ message }) => message === 'supervisor gave up: too many restarts'));
  await node.stop();
});

test('a supervisor that gave up is restarted by its own supervisor, with all its children (OTP 37)', async () => {
  const children = [counterChild('a', { restart: 'permanent' }), counterChild('b', { restart: 'permanent' })];
  const inner = underSup({ strategy: 'oneForOne', intensity: 0, children }, { restart: 'permanent' });
  const { node } = await stage([inner]);
  const before = [node.whereis('sup')?.serial, ...serials(node)];
  node.cast(counterAt('a'), 'crash', { message: 'x' });
  await node.settle();
  const after = [node.whereis('sup')?.serial, ...serials(node)];
  for (const place of [0, 1, 2]) assert.notEqual(after[place], before[place]);
  assert.ok(after.slice(0, 3).every((serial) => serial !== undefined));
  await node.stop();
});

test('when the root gives up, the application is told', async () => {
  let fatal: ExitReason | null = null;
  const tree: SupervisorSpec = {
    strategy: 'oneForOne',
    intensity: 0,
    children: [counterChild('a', { restart: 'permanent' })],
  };
  const node = await startLocal({ behaviours: testBehaviours, tree, onFatal: (reason) => (fatal = reason) });
  node.cast(counterAt('a'), 'crash', { message: 'x' });
  await node.settle();
  assert.deepEqual(fatal, { shutdown: 'restart intensity reached by child a' });
});

test('a restart that fails is tried again until the intensity is spent (OTP 37)', async () => {
  let tries = 0;
  const moody = defineBehaviour<{ calls: Record<string, never>; casts: { crash: null } }, null, null>({
    name: 'moody',
    init: () => {
      tries++;
      if (tries > 1) throw new Error('not again');
      return null;
    },
    calls: {},
    casts: {
      crash: () => {
        throw new Error('crash');
      },
    },
  });
  const children = [{ id: 'm', behaviour: 'moody', args: null, name: 'm' }];
  const tree: SupervisorSpec = {
    strategy: 'oneForOne',
    children: [underSup({ strategy: 'oneForOne', intensity: 3, children })],
  };
  const node = await startLocal({ behaviours: [moody], tree });
  node.cast(named('m'), 'crash', null);
  await node.settle();
  assert.equal(tries, 4);
  assert.equal(node.whereis('sup'), null);
  await node.stop();
});

test('backoff waits before a restart, longer each time, and starts anew after a quiet time', async () => {
  const child = counterChild('a', { restart: 'permanent', backoff: { minMs: 100, maxMs: 1_000 } });
  const { node } = await stage([underSup({ strategy: 'oneForOne', intensity: 100, children: [child] })]);
  for (const wait of [100, 200, 400]) {
    node.cast(counterAt('a'), 'crash', { message: 'x' });
    await node.advance(wait - 1);
    assert.equal(node.whereis('a'), null);
    await node.advance(1);
    assert.ok(node.whereis('a'));
  }
  await node.advance(1_001);
  node.cast(counterAt('a'), 'crash', { message: 'x' });
  await node.advance(100);
  assert.ok(node.whereis('a'));
  await node.stop();
});

test("a crash of one child leaves its sibling's state and pid alone (OTP 36)", async () => {
  const { node } = await stage([
    counterChild('a', { restart: 'permanent' }),
    counterChild('b', { restart: 'permanent' }),
  ]);
  await ask(node, counterAt('b'), 'add', { by: 7 });
  node.cast(counterAt('a'), 'crash', { message: 'x' });
  await node.settle();
  assert.equal(await ask(node, counterAt('b'), 'read', null), 7);
  await node.stop();
});

test('a third restart within the period is one too many for intensity 2 (OTP 36)', async () => {
  const children = [counterChild('a', { restart: 'permanent' }), counterChild('b', { restart: 'permanent' })];
  const { node } = await stage([underSup({ strategy: 'oneForOne', intensity: 2, children })]);
  const b = node.whereis('b')?.serial;
  for (let crash = 1; crash <= 2; crash++) {
    node.cast(counterAt('a'), 'crash', { message: 'x' });
    await node.settle();
    assert.equal(node.whereis('b')?.serial, b);
  }
  node.cast(counterAt('a'), 'crash', { message: 'x' });
  await node.settle();
  assert.deepEqual([node.whereis('sup'), node.whereis('a'), node.whereis('b')], [null, null, null]);
  await node.stop();
});

for (const [strategy, item] of [
  ['oneForAll', '39'],
  ['restForOne', '42'],
] as const) {
  test(`${strategy}: a child that fails at every restart takes its supervisor and all siblings down (OTP ${item})`, async () => {
    const plan = newPlan();
    const { node } = await steps(
      { strategy: 'oneForOne', children: [underSup({ strategy, intensity: 4, children: ids.map((id) => step(id)) })] },
      plan,
    );
    plan.failures.set('b', Number.POSITIVE_INFINITY);
    node.cast(stepAt('b'), 'crash', null);
    await node.settle();
    assert.deepEqual(
      ['sup', ...ids].map((name) => node.whereis(name)),
      [null, null, null, null],
    );
    await node.stop();
  });
}

test('oneForAll: when a sibling fails its restart, those started again are ended and all are tried once more (OTP 40)', async () => {
  const plan = newPlan();
  const inner = underSup({ strategy: 'oneForAll', intensity: 5, children: ids.map((id) => step(id)) });
  const { node, trail } = await steps({ strategy: 'oneForOne', children: [inner] }, plan);
  plan.failures.set('b', 1);
  trail.length = 0;
  node.cast(stepAt('a'), 'crash', null);
  await node.settle();
  assert.deepEqual(trail, ['-a', '-c', '-b', '+a', '-a', '+a', '+b', '+c']);
  assert.ok(ids.every((id) => node.whereis(id) !== null));
  await node.stop();
});

test('restForOne: when a later sibling fails its restart, the earlier one that came back is left alone (OTP 43)', async () => {
  const plan = newPlan();
  const inner = underSup({ strategy: 'restForOne', intensity: 5, children: ids.map((id) => step(id)) });
  const { node, trail } = await steps({ strategy: 'oneForOne', children: [inner] }, plan);
  plan.failures.set('b', 2);
  trail.length = 0;
  node.cast(stepAt('a'), 'crash', null);
  await node.settle();
  assert.deepEqual(trail, ['-a', '-c', '-b', '+a', '+b', '+c']);
  await node.stop();
});

test('the first restart spends one of the budget, however many siblings go with it (OTP 38, 41)', async () => {
  for (const strategy of ['oneForAll', 'restForOne'] as const) {
    const inner = underSup({ strategy, intensity: 1, children: ids.map((id) => step(id)) });
    const { node } = await steps({ strategy: 'oneForOne', children: [inner] });
    node.cast(stepAt('a'), 'crash', null);
    await node.settle();
    assert.ok(node.whereis('sup'));
    await node.stop();
  }
});

test('dynamic children are restarted one by one, and each keeps to its own restart type (OTP 44)', async () => {
  const { node } = await stage([underSup({ strategy: 'oneForOne', children: [] })]);
  for (const [id, restart] of [
    ['a', 'permanent'],
    ['b', 'temporary'],
  ] as const) {
    await ask(node, sup, 'startChild', { spec: counterChild(id, { restart }) });
  }
  const [a] = serials(node);
  node.cast(counterAt('b'), 'crash', { message: 'x' });
  await node.settle();
  assert.deepEqual([node.whereis('a')?.serial, node.whereis('b')], [a, null]);
  node.cast(counterAt('a'), 'crash', { message: 'x' });
  await node.settle();
  assert.notEqual(node.whereis('a')?.serial, a);
  await node.stop();
});

test('the slow among many children get their time to end, the one that takes longer is killed, and all are gone (OTP 45)', async () => {
  const plan = newPlan();
  for (const id of ['b', 'c']) plan.lingers.set(id, 1_000);
  plan.lingers.set('a', 60_000);
  const inner = underSup({ strategy: 'oneForOne', children: ids.map((id) => step(id, { shutdown: 2_000 })) });
  const { node, trail } = await steps({ strategy: 'oneForOne', children: [inner] }, plan);
  trail.length = 0;
  let stopped = false;
  const stopping = node.stop().then(() => {
    stopped = true;
  });
  await node.advance(3_900);
  assert.equal(stopped, false);
  await node.advance(300);
  await stopping;
  assert.deepEqual(trail, ['-c', '-b', '-a']);
});

test('dynamic children that crash too often take their supervisor with them (OTP 47)', async () => {
  const { node } = await stage([underSup({ strategy: 'oneForOne', intensity: 1, children: [] })]);
  for (const id of ids) await ask(node, sup, 'startChild', { spec: counterChild(id, { restart: 'permanent' }) });
  for (const id of ['a', 'b']) {
    node.cast(counterAt(id), 'crash', { message: 'x' });
    await node.settle();
  }
  assert.deepEqual([node.whereis('sup'), ...serials(node)], [null, undefined, undefined, undefined]);
  await node.stop();
});
