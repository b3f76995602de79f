// Owns the parts of OTP's gen_statem_SUITE that go past state-machine.test.ts; the case's own name ends each test's
// name. It never sleeps; the machine is a doorbell with a clerk behind it.
//
// Shown elsewhere: start*, stop*, abnormal1 and shutdown, which a machine shares with every behaviour.
// Does not apply:
//  next_events, event_types    what shall happen in this state is a function call, in the next one its `enter`
//  generic_timers              named timers, in state-machine.test.ts; their content is in the data, so none is updated
//  hibernate, auto_hibernate   members of families passivate
//  pop_too_many                a machine has one table for life: what differs is a state
//  enter_loop, sys1, code_change, *_format_status, replace_state   as for every behaviour, see conformance-start.test.ts

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  defineStateMachine,
  type From,
  named,
  next,
  postpone,
  repeatState,
  reply,
  startLocal,
  stop,
} from '../../runtime/mod.ts';

type BellProtocol = {
  calls: {
    ring: { request: { readonly by: string }; answer: string };
    offer: { request: null; answer: string };
    decline: { request: null; answer: string };
    finish: { request: { readonly also: boolean }; answer: string };
    trail: { request: null; answer: readonly string[] };
  };
  casts: {
    note: { readonly text: string };
    jump: { readonly to: BellState };
    bell: { readonly ms: number };
  };
};

type BellState = 'quiet' | 'ringing' | 'talking' | 'closing' | 'broken' | 'odd';

interface Bell {
  readonly trail: string[];
  /** Milliseconds for the state `broken`. */
  ms: number;
  waiting: From<string> | null;
}

const everywhere =
  (name: string) =>
  (it: Bell, { text }: { readonly text: string }) =>
    void it.trail.push(`${name} ${text}`);

const bell = defineStateMachine<
  BellProtocol,
  { readonly state?: BellState; readonly ms?: number },
  BellState,
  Bell,
  'trail' | 'jump' | 'bell' | 'decline' | 'finish' | 'offer'
>({
  name: 'bell',
  init: ({ state = 'quiet', ms = 0 }) => ({ state, data: { trail: [], ms, waiting: null } }),
  states: {
    quiet: {
      enter: (it, _context, from) => void it.trail.push(`quiet after ${from}`),
      calls: { ring: postpone },
      casts: { note: postpone },
    },
    ringing: {
      enter: (it, _context, from) => void it.trail.push(`ringing after ${from}`),
      timeout: { ms: 1_000, handle: () => next('quiet') },
      calls: {
        ring: postpone,
        decline: () => repeatState(reply('the next one')),
      },
      casts: { note: postpone },
    },
    talking: {
      enter: (it, _context, from) => void it.trail.push(`talking after ${from}`),
      idle: {
        ms: 1_000,
        handle: (it) => {
          it.trail.push('silence');
          return next('quiet');
        },
      },
      calls: {
        ring: (it, { by }) => {
          it.trail.push(`rung by ${by}`);
          return reply(`hello ${by}`);
        },
      },
      casts: { note: everywhere('talking') },
    },
    closing: {
      enter: (it) => {
        it.trail.push('closing');
        return stop({ shutdown: 'closed' });
      },
      calls: { ring: postpone },
      casts: { note: postpone },
    },
    broken: {
      timeout: { ms: (it) => it.ms, handle: () => next('quiet') },
      calls: { ring: postpone },
      casts: { note: postpone },
    },
    odd: {
      enter: () => next('quiet') as never,
      calls: { ring: postpone },
      casts: { note: postpone },
    },
  },
  common: {
    calls: {
      trail: (it) => reply([...it.trail]),
      offer: () => next('ringing', reply('offered')),
      decline: () => reply('there was nothing'),
      finish: (it, { also }, context, from) => {
        if (it.waiting === null) {
          it.waiting = from;
          return undefined;
        }
        context.reply(it.waiting, 'first');
        if (also) context.reply(from, 'second');
        return stop('normal');
      },
    },
    casts: {
      jump: (_it, { to }) => next(to),
      bell: (_it, { ms }, context) => context.startTimer('late', ms),
    },
  },
  timers: {
    late: (it, _context, state) => {
      if (state === 'quiet') return postpone;
      it.trail.push(`late in ${state}`);
      return undefined;
    },
  },
  terminate: (it, _reason, context, state) => context.log('info', `${state}: ${it.trail.join(', ')}`),
});

const at = named<BellProtocol>('bell');

async function begin(args: { readonly state?: BellState; readonly ms?: number } = {}) {
  const log: string[] = [];
  const child = { id: 'bell', behaviour: 'bell', args, name: 'bell', restart: 'temporary' } as const;
  const node = await startLocal({
    behaviours: [bell],
    tree: { strategy: 'oneForOne', children: [child] },
    log: ({ message, fields }) => log.push(`${message}${fields?.reason === undefined ? '' : `: ${fields.reason}`}`),
  });
  const trail = async () => {
    const result = await node.call(at, 'trail', null);
    return result.ok ? result.value : result.error.code;
  };
  const ask = async (name: 'ring' | 'offer' | 'decline' | 'finish', request: unknown, deadlineMs = 5_000) => {
    const result = await node.call(at, name, request as never, { deadlineMs });
    return result.ok ? result.value : result.error.code;
  };
  return { node, log, trail, ask };
}

