// Owns the parts of OTP's proc_lib_SUITE and gen_server_SUITE about how an actor begins, what it may do after init, and
// how it ends; the case's own name ends each test's name. It never sleeps.
//
// Shown elsewhere: sync_start_* and init_dont_hang in lifecycle.test.ts, otp_7669 in conformance-server.test.ts.
// Does not apply:
//  spawn_opt, otp_6345, start_monitor  a start is a child spec; whoever wants a monitor sets it
//  hibernate, auto_hibernate           an actor has no heap of its own that could be given back
//  enter_loop, spec_init*, otp_5854    there is one way to become an actor: a behaviour
//  translate_initial_call, t_format    a crash report is data: the behaviour, and the place in the code
//  stop/1..3 (system_terminate)        only a parent ends an actor in order, or it itself; others send it an exit signal
//  sys1, *_format_status, code_change  no `sys`: `node.trace` watches, `node.inspect` tells, nobody reaches in

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Address,
  type ChildSpec,
  defineBehaviour,
  type From,
  InitFailed,
  InitIgnored,
  type LogLine,
  named,
  type Pid,
  passivate,
  reply,
  startLocal,
  stop,
} from '../../runtime/mod.ts';
import { testBehaviours } from '../support/runtime-behaviours.ts';
import { ask, counterAt, counterChild, recorderAt, recorderChild, stage } from '../support/runtime-local.ts';
import { sup, underSup } from '../support/runtime-steps.ts';

type StarterProtocol = {
  calls: {
    trail: { request: null; answer: readonly string[] };
    answerAndStop: { request: null; answer: string };
    twice: { request: null; answer: string };
    askSelf: { request: null; answer: string };
    callSelf: { request: { readonly by: 'pid' | 'name' }; answer: string };
    later: { request: null; answer: string };
    awaited: { request: null; answer: readonly boolean[] };
    spawn: { request: { readonly spec: ChildSpec }; answer: Pid };
  };
  casts: { note: { readonly text: string }; answerOldest: null; crash: null };
};

interface StarterArgs {
  readonly init?: 'slow' | 'ignore' | 'fail' | 'throw' | 'hang';
  readonly after?: 'slow' | 'throw' | 'stop' | 'passivate' | 'odd';
  readonly terminate?: 'throw' | 'timer';
}

