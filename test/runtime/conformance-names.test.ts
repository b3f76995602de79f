// Owns the parts of OTP's pg_SUITE, global_SUITE and pool_SUITE that make sense between the threads of one node; the
// case's own name ends each test's name. Real threads.
//
// Does not apply:
//  pg single, double, group_leave  a member joins once however often it says so: a group is a set (see names.test.ts)
//  pg monitor, monitor_scope       nobody is told of joins; whoever joins says so to those who want to know
//  pg scope_restart, missing_scope_join  there are no scopes: a group's name is enough for one node
//  pg netsplit, trisplit, exchange, forced_sync  threads have the edge between them, and cannot be split
//  global locks, re_register_name, conflict resolvers  one thread decides, so no conflict comes to be
//  global *_partition, ring, line, lost_connection, lost_unregister  as netsplit: no two threads lose each other only
//  global hidden and external nodes, global_groups_change  a node's threads are all alike to its names
//  global garbage_messages, bad_input  who decides on names has no address, and a name that is no string does not compile
//  pool basic, get_node by load  a key is where its hash says, whatever the load: nobody need be asked where it is
//  pool link_race  a link to somebody who has ended already is in bonds.test.ts

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ActorNode, type ChildSpec, named, type Placement } from '../../runtime/mod.ts';
import { ask, counterAt, counterChild, recorderAt, recorderChild } from '../support/runtime-local.ts';
import { eventually, threadedStage } from '../support/runtime-node.ts';
import type { ClerkProtocol, HeirProtocol } from '../support/runtime-otp.ts';

const on = (partition: number): { readonly placement: Placement } => ({ placement: { on: 'partition', partition } });
const heirChild = (id: string, partition: number): ChildSpec => {
  return { id, behaviour: 'heir', args: null, name: id, restart: 'permanent', ...on(partition) };
};
const heirAt = (name: string) => named<HeirProtocol>(name);
const manyNames = (count: number) => Array.from({ length: count }, (_, i) => `name${i}`);

/** Then the claims behind it are on their way. */
async function firstIsKnown(node: ActorNode, [first = '']: readonly string[]): Promise<void> {
  while (node.whereis(first) === null) await new Promise((resolve) => setImmediate(resolve));
}

test('whoever hears that the holder of a name is dead can have the name, however late the release comes to the edge', async (t) => {
  const children = [
    counterChild('sink', { mailboxMessagesMax: 1_000_000 }),
    recorderChild('holder', on(0)),
    heirChild('heir', 1),
  ];
  const { node } = await threadedStage(t, children);
  const inherited = ask(node, heirAt('heir'), 'inherit', { name: 'holder' });
  await ask(node, heirAt('heir'), 'claim', { names: [] });
  // More than the way to the edge takes at once: the release waits behind it.
  node.cast(recorderAt('holder'), 'forward', { to: counterAt('sink'), times: 60_000 });
  node.cast(recorderAt('holder'), 'odd', null);
  assert.equal(await inherited, true);
  assert.deepEqual(node.whereis('holder'), node.whereis('heir'));
});

test('a name that somebody alive holds on another thread is refused, also while that thread is busy', async (t) => {
  const children = [recorderChild('holder', on(0)), counterChild('busy', on(0)), heirChild('heir', 1)];
  const { node } = await threadedStage(t, children);
  const before = node.whereis('holder');
  const blocked = ask(node, counterAt('busy'), 'block', { ms: 300, allowedMs: 0 });
  assert.deepEqual(await ask(node, heirAt('heir'), 'claim', { names: ['holder', 'free'] }), ['free']);
  assert.deepEqual(node.whereis('holder'), before);
  assert.equal(await blocked, 'blocked');
});

test('of many that claim the same names from all threads at once, one has each, and all threads agree on whom (global names_race)', async (t) => {
  const heirs = ['h0', 'h1', 'h2'];
  const { node } = await threadedStage(t, [
    heirChild('h0', 0),
    heirChild('h1', 1),
    { ...heirChild('h2', 0), placement: { on: 'edge' } },
    recorderChild('r0', on(0)),
    recorderChild('r1', on(1)),
  ]);
  const names = manyNames(200);
  const got = await Promise.all(heirs.map((id) => ask(node, heirAt(id), 'claim', { names })));
  const winners = new Map(got.flatMap((own, i) => (own as readonly string[]).map((name) => [name, heirs[i]] as const)));
  assert.deepEqual([got.flat().length, winners.size], [names.length, names.length]);
  for (const name of names) {
    const winner = node.whereis(winners.get(name) as string);
    assert.deepEqual(node.whereis(name), winner, name);
    for (const reader of ['r0', 'r1']) {
      await eventually(
        () => ask(node, recorderAt(reader), 'whereis', { name }),
        (known) => JSON.stringify(known) === JSON.stringify(winner),
      );
    }
  }
});

test('a thread that begins while names are claimed knows them all (global register_1)', async (t) => {
  const { node, next } = await threadedStage(t, [
    recorderChild('reader', { ...on(0), restart: 'permanent' }),
    heirChild('heir', 1),
  ]);
  const names = manyNames(2_000);
  const up = next('up', 1);
  const claimed = ask(node, heirAt('heir'), 'claim', { names });
  await firstIsKnown(node, names);
  await node.killThread(1);
  await up;
  assert.equal(((await claimed) as readonly string[]).length, names.length);
  for (const name of names) assert.deepEqual(node.whereis(name), node.whereis('heir'), name);
  const reader = (name: string) => ask(node, recorderAt('reader'), 'whereis', { name });
  await eventually(
    () => reader(names.at(-1) as string),
    (known) => JSON.stringify(known) === JSON.stringify(node.whereis('heir')),
  );
  for (const name of names) assert.deepEqual(await reader(name), node.whereis('heir'), name);
});