test('a state is entered again by repeatState: enter runs from itself, its timeout is fresh, the postponed wait on (state_enter, repeat_state)', async () => {
  const { node, trail, ask } = await begin();
  await ask('offer', null);
  node.cast(at, 'note', { text: 'x' });
  await node.advance(900);
  assert.equal(await ask('decline', null), 'the next one');
  await node.advance(900);
  assert.deepEqual(await trail(), ['quiet after null', 'ringing after quiet', 'ringing after ringing']);
  await node.advance(100);
  assert.deepEqual((await trail()).at(-1), 'quiet after ringing');
  node.cast(at, 'jump', { to: 'talking' });
  assert.deepEqual((await trail()).slice(-2), ['talking after quiet', 'talking x']);
  await node.stop();
});

test('a state without any event for its idle time is told so; each event, of whatever kind, begins that time anew (event timeout)', async () => {
  const { node, trail, ask } = await begin();
  node.cast(at, 'jump', { to: 'talking' });
  await node.advance(900);
  await ask('ring', { by: 'ann' });
  await node.advance(900);
  node.cast(at, 'bell', { ms: 900 });
  await node.advance(1_800);
  assert.ok(!(await trail()).includes('silence'));
  await node.advance(999);
  assert.ok(!(await trail()).includes('silence'));
  await node.advance(1_000);
  assert.deepEqual((await trail()).slice(-3), ['late in talking', 'silence', 'quiet after talking']);
  await node.stop();
});

test('a state that is left is not idle any more, and one that is entered again has its full time (event timeout)', async () => {
  const { node, trail } = await begin();
  node.cast(at, 'jump', { to: 'talking' });
  await node.advance(900);
  node.cast(at, 'jump', { to: 'quiet' });
  await node.advance(5_000);
  assert.ok(!(await trail()).includes('silence'));
  node.cast(at, 'jump', { to: 'talking' });
  await node.advance(1_000);
  assert.deepEqual((await trail()).slice(-2), ['silence', 'quiet after talking']);
  await node.stop();
});

test('what was postponed comes before what came later, and the idle time counts from the last of them (event_order)', async () => {
  const { node, trail } = await begin();
  for (const text of ['1', '2']) node.cast(at, 'note', { text });
  node.cast(at, 'jump', { to: 'talking' });
  node.cast(at, 'note', { text: '3' });
  await node.advance(1_000);
  assert.deepEqual((await trail()).slice(1), [
    'talking after quiet',
    'talking 1',
    'talking 2',
    'talking 3',
    'silence',
    'quiet after talking',
  ]);
  await node.stop();
});

test('a timer can be postponed like any event', async () => {
  const { node, trail } = await begin();
  node.cast(at, 'bell', { ms: 10 });
  await node.advance(100);
  node.cast(at, 'jump', { to: 'talking' });
  assert.deepEqual((await trail()).slice(1), ['talking after quiet', 'late in talking']);
  await node.stop();
});

test('a postponed call whose caller has given up is not tried again', async () => {
  const { node, trail, ask } = await begin();
  const gone = ask('ring', { by: 'ann' }, 100);
  const waits = ask('ring', { by: 'ben' }, 5_000);
  await node.advance(200);
  assert.equal(await gone, 'timeout');
  node.cast(at, 'jump', { to: 'talking' });
  assert.equal(await waits, 'hello ben');
  assert.deepEqual((await trail()).slice(1), ['talking after quiet', 'rung by ben']);
  await node.stop();
});

test('enter may stop the machine; its terminate knows the state, and the postponed are told (state_enter)', async () => {
  const { node, log, ask } = await begin();
  const waiting = ask('ring', { by: 'ann' });
  node.cast(at, 'jump', { to: 'closing' });
  assert.equal(await waiting, 'exited');
  assert.deepEqual(log, ['closing: quiet after null, closing']);
  await node.stop();
});

test('the first state is entered when the start is acknowledged: what it does wrong there is a crash (state_enter)', async () => {
  const first = await begin({ state: 'odd' });
  await first.node.settle();
  assert.match(
    first.log.join(),
    /actor crashed: Error: bell: enter of odd gave no allowed outcome; allowed: stop, undefined/,
  );
  await first.node.stop();
  const second = await begin({ state: 'closing' });
  await second.node.settle();
  assert.deepEqual(second.log, ['closing: closing']);
  await second.node.stop();
  await assert.rejects(begin({ state: 'nowhere' as never }), /bell has no state nowhere; known: quiet, ringing/);
});

test('a timeout that is no number crashes the machine in the state that it enters (abnormal4)', async () => {
  const { node, log } = await begin({ ms: Number.NaN });
  node.cast(at, 'jump', { to: 'broken' });
  await node.settle();
  assert.match(log.join(), /its milliseconds are not a number/);
  await node.stop();
});

test('a timeout of 0 comes at once, but after what waits already (state_timeout)', async () => {
  const { node, trail } = await begin({ ms: 0 });
  node.cast(at, 'jump', { to: 'broken' });
  await node.advance(1);
  assert.deepEqual(await trail(), ['quiet after null', 'quiet after broken']);
  node.cast(at, 'jump', { to: 'broken' });
  node.cast(at, 'jump', { to: 'talking' });
  await node.advance(1);
  assert.deepEqual((await trail()).at(-1), 'talking after broken');
  await node.stop();
});

test('a machine that stops may answer whom it wants before: those have their answers, the others exited (stop_and_reply)', async () => {
  for (const also of [true, false]) {
    const { node, ask } = await begin();
    const answers = [ask('finish', { also }), ask('finish', { also })];
    assert.deepEqual(await Promise.all(answers), ['first', also ? 'second' : 'exited']);
    await node.stop();
  }
});
