// Owns the guarantees of calls and casts in one thread: answers, deadlines, refusals, order.
// It never sleeps: the node's clock is moved by hand.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Address, keyed, startLocal } from '../../runtime/mod.ts';
import { type CounterProtocol, testBehaviours } from '../support/runtime-behaviours.ts';
import { ask, counterAt, counterChild, recorderAt, recorderChild, stage } from '../support/runtime-local.ts';

test('a call is answered with what the handler replied', async () => {
  const { node } = await stage([counterChild('c')]);
  assert.deepEqual(await node.call(counterAt('c'), 'add', { by: 2 }), { ok: true, value: 2 });
  await node.stop();
});

test('a refusal reaches the caller as the callee made it, data and all', async () => {
  const { node } = await stage([counterChild('c')]);
  const error = { code: 'closed', message: 'not today', retryable: false, data: { hours: 9 } };
  assert.deepEqual(await node.call(counterAt('c'), 'refused', null), { ok: false, error });
  await node.stop();
});

test('a call to a name that nobody has answers noproc, and so does one to an actor that has ended', async () => {
  const { node } = await stage([counterChild('c')]);
  const pid = node.whereis('c') as Address<CounterProtocol>;
  assert.equal(await ask(node, counterAt('nobody'), 'read', null), 'noproc');
  node.cast(counterAt('c'), 'end', { reason: 'normal' });
  await node.settle();
  assert.equal(await ask(node, pid, 'read', null), 'noproc');
  await node.stop();
});

test('a call to a family that is not declared answers noproc', async () => {
  const { node } = await stage([]);
  assert.equal(await ask(node, keyed<CounterProtocol>('unknown', 'k'), 'read', null), 'noproc');
  await node.stop();
});

test('a pid of another life of its thread, or of another node, is nobody', async () => {
  const { node } = await stage([counterChild('c')]);
  const pid = node.whereis('c');
  assert.ok(pid);
  assert.equal(await ask(node, { ...pid, incarnation: 9 } as Address<CounterProtocol>, 'read', null), 'noproc');
  assert.equal(await ask(node, { ...pid, node: 'elsewhere' } as Address<CounterProtocol>, 'read', null), 'noproc');
  assert.equal(await ask(node, { ...pid, thread: 7 } as Address<CounterProtocol>, 'read', null), 'noproc');
  await node.stop();
});

test('a call that nobody answers ends with timeout at its deadline, not before', async () => {
  const { node } = await stage([counterChild('c')]);
  let code = 'open';
  void node.call(counterAt('c'), 'never', null, { deadlineMs: 300 }).then((result) => {
    code = result.ok ? 'ok' : result.error.code;
  });
  await node.advance(280);
  assert.equal(code, 'open');
  await node.advance(40);
  assert.equal(code, 'timeout');
  await node.stop();
});

test('the deadline of a call is 5 seconds when nobody says otherwise (OTP 59)', async () => {
  const { node } = await stage([counterChild('c')]);
  let code = 'open';
  void node.call(counterAt('c'), 'never', null).then((result) => {
    code = result.ok ? 'ok' : result.error.code;
  });
  await node.advance(4_980);
  assert.equal(code, 'open');
  await node.advance(40);
  assert.equal(code, 'timeout');
  await node.stop();
});

test('an actor can answer a call later, in another turn (OTP 59)', async () => {
  const { node } = await stage([counterChild('c')]);
  const answer = node.call(counterAt('c'), 'later', null);
  await node.settle();
  node.cast(counterAt('c'), 'answerLater', null);
  assert.deepEqual(await answer, { ok: true, value: 'at last' });
  await node.stop();
});

test('a late answer is dropped and never taken for the answer of another call (OTP 59)', async () => {
  const { node } = await stage([counterChild('c')]);
  const first = node.call(counterAt('c'), 'later', null, { deadlineMs: 100 });
  await node.advance(200);
  const second = node.call(counterAt('c'), 'read', null);
  node.cast(counterAt('c'), 'answerLater', null);
  const result = await first;
  assert.equal(result.ok ? 'ok' : result.error.code, 'timeout');
  assert.deepEqual(await second, { ok: true, value: 0 });
  await node.stop();
});

test('a handler that calls on has what is left of its own deadline', async () => {
  const { node } = await stage([counterChild('c'), recorderChild('r')]);
  let inner = 'open';
  let outer = 'open';
  void node.call(recorderAt('r'), 'askNever', { to: counterAt('c') }, { deadlineMs: 400 }).then((result) => {
    outer = result.ok ? result.value : result.error.code;
  });
  void node.call(recorderAt('r'), 'log', null, { deadlineMs: 5_000 }).then(() => {
    inner = 'free again';
  });
  await node.advance(500);
  assert.equal(outer, 'timeout');
  assert.equal(inner, 'free again');
  await node.stop();
});

