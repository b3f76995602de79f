// Owns the part of OTP's gen_server_SUITE (items 56 to 67 of the conformance list, whose number ends each name) that no
// other file shows, and what users of proc_lib, pg and timer would look for beside it.
//
// Shown elsewhere: 56 and 57 in lifecycle.test.ts and names.test.ts, 58 and 59 in calls.test.ts, 60 and 66 in
// threads.test.ts and lost-threads.test.ts, 61 in family.test.ts, gen_statem in state-machine.test.ts.
// Does not apply:
//  56 (global, via)  one registry for the node; there is no second kind of name
//  57 (bad timeout)  an actor is ended by its parent or itself; nobody else waits for it with a timeout of his own
//  57 (nodedown)     a node is one process; a lost thread is `threadLost`
//  61 (hibernate)    an actor has no heap of its own that could be given back; members of families passivate
//  64 replace_state  nobody changes another's state from outside; a test makes its actor with the state it wants

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Address,
  type ChildSpec,
  defineBehaviour,
  keyed,
  named,
  pidText,
  reply,
  type SupervisorProtocol,
  startLocal,
} from '../../runtime/mod.ts';
import { type CounterProtocol, testBehaviours } from '../support/runtime-behaviours.ts';
import { ask, counterAt, counterChild, recorderAt, recorderChild, stage } from '../support/runtime-local.ts';
import { keyOn, threadedStage } from '../support/runtime-node.ts';
import { sup, underSup } from '../support/runtime-steps.ts';

test('an actor may have a name or none, and is linked to the one that started it (OTP 56)', async () => {
  const { name: _name, ...nameless } = counterChild('b', { restart: 'permanent' });
  const { node } = await stage([underSup({ strategy: 'oneForOne', children: [counterChild('a'), nameless] })]);
  const { threads } = await node.inspect({ actorsTop: 10 });
  const parent = node.whereis('sup');
  const born = threads[0]?.detail?.actors.filter(({ behaviour }) => behaviour === 'counter') ?? [];
  assert.deepEqual(
    born.map((actor) => [actor.name, actor.parent]),
    [
      ['a', parent],
      [null, parent],
    ],
  );
  await ask(node, named<SupervisorProtocol>('sup'), 'terminateChild', { id: 'a' });
  assert.equal(node.whereis('a'), null);
  await node.stop();
});

test('whoever starts a name that is taken is told who has it (OTP 56)', async () => {
  const { node } = await stage([counterChild('c'), underSup({ strategy: 'oneForOne', children: [] })]);
  const refused = await node.call(sup, 'startChild', { spec: counterChild('c') });
  const holder = node.whereis('c');
  assert.ok(holder !== null && !refused.ok);
  assert.deepEqual([refused.error.code, refused.error.data], ['alreadyStarted', { pid: pidText(holder) }]);
  await node.stop();
});

test('an init that takes longer than its deadline fails the start, and leaves nobody behind (OTP 56, 62)', async () => {
  const { node } = await stage([underSup({ strategy: 'oneForOne', children: [] })]);
  const spec: ChildSpec = { id: 'f', behaviour: 'failing', args: { how: 'hang' }, name: 'f', initDeadlineMs: 1_000 };
  const starting = node.call(sup, 'startChild', { spec });
  await node.advance(1_100);
  const refused = await starting;
  assert.match(refused.ok ? '' : refused.error.message, /longer than its deadline/);
  assert.equal(node.whereis('f'), null);
  await node.stop();
});

test('by the time that a failed start is known, its name is free for the next (OTP 62)', async () => {
  const { node } = await stage([underSup({ strategy: 'oneForOne', children: [] })]);
  for (const how of ['fail', 'throw', 'fail'] as const) {
    const spec: ChildSpec = { id: 'f', behaviour: 'failing', args: { how }, name: 'same' };
    assert.notEqual(await ask(node, sup, 'startChild', { spec }), 'alreadyStarted');
    assert.equal(node.whereis('same'), null);
  }
  assert.notEqual(await ask(node, sup, 'startChild', { spec: counterChild('c', { name: 'same' }) }), 'alreadyStarted');
  await node.stop();
});

test('whoever stops a child is answered when it is gone, and a second stop is no fault (OTP 57)', async () => {
  const { node } = await stage([
    underSup({ strategy: 'oneForOne', children: [counterChild('c', { restart: 'transient' })] }),
  ]);
  for (let i = 0; i < 2; i++) {
    assert.equal(await ask(node, sup, 'terminateChild', { id: 'c' }), null);
    assert.equal(node.whereis('c'), null);
  }
  assert.equal(await ask(node, counterAt('c'), 'read', null), 'noproc');
  await node.stop();
});

test('normal, shutdown and shutdown with words are silent; a crash and a failure are reported (OTP 58)', async () => {
  const reports: number[] = [];
  for (const reason of [
    'normal',
    'shutdown',
    { shutdown: 'done' },
    { crash: { name: 'Error', message: 'boom' } },
    { failure: { code: 'unavailable', message: 'gone', retryable: true } },
  ] as const) {
    const { node, log } = await stage([counterChild('c')]);
    node.cast(counterAt('c'), 'end', { reason });
    await node.settle();
    reports.push(log.length);
    await node.stop();
  }
  assert.deepEqual(reports, [0, 0, 0, 1, 1]);
});

