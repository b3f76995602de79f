// Owns the guarantees of supervisors, after OTP's supervisor_SUITE: start, stop, restart, strategies, escalation.
// It never sleeps; children are counters and recorders that end as they are told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ActorNode,
  type Address,
  type ChildSpec,
  defineBehaviour,
  type ExitReason,
  named,
  type Restart,
  type Strategy,
  type SupervisorProtocol,
  type SupervisorSpec,
  startLocal,
  supervisorChild,
} from '../../runtime/mod.ts';
import { testBehaviours } from '../support/runtime-behaviours.ts';
import { ask, counterAt, counterChild, recorderAt, recorderChild, stage } from '../support/runtime-local.ts';

const sup: Address<SupervisorProtocol> = named<SupervisorProtocol>('sup');
const ids = ['a', 'b', 'c'] as const;

function underSup(spec: SupervisorSpec, more: Partial<ChildSpec> = {}): ChildSpec {
  return supervisorChild('sup', spec, { name: 'sup', restart: 'temporary', ...more });
}

function serials(node: ActorNode): (number | undefined)[] {
  return ids.map((id) => node.whereis(id)?.serial);
}

const reasons: { readonly [name: string]: ExitReason } = {
  normal: 'normal',
  shutdown: 'shutdown',
  'a shutdown with words': { shutdown: 'done' },
  crash: { crash: { name: 'Error', message: 'boom' } },
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

for (const strategy of ['oneForOne', 'oneForAll', 'restForOne'] as const) {
  for (const restart of ['permanent', 'transient', 'temporary'] as const) {
    for (const [name, reason] of Object.entries(reasons)) {
      const outcome = expected(strategy, restart, name).join(', ');
      test(`${strategy}: a ${restart} child that ends with ${name} leaves its siblings and itself ${outcome}`, async () => {
        const children = [
          counterChild('a', { restart: 'permanent' }),
          counterChild('b', { restart }),
          counterChild('c', { restart: 'permanent' }),
        ];
        const { node } = await stage([underSup({ strategy, children })]);
        const before = serials(node);
        node.cast(counterAt('b'), 'end', { reason });
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
  test(`${strategy}: a temporary sibling that is taken down with the others is not started again`, async () => {
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

test('one restart within 5 seconds is allowed by default, a second ends the supervisor and its other children', async () => {
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

test('restarts that are further apart than the period go on for ever', async () => {
  const children = [counterChild('a', { restart: 'permanent' })];
  const { node } = await stage([underSup({ strategy: 'oneForOne', children })]);
  for (let i = 0; i < 5; i++) {
    node.cast(counterAt('a'), 'crash', { message: 'x' });
    await node.advance(5_001);
  }
  assert.ok(node.whereis('a'));
  await node.stop();
});

test('a supervisor that gave up is restarted by its own supervisor, with all its children', async () => {
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

const trail: string[] = [];
const steps = defineBehaviour<
  { calls: Record<string, never>; casts: { crash: null } },
  { readonly name: string; readonly fails?: boolean; readonly deaf?: boolean },
  string
>({
  name: 'steps',
  init: ({ name, fails }) => {
    if (fails) throw new Error(`${name} cannot start`);
    trail.push(`+${name}`);
    return name;
  },
  calls: {},
  casts: {
    crash: () => {
      throw new Error('crash');
    },
  },
  terminate: (name, reason) => {
    trail.push(`-${name}`);
    if (reason === 'shutdown') return undefined;
  },
});

function step(id: string, more: { readonly fails?: boolean } & Partial<ChildSpec> = {}): ChildSpec {
  const { fails = false, ...spec } = more;
  return { id, behaviour: 'steps', args: { name: id, fails }, name: id, ...spec };
}

async function stepsNode(tree: SupervisorSpec) {
  trail.length = 0;
  return startLocal({ behaviours: [...testBehaviours, steps], tree });
}

test('children start in the order of the list and stop in reverse', async () => {
  const inner = supervisorChild('inner', { strategy: 'oneForOne', children: [step('b1'), step('b2')] });
  const node = await stepsNode({ strategy: 'oneForOne', children: [step('a'), inner, step('c')] });
  assert.deepEqual(trail, ['+a', '+b1', '+b2', '+c']);
  trail.length = 0;
  await node.stop();
  assert.deepEqual(trail, ['-c', '-b2', '-b1', '-a']);
});

test("a child that fails in init fails its supervisor's start with the reason, and those before it are stopped", async () => {
  const inner = supervisorChild('inner', {
    strategy: 'oneForOne',
    children: [step('b'), step('bad', { fails: true })],
  });
  await assert.rejects(stepsNode({ strategy: 'oneForOne', children: [step('a'), inner] }), /bad cannot start/);
  assert.deepEqual(trail, ['+a', '+b', '-b', '-a']);
});

test('restForOne stops the later siblings in reverse before it starts them in order', async () => {
  const node = await stepsNode({ strategy: 'restForOne', children: [step('a'), step('b'), step('c')] });
  trail.length = 0;
  node.cast(named('b'), 'crash', null);
  await node.settle();
  assert.deepEqual(trail, ['-b', '-c', '+b', '+c']);
  await node.stop();
});

test('an unknown behaviour fails the start with the list of what is known', async () => {
  const children = [{ id: 'x', behaviour: 'nonsense', args: null }];
  await assert.rejects(stage(children), /no behaviour nonsense here; known: counter, recorder/);
});

test('init that fails for an expected reason fails the start with that failure', async () => {
  const children = [{ id: 'x', behaviour: 'failing', args: { how: 'fail' } }];
  await assert.rejects(stage(children), /unavailable: the store is down/);
});

test('a child that does not end within its shutdown time is killed, and its sibling still ends in order', async () => {
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

test('brutalKill ends a child at once, without its terminate', async () => {
  const node = await stepsNode({ strategy: 'oneForOne', children: [step('a', { shutdown: 'brutalKill' })] });
  await node.stop();
  assert.deepEqual(trail, ['+a']);
});

test('a child that is told to shut down first handles what was said to it before', async () => {
  const { node } = await stage([counterChild('c')]);
  const answers = [1, 2, 3].map((by) => ask(node, counterAt('c'), 'add', { by }));
  await node.stop();
  assert.deepEqual(await Promise.all(answers), [1, 3, 6]);
});

test('a restart that fails is tried again until the intensity is spent', async () => {
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

test('anySignificant: the end of one significant child ends the supervisor', async () => {
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

test('allSignificant: the supervisor ends with the last of its significant children', async () => {
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
  test(`a supervisor with ${name} does not start and says so`, async () => {
    await assert.rejects(stage([underSup({ strategy: 'oneForOne', children: [], ...wrong })]), message);
  });
}

test('children can be added, stopped, restarted, forgotten and listed while the supervisor runs', async () => {
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

test('a thousand dynamic children start, are counted and stop', async () => {
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

test("a crash of one child leaves its sibling's state and pid alone", async () => {
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