test('a call that waited in the mailbox beyond its deadline is not handled any more', async () => {
  const { node } = await stage([counterChild('c'), recorderChild('r')]);
  const blocked = node.call(recorderAt('r'), 'askNever', { to: counterAt('c') }, { deadlineMs: 1_000 });
  const given = node.call(recorderAt('r'), 'register', { name: 'late' }, { deadlineMs: 100 });
  await node.advance(2_000);
  assert.equal((await blocked).ok, false);
  assert.equal((await given).ok, false);
  assert.equal(node.whereis('late'), null);
  await node.stop();
});

test('the caller of an actor that crashes while it handles the call gets exited (OTP 58)', async () => {
  const { node } = await stage([counterChild('c')]);
  assert.equal(await ask(node, counterAt('c'), 'crash', null), 'exited');
  await node.stop();
});

test('callers that wait for a later answer get exited when the actor ends before (OTP 59)', async () => {
  const { node } = await stage([counterChild('c')]);
  const answer = node.call(counterAt('c'), 'later', null);
  await node.settle();
  node.cast(counterAt('c'), 'end', { reason: 'normal' });
  const result = await answer;
  assert.equal(result.ok ? 'ok' : result.error.code, 'exited');
  await node.stop();
});

test('callers whose calls wait in the mailbox get exited when the actor crashes', async () => {
  const { node } = await stage([counterChild('c')]);
  node.cast(counterAt('c'), 'crash', { message: 'now' });
  const waiting = [1, 2, 3].map(() => ask(node, counterAt('c'), 'read', null));
  assert.deepEqual(await Promise.all(waiting), ['exited', 'exited', 'exited']);
  await node.stop();
});

test('a call that the callee does not know answers undef, and the callee crashes with the list of what is allowed', async () => {
  const { node, log } = await stage([counterChild('c')]);
  assert.equal(await ask(node, counterAt('c') as Address, 'fly', null), 'undef');
  await node.settle();
  const crash = log.find(({ message }) => message === 'actor crashed');
  assert.match(String(crash?.fields?.reason), /counter has no call fly; allowed: add, read/);
  await node.stop();
});

test('a cast that the actor does not know crashes it with the list of what is allowed', async () => {
  const { node, log } = await stage([counterChild('c')]);
  node.cast(counterAt('c') as Address, 'constructor', null);
  await node.settle();
  assert.equal(node.whereis('c'), null);
  const crash = log.find(({ message }) => message === 'actor crashed');
  assert.match(String(crash?.fields?.reason), /counter has no cast constructor; allowed: add, answerLater/);
  await node.stop();
});

test('an outcome outside of the closed list crashes the actor with the list of what is allowed (OTP 59)', async () => {
  const { node, log } = await stage([recorderChild('r'), recorderChild('s')]);
  assert.equal(await ask(node, recorderAt('r'), 'odd', null), 'exited');
  node.cast(recorderAt('s'), 'odd', null);
  await node.settle();
  const reasons = log.filter(({ message }) => message === 'actor crashed').map(({ fields }) => String(fields?.reason));
  assert.match(reasons[0] ?? '', /allowed: reply, refuse, stop, undefined/);
  assert.match(reasons[1] ?? '', /allowed: stop, passivate, undefined/);
  await node.stop();
});

test('a full mailbox refuses calls with overloaded and drops casts, counted; at the limit nothing is refused', async () => {
  const { node } = await stage([counterChild('c', { mailboxMessagesMax: 3 })]);
  const slow = node.call(counterAt('c'), 'slow', { turns: 2 });
  await Promise.resolve();
  const casts = 3;
  for (let i = 0; i < casts; i++) node.cast(counterAt('c'), 'add', { by: 1 });
  const refused = ask(node, counterAt('c'), 'read', null);
  node.cast(counterAt('c'), 'add', { by: 1 });
  assert.equal(await refused, 'overloaded');
  await slow;
  await node.settle();
  assert.equal(await ask(node, counterAt('c'), 'read', null), casts);
  const { threads } = await node.inspect();
  assert.equal(threads[0]?.dropped, 2);
  await node.stop();
});