test('a call to somebody dead, dying or on a thread that is lost is answered, never left hanging (OTP 60)', async (t) => {
  const { node } = await threadedStage(t, []);
  const member = (key: string) => keyed<CounterProtocol>('counters', key);
  const [here, there] = [keyOn(node, 1), keyOn(node, 2)];
  await Promise.all([here, there].map((key) => ask(node, member(key), 'read', null)));
  const never = [here, there].map((key) => ask(node, member(key), 'never', null));
  node.cast(member(there), 'crash', { message: 'x' });
  const lost = node.killThread(1);
  assert.deepEqual(await Promise.all(never), ['threadLost', 'exited']);
  await lost;
  assert.equal(await ask(node, counterAt('nobody'), 'read', null), 'noproc');
});

test('an actor that waits in an async handler can be looked at: its state of work, its mailbox (OTP 63)', async () => {
  const { node } = await stage([counterChild('c'), recorderChild('r')]);
  const waiting = node.call(recorderAt('r'), 'askNever', { to: counterAt('c') }, { deadlineMs: 100 });
  await node.settle();
  for (let i = 0; i < 3; i++) node.cast(recorderAt('r'), 'note', { text: 'x' });
  const { threads } = await node.inspect({ actorsTop: 10 });
  const seen = threads[0]?.detail?.actors.find(({ name }) => name === 'r');
  assert.deepEqual([seen?.status, seen?.mailbox], ['suspended', 3]);
  await node.advance(200);
  await waiting;
  await node.stop();
});

test('an actor with a full mailbox of its own calls another and hears the answer before all that waits (OTP 65)', async () => {
  const { node } = await stage([counterChild('c'), recorderChild('r', { mailboxMessagesMax: 10_000 })]);
  const asked = node.call(recorderAt('r'), 'ask', { to: counterAt('c') });
  for (let i = 0; i < 10_000; i++) node.cast(recorderAt('r'), 'note', { text: 'x' });
  assert.deepEqual(await asked, { ok: true, value: 'ok 1' });
  await node.stop();
});

test('a question to many is many calls: each has its own answer, whatever became of the others (OTP 66)', async () => {
  const { node } = await stage([counterChild('a'), counterChild('b'), counterChild('c', { mailboxMessagesMax: 0 })]);
  const asked = ['a', 'gone', 'b', 'c'].map((name) => ask(node, counterAt(name), 'add', { by: 1 }));
  assert.deepEqual(await Promise.all(asked), [1, 'noproc', 1, 'overloaded']);
  await node.stop();
});

test('info, timers and terminate may be left out: what comes for them harms nobody (OTP 67)', async () => {
  type Bare = { calls: { watch: { request: { readonly to: Address }; answer: number } }; casts: Record<string, never> };
  const bare = defineBehaviour<Bare, null, null>({
    name: 'bare',
    init: (_args, context) => {
      context.trapExit();
      return null;
    },
    calls: { watch: (_state, { to }, context) => reply(context.monitor(to)) },
    casts: {},
  });
  const children = [{ id: 'bare', behaviour: 'bare', args: null, name: 'bare' }, counterChild('c')];
  const node = await startLocal({ behaviours: [...testBehaviours, bare], tree: { strategy: 'oneForOne', children } });
  const before = node.whereis('bare');
  await node.call(named<Bare>('bare'), 'watch', { to: counterAt('c') });
  node.cast(counterAt('c'), 'end', { reason: 'normal' });
  await node.settle();
  assert.deepEqual(node.whereis('bare'), before);
  await node.stop();
});

test('an actor that joins a group twice is in it once, and one that leaves a group it is not in harms nobody (pg)', async () => {
  const { node } = await stage([recorderChild('a'), recorderChild('b')]);
  for (const name of ['a', 'a', 'b']) await ask(node, recorderAt(name), 'join', { group: 'g' });
  const members = await ask(node, recorderAt('b'), 'members', { group: 'g' });
  assert.equal(members.length, 2);
  assert.deepEqual(await ask(node, recorderAt('b'), 'members', { group: 'nobody' }), []);
  await node.stop();
});

test('a timer whose time is not a number is the fault of its actor, and harms no other timer (timer)', async () => {
  const { node, log } = await stage([recorderChild('a'), recorderChild('b')]);
  node.cast(recorderAt('a'), 'timer', { ms: 50 });
  node.cast(recorderAt('b'), 'timer', { ms: Number.NaN });
  await node.advance(100);
  assert.deepEqual(await ask(node, recorderAt('a'), 'log', null), ['ring 50']);
  assert.match(String(log.find(({ message }) => message === 'actor crashed')?.fields?.reason), /not a number/);
  await node.stop();
});

test('a timer of no or negative time fires in a later turn, never within the handler that starts it (timer)', async () => {
  for (const ms of [0, -5]) {
    const { node } = await stage([recorderChild('a')]);
    node.cast(recorderAt('a'), 'timer', { ms });
    node.cast(recorderAt('a'), 'note', { text: 'first' });
    await node.advance(1);
    assert.deepEqual(await ask(node, recorderAt('a'), 'log', null), ['first', 'ring 0']);
    await node.stop();
  }
});
