// Owns the guarantees of the partitioned supervisor: even over the threads, one partition for each key, faults apart.
// Real threads where placement is the point.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { named, partitionAt, partitionedChild, type SupervisorProtocol, startLocal } from '../../runtime/mod.ts';
import { type CounterProtocol, testBehaviours } from '../support/runtime-behaviours.ts';
import { ask } from '../support/runtime-local.ts';
import { eventually, threadedStage } from '../support/runtime-node.ts';

const partitions = 4;
const keys = Array.from({ length: 40 }, (_, i) => `key${i}`);
const shares = partitionedChild('shares', { partitions, child: { behaviour: 'counter' }, intensity: 5 });
const share = (key: string) => partitionAt<CounterProtocol>('shares', partitions, key);

test('partitions stand on the scheduler threads in turn, and a key has the same one from everywhere', async (t) => {
  const { node } = await threadedStage(t, [shares]);
  const threads = Array.from({ length: partitions }, (_, i) => node.whereis(`shares.${i}`)?.thread);
  assert.deepEqual(threads, [1, 2, 1, 2]);
  for (const key of keys) await ask(node, share(key), 'add', { by: 1 });
  let sum = 0;
  for (let i = 0; i < partitions; i++) {
    const count = Number(await ask(node, named<CounterProtocol>(`shares.${i}`), 'read', null));
    assert.ok(count > 0);
    sum += count;
  }
  assert.equal(sum, keys.length);
});

test('a partition that crashes comes back and leaves the others alone', async (t) => {
  const { node } = await threadedStage(t, [shares]);
  for (const key of keys) await ask(node, share(key), 'add', { by: 1 });
  const before = Number(await ask(node, named<CounterProtocol>('shares.1'), 'read', null));
  assert.equal(await ask(node, named<CounterProtocol>('shares.0'), 'crash', null), 'exited');
  await eventually(
    () => ask(node, named<CounterProtocol>('shares.0'), 'read', null),
    (answer) => answer === 0,
  );
  assert.equal(await ask(node, named<CounterProtocol>('shares.1'), 'read', null), before);
});

test('a partition of a lost thread is started again on the replacement', async (t) => {
  const { node, next } = await threadedStage(t, [shares]);
  const up = next('up', 2);
  await node.killThread(2);
  await up;
  await eventually(
    async () => node.whereis('shares.1') !== null && node.whereis('shares.3') !== null,
    (back) => back,
  );
  assert.deepEqual([node.whereis('shares.1')?.incarnation, node.whereis('shares.3')?.incarnation], [2, 2]);
});

test('each partition knows its number, and is a child like any other', async () => {
  const child = partitionedChild('p', { partitions: 2, child: { behaviour: 'counter', args: { from: 3 } } });
  const node = await startLocal({
    behaviours: testBehaviours,
    tree: { strategy: 'oneForOne', children: [{ ...child, name: 'p' }] },
  });
  const sup = named<SupervisorProtocol>('p');
  assert.deepEqual((await node.call(sup, 'childSpec', { id: 'p.1' })) satisfies unknown, {
    ok: true,
    value: {
      behaviour: 'counter',
      id: 'p.1',
      name: 'p.1',
      args: { from: 3, partition: 1 },
      placement: { on: 'partition', partition: 1 },
    },
  });
  assert.equal(await ask(node, partitionAt<CounterProtocol>('p', 2, 'k'), 'read', null), 3);
  await node.stop();
});

for (const wrong of [0, -1, 1.5, Number.NaN, 1_001]) {
  test(`${wrong} partitions are refused in words`, () => {
    assert.throws(
      () => partitionedChild('p', { partitions: wrong, child: { behaviour: 'counter' } }),
      /from 1 to 1000/,
    );
  });
}
