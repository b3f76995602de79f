// Owns the guarantees of links, monitors and exit signals in one thread.
// Those that cross threads are in threads.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Address,
  type ChildSpec,
  defineBehaviour,
  keyed,
  type LocalNode,
  named,
  type Pid,
  reply,
  startLocal,
} from '../../runtime/mod.ts';
import { heapBytes } from '../support/heap.ts';
import { type CounterProtocol, testBehaviours } from '../support/runtime-behaviours.ts';
import { ask, counterAt, counterChild, recorderAt, recorderChild, stage } from '../support/runtime-local.ts';

async function pidOf(node: LocalNode, name: string): Promise<Pid> {
  await node.settle();
  const pid = node.whereis(name);
  assert.ok(pid, `${name} lives`);
  return pid;
}

test('a monitor fires once, with the reason of the end', async () => {
  const { node } = await stage([counterChild('c'), recorderChild('r')]);
  const ref = await ask(node, recorderAt('r'), 'monitor', { to: counterAt('c') });
  node.cast(counterAt('c'), 'end', { reason: { shutdown: 'enough' } });
  await node.settle();
  assert.deepEqual(await ask(node, recorderAt('r'), 'log', null), [`down ${ref} shutdown`]);
  await node.stop();
});

test('a monitor on somebody dead, or on a name that nobody has, fires at once with noproc', async () => {
  const { node } = await stage([counterChild('c'), recorderChild('r')]);
  const pid = await pidOf(node, 'c');
  node.cast(counterAt('c'), 'end', { reason: 'normal' });
  await node.settle();
  const first = await ask(node, recorderAt('r'), 'monitor', { to: pid });
  const second = await ask(node, recorderAt('r'), 'monitor', { to: counterAt('nobody') });
  const third = await ask(node, recorderAt('r'), 'monitor', { to: { ...pid, incarnation: 5 } });
  await node.settle();
  const log = await ask(node, recorderAt('r'), 'log', null);
  assert.deepEqual(log, [`down ${first} noproc`, `down ${second} noproc`, `down ${third} noproc`]);
  await node.stop();
});

test('after demonitor nothing arrives, not even a down that waited in the mailbox', async () => {
  const { node } = await stage([counterChild('c'), counterChild('silent'), recorderChild('r')]);
  const ref = (await ask(node, recorderAt('r'), 'monitor', { to: counterAt('c') })) as number;
  const busy = node.call(recorderAt('r'), 'askNever', { to: counterAt('silent') }, { deadlineMs: 50 });
  const demonitored = node.call(recorderAt('r'), 'demonitor', { ref });
  node.cast(counterAt('c'), 'end', { reason: 'normal' });
  await node.advance(100);
  await Promise.all([busy, demonitored]);
  await node.settle();
  assert.deepEqual(await ask(node, recorderAt('r'), 'log', null), []);
  await node.stop();
});

test('two monitors of one actor fire both', async () => {
  const { node } = await stage([counterChild('c'), recorderChild('r')]);
  await ask(node, recorderAt('r'), 'monitor', { to: counterAt('c') });
  await ask(node, recorderAt('r'), 'monitor', { to: counterAt('c') });
  node.cast(counterAt('c'), 'crash', { message: 'x' });
  await node.settle();
  assert.equal(((await ask(node, recorderAt('r'), 'log', null)) as string[]).length, 2);
  await node.stop();
});

test('a linked actor dies with the one that crashed', async () => {
  const { node } = await stage([counterChild('c'), recorderChild('r')]);
  const pid = await pidOf(node, 'c');
  await ask(node, recorderAt('r'), 'link', { to: pid });
  node.cast(counterAt('c'), 'crash', { message: 'x' });
  await node.settle();
  assert.equal(node.whereis('r'), null);
  await node.stop();
});

test('a link works from both ends', async () => {
  const { node } = await stage([counterChild('c'), recorderChild('r')]);
  const pid = await pidOf(node, 'c');
  await ask(node, recorderAt('r'), 'link', { to: pid });
  node.cast(recorderAt('r'), 'odd', null);
  await node.settle();
  assert.equal(node.whereis('c'), null);
  await node.stop();
});

test('a linked actor that ends normally takes nobody with it', async () => {
  const { node } = await stage([counterChild('c'), recorderChild('r')]);
  const pid = await pidOf(node, 'c');
  await ask(node, recorderAt('r'), 'link', { to: pid });
  node.cast(counterAt('c'), 'end', { reason: 'normal' });
  await node.settle();
  assert.deepEqual(await ask(node, recorderAt('r'), 'log', null), []);
  await node.stop();
});

test('an actor that traps exits gets every end of a linked one as info and lives on', async () => {
  const { node } = await stage([counterChild('a'), counterChild('b'), recorderChild('r')]);
  await ask(node, recorderAt('r'), 'trap', null);
  const a = await pidOf(node, 'a');
  const b = await pidOf(node, 'b');
  await ask(node, recorderAt('r'), 'link', { to: a });
  await ask(node, recorderAt('r'), 'link', { to: b });
  node.cast(counterAt('a'), 'end', { reason: 'normal' });
  node.cast(counterAt('b'), 'crash', { message: 'x' });
  await node.settle();
  assert.deepEqual(await ask(node, recorderAt('r'), 'log', null), [
    `exit ${a.serial} normal`,
    `exit ${b.serial} crash`,
  ]);
  await node.stop();
});