interface StarterState {
  readonly args: StarterArgs;
  readonly trail: string[];
  readonly waiting: From<string>[];
  /** Every call that it took, in order. */
  readonly taken: From<string>[];
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

const starter = defineBehaviour<StarterProtocol, StarterArgs, StarterState>({
  name: 'starter',
  async init(args) {
    if (args.init === 'slow') await turn();
    if (args.init === 'ignore') throw new InitIgnored();
    if (args.init === 'fail') throw new InitFailed({ code: 'failedToStart', message: 'no', retryable: false });
    if (args.init === 'throw') throw new TypeError('bailout');
    if (args.init === 'hang') await new Promise(() => undefined);
    return { args, trail: ['init'], waiting: [], taken: [] };
  },
  async afterInit({ args, trail }) {
    trail.push('after init');
    if (args.after === 'slow') await turn();
    if (args.after === 'throw') throw new RangeError('after init');
    trail.push('done');
    if (args.after === 'odd') return { outcome: 'odd' } as never;
    if (args.after === 'passivate') return passivate;
    return args.after === 'stop' ? stop('normal') : undefined;
  },
  calls: {
    trail: ({ trail }) => reply([...trail]),
    answerAndStop: (_state, _request, context, from) => {
      context.reply(from, 'stopped');
      return stop('normal');
    },
    twice: (_state, _request, context, from) => {
      context.reply(from, 'first');
      context.reply(from, 'second');
      return reply('third');
    },
    askSelf: (_state, _request, context, from) => {
      context.ask<StarterProtocol, 'trail'>(context.self, 'trail', null, {}, (result) => {
        context.reply(from, result.ok ? 'ok' : result.error.code);
      });
      return undefined;
    },
    callSelf: async (_state, { by }, context) => {
      const to: Address<StarterProtocol> = by === 'pid' ? context.self : named('s');
      const result = await context.call(to, 'trail', null);
      return reply(result.ok ? 'ok' : result.error.code);
    },
    later: (state, _request, _context, from) => {
      state.waiting.push(from);
      state.taken.push(from);
      return undefined;
    },
    awaited: ({ taken }, _request, context, from) =>
      reply([...taken, from].map((one) => context.isAwaited(one as From))),
    spawn: async (_state, { spec }, context) => {
      const born = await context.spawn(spec);
      return born.ok ? reply(born.value) : stop('normal');
    },
  },
  casts: {
    note: ({ trail }, { text }) => void trail.push(text),
    answerOldest: ({ waiting }, _message, context) => {
      const oldest = waiting.shift();
      if (oldest !== undefined) context.reply(oldest, 'at last');
    },
    crash: () => {
      throw new RangeError('crash');
    },
  },
  timers: { ring: ({ trail }) => void trail.push('ring') },
  async terminate({ args }, _reason, context) {
    if (args.terminate === 'throw') throw new RangeError('in terminate');
    if (args.terminate !== 'timer') return;
    context.startTimer('ring', 10);
    await context.call(counterAt('c'), 'never', null, { deadlineMs: 100 });
  },
});

const at = named<StarterProtocol>('s');

function child(args: StarterArgs, more: Partial<ChildSpec> = {}): ChildSpec {
  return { id: 's', behaviour: 'starter', args, name: 's', ...more };
}

async function begin(children: readonly ChildSpec[]) {
  const log: LogLine[] = [];
  const node = await startLocal({
    behaviours: [...testBehaviours, starter],
    families: [{ family: 'starters', behaviour: 'starter', args: { after: 'passivate' } }],
    tree: { strategy: 'oneForOne', intensity: 3, children },
    log: (line) => log.push(line),
  });
  return { node, log };
}

test('what an actor does after init comes before every message, also before those that waited for its init (continue)', async () => {
  for (const after of ['slow', undefined] as const) {
    const { node } = await begin([underSup({ strategy: 'oneForOne', children: [] })]);
    const args = after === undefined ? { init: 'slow' as const } : { init: 'slow' as const, after };
    const starting = node.call(sup, 'startChild', { spec: child(args) });
    while (node.whereis('s') === null) await Promise.resolve();
    node.cast(at, 'note', { text: 'early' });
    await starting;
    node.cast(at, 'note', { text: 'late' });
    assert.deepEqual(await ask(node, at, 'trail', null), ['init', 'after init', 'done', 'early', 'late']);
    await node.stop();
  }
});

test('the start is acknowledged before what the actor does after init: nobody waits for that (continue)', async () => {
  const { node } = await begin([underSup({ strategy: 'oneForOne', children: [counterChild('c')] })]);
  const started = await node.call(sup, 'startChild', { spec: child({ after: 'slow' }) });
  assert.ok(started.ok && started.value !== null);
  const { threads } = await node.inspect({ actorsTop: 20 });
  const seen = threads[0]?.detail?.actors.find(({ name }) => name === 's');
  assert.ok(seen?.status === 'fresh' || seen?.status === 'suspended', seen?.status ?? 'nobody');
  assert.deepEqual(await ask(node, at, 'trail', null), ['init', 'after init', 'done']);
  await node.stop();
});

test('an actor that fails after init has crashed: its supervisor restarts it and counts (undef_handle_continue)', async () => {
  const { node, log } = await begin([
    underSup({ strategy: 'oneForOne', intensity: 2, children: [child({ after: 'throw' })] }),
  ]);
  await node.settle();
  assert.equal(node.whereis('sup'), null);
  const crashes = log.filter(({ message }) => message === 'actor crashed');
  assert.deepEqual(
    crashes.map(({ fields }) => [fields?.reason, fields?.lastMessage]),
    Array(3).fill(['RangeError: after init', 'afterInit afterInit']),
  );
  await node.stop();
});

test('an actor may stop, and a member of a family may be put away, by what it returns after init (continue_stop)', async () => {
  const { node, log } = await begin([child({ after: 'stop' }, { restart: 'transient' })]);
  await node.settle();
  assert.equal(node.whereis('s'), null);
  const member = { family: 'starters', key: 'k' };
  const first = await ask(node, member as Address<StarterProtocol>, 'trail', null);
  assert.deepEqual(first, ['init', 'after init', 'done']);
  await node.settle();
  const { threads } = await node.inspect();
  assert.equal(threads[0]?.behaviours.starter, undefined);
  assert.deepEqual(log, []);
  await node.stop();
});

test('an outcome after init that is none crashes the actor with what is allowed', async () => {
  const { node, log } = await begin([child({ after: 'odd' }, { restart: 'temporary' })]);
  await node.settle();
  assert.match(
    String(log[0]?.fields?.reason),
    /no allowed outcome of a afterInit; allowed: stop, passivate, undefined/,
  );
  await node.stop();
});

test('starts that fail, over and over, leave no actor, no name and no call behind (loop_start_fail)', async () => {
  const { node } = await begin([underSup({ strategy: 'oneForOne', children: [] })]);
  const before = (await node.inspect()).threads[0]?.actors;
  const expected = { ignore: 'null', fail: 'failedToStart', throw: 'exited', hang: 'exited' };
  for (const [init, code] of Object.entries(expected)) {
    for (let i = 0; i < 5; i++) {
      const spec = child({ init: init as 'fail' }, { restart: 'temporary', initDeadlineMs: 200 });
      const starting = ask(node, sup, 'startChild', { spec });
      await node.advance(300);
      assert.equal(String(await starting), code);
      assert.equal(node.whereis('s'), null);
    }
  }
  assert.equal((await node.inspect()).threads[0]?.actors, before);
  assert.deepEqual(await ask(node, sup, 'whichChildren', null), []);
  await node.stop();
});

test('whoever is killed while its child begins takes the child with it (start_link)', async () => {
  const { node } = await begin([child({}, { restart: 'temporary' }), recorderChild('killer')]);
  const parent = node.whereis('s');
  assert.ok(parent);
  const spec = child({ init: 'slow' }, { id: 'young', name: 'young' });
  void node.call(at, 'spawn', { spec });
  while (node.whereis('young') === null) await Promise.resolve();
  node.cast(recorderAt('killer'), 'exit', { to: parent, reason: 'kill' });
  await node.settle();
  assert.equal(node.whereis('s'), null);
  assert.equal(node.whereis('young'), null);
  await node.stop();
});

test('a behaviour without init is refused when the node starts (undef_init)', async () => {
  const nameless = { name: 'initless', calls: {}, casts: {} };
  await assert.rejects(startLocal({ behaviours: [nameless] }), /behaviour initless has no init/);
});

test('a crash report says who, where and at what, and its supervisor: everything but what was said (crash)', async () => {
  const { node } = await begin([child({}, { restart: 'temporary' })]);
  const pid = node.whereis('s');
  await ask(node, at, 'trail', null);
  node.cast(at, 'note', { text: 'secret' });
  node.cast(at, 'crash', null);
  node.cast(at, 'note', { text: 'waits' });
  await node.settle();
  const { crashReports } = await node.inspect();
  const { at: when, where, ...report } = crashReports[0] ?? assert.fail('no report');
  assert.equal(when, node.now());
  assert.match(where ?? '', /^(Object\.)?crash \(conformance-start\.test\.ts:\d+:\d+\)$/);
  assert.deepEqual(report, {
    thread: 'edge',
    pid,
    behaviour: 'starter',
    name: 's',
    key: null,
    reason: 'RangeError: crash',
    error: 'RangeError',
    lastMessage: 'cast crash',
    handled: 4,
    mailbox: 1,
    restarts: 0,
  });
  assert.ok(!JSON.stringify(crashReports).includes('secret'));
  await node.stop();
});

test('what terminate throws is the reason that others hear, and is reported (undef_in_terminate)', async () => {
  const { node, log } = await begin([child({ terminate: 'throw' }, { restart: 'temporary' }), recorderChild('r')]);
  const ref = await ask(node, recorderAt('r'), 'monitor', { to: at });
  await ask(node, at, 'answerAndStop', null);
  await node.settle();
  assert.deepEqual(await ask(node, recorderAt('r'), 'log', null), [`down ${ref} crash`]);
  assert.equal(log[0]?.fields?.reason, 'RangeError: in terminate');
  await node.stop();
});

test('timers that are started while an actor ends end with it', async () => {
  const { node } = await begin([counterChild('c'), child({ terminate: 'timer' }, { restart: 'temporary' })]);
  await ask(node, at, 'answerAndStop', null);
  await node.advance(500);
  assert.equal(node.whereis('s'), null);
  await node.stop();
});

test('a handler that answers and then stops: its caller has the answer (call, {stop,Reason,Reply,State})', async () => {
  const { node } = await begin([child({}, { restart: 'temporary' })]);
  assert.equal(await ask(node, at, 'answerAndStop', null), 'stopped');
  await node.settle();
  assert.equal(node.whereis('s'), null);
  await node.stop();
});

test('of several answers to one call the first counts (call)', async () => {
  const { node } = await begin([child({})]);
  assert.equal(await ask(node, at, 'twice', null), 'first');
  assert.deepEqual(await ask(node, at, 'trail', null), ['init', 'after init', 'done']);
  await node.stop();
});

test('an actor that calls itself is told so at once, by pid or by name; asking itself is allowed (calling_self)', async () => {
  const { node } = await begin([child({})]);
  for (const by of ['pid', 'name'] as const) assert.equal(await ask(node, at, 'callSelf', { by }), 'callingSelf');
  assert.equal(await ask(node, at, 'askSelf', null), 'ok');
  await node.stop();
});

test('an actor knows which of the calls that it took still wait: not those answered, nor those whose time is over', async () => {
  const { node } = await begin([child({})]);
  const first = ask(node, at, 'later', null);
  const second = node.call(at, 'later', null, { deadlineMs: 100 });
  const third = ask(node, at, 'later', null);
  node.cast(at, 'answerOldest', null);
  await first;
  assert.deepEqual(await ask(node, at, 'awaited', null), [false, true, true, true]);
  await node.advance(200);
  assert.deepEqual(await ask(node, at, 'awaited', null), [false, false, true, true]);
  node.cast(at, 'answerOldest', null);
  node.cast(at, 'answerOldest', null);
  assert.equal(await third, 'at last');
  assert.equal((await second).ok, false);
  await node.stop();
});

test('a down for an actor that does not listen is told to the log, and harms nobody (undef_handle_info)', async () => {
  type Deaf = { calls: { watch: { request: null; answer: number } }; casts: Record<string, never> };
  const deaf = defineBehaviour<Deaf, null, null>({
    name: 'deaf',
    init: () => null,
    calls: { watch: (_state, _request, context) => reply(context.monitor(named('nobody'))) },
    casts: {},
  });
  const log: LogLine[] = [];
  const node = await startLocal({
    behaviours: [deaf],
    tree: { strategy: 'oneForOne', children: [{ id: 'd', behaviour: 'deaf', args: null, name: 'd' }] },
    log: (line) => log.push(line),
  });
  await node.call(named<Deaf>('d'), 'watch', null);
  await node.settle();
  assert.deepEqual(
    log.map(({ level, message, fields }) => [level, message, fields]),
    [['warn', 'an actor without info was sent one', { behaviour: 'deaf', type: 'down' }]],
  );
  assert.ok(node.whereis('d'));
  await node.stop();
});

test('a name is given back before the end, and only by the one that has it', async () => {
  const { node } = await stage([recorderChild('a'), recorderChild('b')]);
  await ask(node, recorderAt('a'), 'register', { name: 'chief' });
  await ask(node, recorderAt('b'), 'unregister', { name: 'chief' });
  assert.deepEqual(node.whereis('chief'), node.whereis('a'));
  assert.equal(await ask(node, recorderAt('b'), 'register', { name: 'chief' }), false);
  await ask(node, recorderAt('a'), 'unregister', { name: 'chief' });
  assert.equal(node.whereis('chief'), null);
  assert.equal(await ask(node, recorderAt('b'), 'register', { name: 'chief' }), true);
  await node.stop();
});
