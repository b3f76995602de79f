// Owns the part of OTP's supervisor_SUITE that is about significant children (items 68 to 70 of the conformance list,
// and the bodies behind them; the case's own name ends each test's name). It never sleeps.
//
// Does not apply:
//  significant_simple     there is no template of children; a supervisor with a wrong combination is in
//                         conformance-supervisor.test.ts
//  significant_upgrade_*  no code, and so no spec, is replaced while it runs

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ChildSpec,
  type Restart,
  type Strategy,
  type SupervisorSpec,
  supervisorChild,
} from '../../runtime/mod.ts';
import {
  ask,
  counterAt,
  counterChild,
  recorderAt,
  recorderChild,
  type Stage,
  stage,
} from '../support/runtime-local.ts';
import { sup, underSup } from '../support/runtime-steps.ts';

const ways = ['terminateChild', 'kill', 'crash', 'normal'] as const;
type Way = (typeof ways)[number];

const killer = recorderChild('killer');

async function end({ node }: Stage, id: string, way: Way): Promise<void> {
  const pid = node.whereis(id);
  assert.ok(pid, id);
  if (way === 'terminateChild') await ask(node, sup, 'terminateChild', { id });
  else if (way === 'kill') node.cast(recorderAt('killer'), 'exit', { to: pid, reason: 'kill' });
  else if (way === 'crash') node.cast(counterAt(id), 'crash', { message: 'x' });
  else node.cast(counterAt(id), 'end', { reason: 'normal' });
  await node.settle();
}

function supervised(more: Partial<SupervisorSpec>, children: readonly ChildSpec[]): Promise<Stage> {
  return stage([killer, underSup({ strategy: 'oneForOne', intensity: 5, ...more, children })]);
}

const modes = ['never', 'anySignificant', 'allSignificant'] as const;

for (const restart of ['temporary', 'transient'] as const) {
  test(`however a ${restart} child ends that is not significant, its supervisor stays (nonsignificant_${restart})`, async () => {
    for (const autoShutdown of modes) {
      for (const way of ways) {
        const it = await supervised({ autoShutdown }, [counterChild('a', { restart })]);
        await end(it, 'a', way);
        assert.ok(it.node.whereis('sup'), `${autoShutdown}, ${way}`);
        await it.node.stop();
      }
    }
  });
}

// Whether the supervisor ends when its significant child ends in this way.
const endsWith: { readonly [R in Exclude<Restart, 'permanent'>]: { readonly [W in Way]: boolean } } = {
  temporary: { terminateChild: false, kill: true, crash: true, normal: true },
  transient: { terminateChild: false, kill: false, crash: false, normal: true },
};

for (const restart of ['temporary', 'transient'] as const) {
  for (const way of ways) {
    const ends = endsWith[restart][way];
    test(`a significant ${restart} child that ends by ${way} ${ends ? 'ends' : 'does not end'} its supervisor and siblings (significant_${restart})`, async () => {
      const children = [
        counterChild('a', { restart, significant: true }),
        counterChild('b', { restart, significant: true }),
        counterChild('c', { restart }),
      ];
      const it = await supervised({ autoShutdown: 'anySignificant' }, children);
      await end(it, 'a', way);
      for (const name of ['sup', 'b', 'c']) assert.equal(it.node.whereis(name) === null, ends, name);
      await it.node.stop();
    });
  }

  test(`allSignificant: the first of two significant ${restart} children ends alone, the second with everybody (significant_${restart})`, async () => {
    const significant = { restart, significant: true };
    const children = [counterChild('a', significant), counterChild('b', significant), counterChild('c', { restart })];
    const it = await supervised({ autoShutdown: 'allSignificant' }, children);
    await end(it, 'a', 'normal');
    assert.deepEqual(
      ['sup', 'a', 'b', 'c'].map((name) => it.node.whereis(name) !== null),
      [true, false, true, true],
    );
    await end(it, 'b', 'normal');
    for (const name of ['sup', 'c']) assert.equal(it.node.whereis(name), null, name);
    await it.node.stop();
  });
}

test('allSignificant: a significant child that waits for its restart is not gone (children_any in supervisor.erl)', async () => {
  const significant = { restart: 'transient', significant: true } as const;
  const slow = counterChild('slow', { ...significant, backoff: { minMs: 1_000, maxMs: 1_000 } });
  const it = await supervised({ autoShutdown: 'allSignificant' }, [slow, counterChild('b', significant)]);
  await end(it, 'slow', 'crash');
  await end(it, 'b', 'normal');
  assert.ok(it.node.whereis('sup'));
  await it.node.advance(1_000);
  assert.ok(it.node.whereis('slow'));
  await end(it, 'slow', 'normal');
  assert.equal(it.node.whereis('sup'), null);
  await it.node.stop();
});

test('allSignificant: children that were told to stop do not count among those still there', async () => {
  const significant = { restart: 'transient', significant: true } as const;
  const children = [counterChild('a', significant), counterChild('b', significant)];
  const it = await supervised({ autoShutdown: 'allSignificant' }, children);
  await end(it, 'a', 'terminateChild');
  assert.ok(it.node.whereis('sup'));
  await end(it, 'b', 'normal');
  assert.equal(it.node.whereis('sup'), null);
  await it.node.stop();
});

for (const strategy of ['oneForOne', 'oneForAll', 'restForOne'] satisfies Strategy[]) {
  test(`${strategy}: significant children that are taken down with a sibling do not end their supervisor (significant_bystander)`, async () => {
    for (const autoShutdown of ['anySignificant', 'allSignificant'] as const) {
      const children = [
        counterChild('a', { restart: 'transient', significant: true }),
        counterChild('b', { restart: 'transient' }),
        counterChild('c', { restart: 'temporary', significant: true }),
      ];
      const it = await supervised({ strategy, autoShutdown }, children);
      const before = it.node.whereis('b')?.serial;
      await end(it, 'b', 'kill');
      assert.ok(it.node.whereis('sup'), autoShutdown);
      assert.notEqual(it.node.whereis('b')?.serial, before);
      assert.equal(it.node.whereis('c') === null, strategy !== 'oneForOne');
      await it.node.stop();
    }
  });
}

for (const significant of [true, false]) {
  test(`a supervisor that ends by itself ends its own supervisor ${significant ? 'when' : 'only when'} it is significant there (significant_escalation)`, async () => {
    const inner: SupervisorSpec = {
      strategy: 'oneForOne',
      autoShutdown: 'anySignificant',
      children: [counterChild('c', { restart: 'transient', significant: true })],
    };
    const child = supervisorChild('inner', inner, { name: 'inner', restart: 'transient', significant });
    const it = await supervised({ autoShutdown: 'anySignificant' }, [child]);
    await end(it, 'c', 'normal');
    assert.equal(it.node.whereis('inner'), null);
    assert.equal(it.node.whereis('sup') === null, significant);
    await it.node.stop();
  });
}

test('a significant child cannot be added where nobody would heed it (significant_upgrade_never_any)', async () => {
  const it = await supervised({ autoShutdown: 'never' }, []);
  const spec = counterChild('a', { restart: 'transient', significant: true });
  assert.equal(await ask(it.node, sup, 'startChild', { spec }), 'badSpec');
  assert.deepEqual(await ask(it.node, sup, 'whichChildren', null), []);
  await it.node.stop();
});