test('what a thread claimed in the moment of its loss is left over nowhere (global leftover_name)', async (t) => {
  const { node } = await threadedStage(t, [heirChild('lost', 0), heirChild('next', 1), recorderChild('reader', on(1))]);
  const names = manyNames(2_000);
  const claimed = ask(node, heirAt('lost'), 'claim', { names });
  await firstIsKnown(node, names);
  await node.killThread(1);
  // On a crowded machine the claimant may have been told of all of them before.
  const told = await claimed;
  assert.ok(told === 'threadLost' || told.length === names.length, String(told));
  assert.deepEqual(
    names.filter((name) => node.whereis(name) !== null),
    [],
  );
  assert.deepEqual(await ask(node, heirAt('next'), 'claim', { names }), names);
  const last = names.at(-1) as string;
  assert.deepEqual(await ask(node, recorderAt('reader'), 'whereis', { name: last }), node.whereis('next'));
});

test('when all other threads are lost in one moment none of their names and members is left over (global mass_death)', async (t) => {
  const dead = [0, 1].flatMap((partition) =>
    Array.from({ length: 100 }, (_, i) => recorderChild(`m${partition}.${i}`, on(partition))),
  );
  const readers = [0, 1].map((partition) => recorderChild(`r${partition}`, { ...on(partition), restart: 'permanent' }));
  const { node, next } = await threadedStage(t, [...dead, ...readers]);
  for (const { id } of dead) await ask(node, recorderAt(id), 'join', { group: 'crowd' });
  const up = Promise.all([next('up', 1), next('up', 2)]);
  const lost = Promise.all([node.killThread(1), node.killThread(2)]);
  assert.deepEqual(
    dead.filter(({ id }) => node.whereis(id) !== null),
    [],
  );
  await lost;
  await up;
  for (const { id: reader } of readers) {
    await eventually(
      () => ask(node, recorderAt(reader), 'members', { group: 'crowd' }),
      (members) => members.length === 0,
    );
    for (const { id: name } of dead) assert.equal(await ask(node, recorderAt(reader), 'whereis', { name }), null);
  }
});

test('a thread that is replaced knows the names and groups of the others, and its own are gone everywhere (pg initial, group_leave)', async (t) => {
  const stays = { restart: 'permanent' } as const;
  const { node, next } = await threadedStage(t, [
    recorderChild('a', { ...on(0), ...stays }),
    recorderChild('b', { ...on(1), ...stays }),
    recorderChild('c', stays),
  ]);
  for (const name of ['a', 'b', 'c']) await ask(node, recorderAt(name), 'join', { group: 'crew' });
  const members = async (of: string) => {
    const pids = await ask(node, recorderAt(of), 'members', { group: 'crew' });
    return typeof pids === 'string' ? pids : pids.map(({ thread }) => thread).sort();
  };
  const crew = (threads: readonly number[]) => (known: unknown) => JSON.stringify(known) === JSON.stringify(threads);
  for (const name of ['a', 'b', 'c']) await eventually(() => members(name), crew([0, 1, 2]));
  const up = next('up', 1);
  await node.killThread(1);
  await up;
  for (const name of ['b', 'c']) await eventually(() => members(name), crew([0, 2]));
  // The new `a` has no group of its own, and was told of the others before it began.
  await eventually(
    () => ask(node, recorderAt('a'), 'self', null),
    (pid) => typeof pid !== 'string',
  );
  assert.deepEqual(await members('a'), [0, 2]);
  assert.deepEqual(await ask(node, recorderAt('a'), 'whereis', { name: 'b' }), node.whereis('b'));
});

test('members that join, leave and end in one breath are left over nowhere (leave_exit_race)', async (t) => {
  const members = Array.from({ length: 100 }, (_, i) => recorderChild(`m${i}`, on(0)));
  const { node } = await threadedStage(t, [recorderChild('mark', on(0)), recorderChild('reader', on(1)), ...members]);
  const ended = members.map(async ({ id }, i) => {
    const joined = ask(node, recorderAt(id), 'join', { group: 'g' });
    if (i % 2 === 0) void ask(node, recorderAt(id), 'leave', { group: 'g' });
    node.cast(recorderAt(id), 'odd', null);
    await joined;
  });
  await Promise.all(ended);
  await ask(node, recorderAt('mark'), 'join', { group: 'mark' });
  // News of one thread arrive in their order: with the mark all that was before it is there.
  await eventually(
    () => ask(node, recorderAt('reader'), 'members', { group: 'mark' }),
    (marked) => marked.length === 1,
  );
  assert.deepEqual(await ask(node, recorderAt('reader'), 'members', { group: 'g' }), []);
});

test('a call may be answered by another actor than the one that took it, on another thread (reply)', async (t) => {
  const clerk = (name: string, partition: number): ChildSpec => {
    return { id: name, behaviour: 'clerk', args: { name }, name, ...on(partition) };
  };
  const { node } = await threadedStage(t, [clerk('ann', 0), clerk('ben', 1), clerk('cat', 0)]);
  const at = (name: string) => named<ClerkProtocol>(name);
  for (const colleague of ['ben', 'cat']) {
    assert.equal(await ask(node, at('ann'), 'ask', { colleague: at(colleague) }), `${colleague}, asked by ann`);
  }
  assert.equal(await ask(node, at('ann'), 'name', null), 'ann');
});