test('exit signals, answers and timers enter a mailbox that is full', async () => {
  const { node } = await stage([recorderChild('r', { mailboxMessagesMax: 2 }), counterChild('c')]);
  await node.call(recorderAt('r'), 'monitor', { to: counterAt('c') });
  node.cast(recorderAt('r'), 'timer', { ms: 10 });
  await node.settle();
  const busy = node.call(recorderAt('r'), 'askNever', { to: counterAt('c') }, { deadlineMs: 100 });
  await node.settle();
  for (let i = 0; i < 5; i++) node.cast(recorderAt('r'), 'note', { text: `note ${i}` });
  await node.advance(20);
  node.cast(counterAt('c'), 'end', { reason: 'shutdown' });
  await node.advance(200);
  await busy;
  const log = (await ask(node, recorderAt('r'), 'log', null)) as string[];
  assert.deepEqual(log.slice(0, 2), ['note 0', 'note 1']);
  assert.match(log[2] ?? '', /^ring/);
  assert.match(log[3] ?? '', /^down \d+ shutdown$/);
  await node.stop();
});

test('messages from one sender to one receiver arrive in order, casts and calls mixed', async () => {
  const { node } = await stage([recorderChild('r')]);
  const answers: Promise<unknown>[] = [];
  for (let i = 0; i < 500; i++) {
    node.cast(recorderAt('r'), 'note', { text: String(i) });
    if (i % 50 === 0) answers.push(ask(node, recorderAt('r'), 'log', null));
  }
  const lengths = (await Promise.all(answers)).map((log) => (log as string[]).length);
  assert.deepEqual(lengths, [1, 51, 101, 151, 201, 251, 301, 351, 401, 451]);
  const log = await ask(node, recorderAt('r'), 'log', null);
  assert.deepEqual(
    log,
    Array.from({ length: 500 }, (_, i) => String(i)),
  );
  await node.stop();
});

test('an async handler keeps its actor from taking anything else until it settles', async () => {
  const { node } = await stage([counterChild('c')]);
  const order: string[] = [];
  const slow = node.call(counterAt('c'), 'slow', { turns: 3 }).then(() => order.push('slow'));
  const read = node.call(counterAt('c'), 'read', null).then(() => order.push('read'));
  await Promise.all([slow, read]);
  assert.deepEqual(order, ['slow', 'read']);
  await node.stop();
});

test('an async handler that takes longer than its deadline ends its actor', async () => {
  const { node, log } = await stage([recorderChild('r', { handlerDeadlineMs: 1_000 }), counterChild('c')]);
  const busy = ask(node, recorderAt('r'), 'askNever', { to: counterAt('c') });
  await node.advance(980);
  assert.ok(node.whereis('r'));
  await node.advance(40);
  assert.equal(await busy, 'exited');
  assert.equal(node.whereis('r'), null);
  assert.match(String(log.at(-1)?.fields?.reason), /HandlerDeadline/);
  await node.stop();
});

test('a crash report says the kind of the last message, and never what was in it (OTP 58)', async () => {
  const { node, log } = await stage([counterChild('c')]);
  node.cast(counterAt('c'), 'crash', { message: 'boom' });
  await node.settle();
  const report = log.find(({ message }) => message === 'actor crashed');
  assert.equal(report?.fields?.lastMessage, 'cast crash');
  assert.equal(report?.fields?.behaviour, 'counter');
  await node.stop();
});

test('casts to nobody are silent and counted as dead letters', async () => {
  const { node } = await stage([counterChild('c')]);
  node.cast(counterAt('nobody'), 'add', { by: 1 });
  const pid = node.whereis('c') as Address<CounterProtocol>;
  node.cast(pid, 'end', { reason: 'normal' });
  await node.settle();
  node.cast(pid, 'add', { by: 1 });
  assert.equal((await node.inspect()).threads[0]?.deadLetters, 2);
  await node.stop();
});

test('a busy actor lets the others of its thread run: nobody waits for more than its budget', async () => {
  const { node } = await stage([counterChild('busy'), recorderChild('r')]);
  for (let i = 0; i < 1_000; i++) node.cast(counterAt('busy'), 'add', { by: 1 });
  node.cast(recorderAt('r'), 'forward', { to: counterAt('busy'), times: 1 });
  const order: string[] = [];
  const last = node.call(counterAt('busy'), 'read', null).then(() => order.push('busy'));
  const other = node.call(recorderAt('r'), 'log', null).then(() => order.push('other'));
  await Promise.all([last, other]);
  assert.deepEqual(order, ['other', 'busy']);
  await node.stop();
});

test('two behaviours of one name are refused when the node starts', async () => {
  const twice = [...testBehaviours, ...testBehaviours];
  await assert.rejects(startLocal({ behaviours: twice }), /two behaviours are named counter/);
});