test('a link to somebody dead ends the linker with noproc, or informs it when it traps', async () => {
  const { node } = await stage([counterChild('c'), recorderChild('r'), recorderChild('s')]);
  const pid = await pidOf(node, 'c');
  node.cast(counterAt('c'), 'end', { reason: 'normal' });
  await node.settle();
  await ask(node, recorderAt('s'), 'trap', null);
  await ask(node, recorderAt('r'), 'link', { to: pid });
  await ask(node, recorderAt('s'), 'link', { to: pid });
  await node.settle();
  assert.equal(node.whereis('r'), null);
  assert.deepEqual(await ask(node, recorderAt('s'), 'log', null), [`exit ${pid.serial} noproc`]);
  await node.stop();
});

test('after unlink nothing arrives, not even an exit that waited in the mailbox of one that traps', async () => {
  const { node } = await stage([counterChild('c'), counterChild('silent'), recorderChild('r')]);
  const to = await pidOf(node, 'c');
  await ask(node, recorderAt('r'), 'trap', null);
  await ask(node, recorderAt('r'), 'link', { to });
  const busy = node.call(recorderAt('r'), 'askNever', { to: counterAt('silent') }, { deadlineMs: 50 });
  const unlinked = node.call(recorderAt('r'), 'unlink', { to });
  node.cast(counterAt('c'), 'crash', { message: 'x' });
  await node.advance(100);
  await Promise.all([busy, unlinked]);
  await node.settle();
  assert.deepEqual(await ask(node, recorderAt('r'), 'log', null), []);
  await node.stop();
});

test('after unlink the end of the other one does not matter', async () => {
  const { node } = await stage([counterChild('c'), recorderChild('r')]);
  const pid = await pidOf(node, 'c');
  await ask(node, recorderAt('r'), 'link', { to: pid });
  await ask(node, recorderAt('r'), 'unlink', { to: pid });
  node.cast(counterAt('c'), 'crash', { message: 'x' });
  await node.settle();
  assert.ok(node.whereis('r'));
  await node.stop();
});

test('kill cannot be trapped, and linked actors see killed', async () => {
  const { node } = await stage([recorderChild('victim'), recorderChild('witness'), recorderChild('killer')]);
  const victim = await pidOf(node, 'victim');
  await ask(node, recorderAt('victim'), 'trap', null);
  await ask(node, recorderAt('witness'), 'trap', null);
  await ask(node, recorderAt('witness'), 'link', { to: victim });
  node.cast(recorderAt('killer'), 'exit', { to: victim, reason: 'kill' });
  await node.settle();
  assert.equal(node.whereis('victim'), null);
  assert.deepEqual(await ask(node, recorderAt('witness'), 'log', null), [`exit ${victim.serial} killed`]);
  await node.stop();
});

test('an exit signal ends an actor before the messages that wait in its mailbox', async () => {
  const { node } = await stage([recorderChild('victim'), recorderChild('killer'), counterChild('c')]);
  const victim = await pidOf(node, 'victim');
  const busy = ask(node, recorderAt('victim'), 'askNever', { to: counterAt('c') });
  await node.settle();
  const waiting = ask(node, recorderAt('victim'), 'log', null);
  node.cast(recorderAt('killer'), 'exit', { to: victim, reason: { shutdown: 'now' } });
  await node.settle();
  assert.deepEqual(await Promise.all([busy, waiting]), ['exited', 'exited']);
  assert.equal(node.whereis('victim'), null);
  await node.stop();
});

test('an exit signal with reason normal does not end another actor', async () => {
  const { node } = await stage([recorderChild('victim'), recorderChild('other')]);
  const victim = await pidOf(node, 'victim');
  node.cast(recorderAt('other'), 'exit', { to: victim, reason: 'normal' });
  await node.settle();
  assert.ok(node.whereis('victim'));
  await node.stop();
});

test('somebody who is watched by name or by key forgets who stopped watching, and who watched and ended', async () => {
  const rounds = 50_000;
  type Watcher = {
    calls: { watch: { request: { readonly to: Address; readonly stops: boolean }; answer: null } };
    casts: Record<string, never>;
  };
  const watcher = defineBehaviour<Watcher, null, null>({
    name: 'watcher',
    init: () => null,
    calls: {
      watch: (_state, { to, stops }, context) => {
        for (let i = 0; i < rounds; i++) {
          const ref = context.monitor(to);
          if (stops) context.demonitor(ref);
        }
        return reply(null);
      },
    },
    casts: {},
  });
  const spec = (id: string): ChildSpec => ({ id, behaviour: 'watcher', args: null, name: id, restart: 'temporary' });
  const node = await startLocal({
    behaviours: [...testBehaviours, watcher],
    families: [{ family: 'counters', behaviour: 'counter' }],
    tree: { strategy: 'oneForOne', children: [counterChild('c'), recorderChild('killer'), spec('w1'), spec('w2')] },
  });
  const key = keyed<CounterProtocol>('counters', 'k');
  await ask(node, key, 'read', null);
  for (const to of [key, counterAt('c')]) await ask(node, named<Watcher>('w1'), 'watch', { to, stops: true });
  const before = heapBytes();
  for (const to of [key, counterAt('c')]) await ask(node, named<Watcher>('w1'), 'watch', { to, stops: true });
  await ask(node, named<Watcher>('w2'), 'watch', { to: key, stops: false });
  const pid = await pidOf(node, 'w2');
  node.cast(recorderAt('killer'), 'exit', { to: pid, reason: 'kill' });
  await node.settle();
  // One that is kept takes some 200 bytes.
  const each = (heapBytes() - before) / rounds;
  assert.ok(each < 20, `${each.toFixed(1)} bytes each`);
  assert.equal(await ask(node, key, 'read', null), 0);
  await node.stop();
});
