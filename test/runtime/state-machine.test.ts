// Owns the guarantees of state machines, after OTP's gen_statem: what a state takes, postpones, times out and enters.
// It never sleeps; the machine is a desk that a clerk opens and closes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ChildSpec,
  defineStateMachine,
  type From,
  named,
  next,
  passivate,
  postpone,
  refuse,
  reply,
  startLocal,
  stop,
} from '../../runtime/mod.ts';

type DeskProtocol = {
  calls: {
    open: { request: null; answer: string };
    close: { request: null; answer: string };
    ask: { request: { readonly text: string }; answer: string };
    state: { request: null; answer: readonly string[] };
    slowly: { request: null; answer: string };
  };
  casts: {
    note: { readonly text: string };
    odd: null;
    crash: null;
    jump: { readonly to: string };
    watch: { readonly seconds: number };
    away: null;
    end: null;
  };
};

type DeskState = 'closed' | 'open' | 'busy';

interface Desk {
  readonly trail: string[];
  openMs: number;
  waiting: From<string> | null;
}

const note = (desk: Desk, { text }: { readonly text: string }) => {
  desk.trail.push(text);
};

const desk = defineStateMachine<
  DeskProtocol,
  { readonly openMs?: number } | null,
  DeskState,
  Desk,
  'state' | 'odd' | 'crash' | 'jump' | 'watch' | 'away' | 'end'
>({
  name: 'desk',
  init: (args) => ({ state: 'closed', data: { trail: [], openMs: args?.openMs ?? 1_000, waiting: null } }),
  states: {
    closed: {
      enter: (it, _context, from) => void it.trail.push(`closed after ${from}`),
      calls: {
        open: () => next('open', reply('welcome')),
        close: () => refuse({ code: 'closed', message: 'it is closed', retryable: false }),
        ask: postpone,
        slowly: postpone,
      },
      casts: { note: postpone },
    },
    open: {
      enter: (it, _context, from) => void it.trail.push(`open after ${from}`),
      timeout: { ms: (it) => it.openMs, handle: () => next('closed') },
      calls: {
        open: () => next('open', reply('still')),
        close: () => next('closed', reply('bye')),
        ask: (it, { text }) => {
          it.trail.push(`asked ${text}`);
          return text === 'last' ? next('closed', reply('that was the last')) : reply(`answer to ${text}`);
        },
        slowly: async () => {
          await new Promise((resolve) => setImmediate(resolve));
          return next('busy', reply('slowly'));
        },
      },
      casts: { note },
    },
    busy: {
      calls: { open: postpone, close: () => next('closed', reply('closed')), ask: postpone, slowly: postpone },
      casts: { note: () => next('open') },
    },
  },
  common: {
    calls: { state: (it) => reply([...it.trail]) },
    casts: {
      odd: () => ({ outcome: 'odd' }) as never,
      crash: () => {
        throw new Error('crash');
      },
      jump: (_it, { to }) => next(to as DeskState),
      watch: (_it, { seconds }, context) => context.startTimer('bell', seconds * 1_000),
      away: () => passivate,
      end: () => stop('normal'),
    },
  },
  timers: { bell: (it, _context, state) => void it.trail.push(`bell while ${state}`) },
  terminate: (_it, _reason, context, state) => context.log('info', `ended while ${state}`),
});

const at = named<DeskProtocol>('desk');

async function stage(args: { readonly openMs?: number } | null = null) {
  const log: string[] = [];
  const child: ChildSpec = { id: 'desk', behaviour: 'desk', args, name: 'desk', restart: 'temporary' };
  const node = await startLocal({
    behaviours: [desk],
    families: [{ family: 'desks', behaviour: 'desk' }],
    tree: { strategy: 'oneForOne', children: [child] },
    log: ({ message, fields }) => log.push(`${message}${fields?.reason === undefined ? '' : `: ${fields.reason}`}`),
  });
  const ask = async (name: keyof DeskProtocol['calls'], request: unknown = null) => {
    const result = await node.call(at, name, request as never);
    return result.ok ? result.value : result.error.code;
  };
  return { node, ask, log };
}

test('each state answers in its own way, and enter runs for the first state and for each change', async () => {
  const { node, ask } = await stage();
  assert.equal(await ask('close'), 'closed');
  assert.equal(await ask('open'), 'welcome');
  assert.equal(await ask('close'), 'bye');
  assert.deepEqual(await ask('state'), ['closed after null', 'open after closed', 'closed after open']);
  await node.stop();
});

test('what is postponed is tried again after the next change of state, in the order of arrival, before newer events', async () => {
  const { node, ask } = await stage();
  const first = ask('ask', { text: 'one' });
  node.cast(at, 'note', { text: 'two' });
  const third = ask('ask', { text: 'three' });
  const opened = ask('open');
  node.cast(at, 'note', { text: 'four' });
  assert.deepEqual(await Promise.all([first, third, opened]), ['answer to one', 'answer to three', 'welcome']);
  assert.deepEqual(await ask('state'), [
    'closed after null',
    'open after closed',
    'asked one',
    'two',
    'asked three',
    'four',
  ]);
  await node.stop();
});

test('a change of state among the events that are tried again leaves the rest to that state', async () => {
  const { node, ask } = await stage();
  const asked = ['one', 'last', 'three'].map((text) => ask('ask', { text }));
  assert.equal(await ask('open'), 'welcome');
  assert.deepEqual(await Promise.all(asked.slice(0, 2)), ['answer to one', 'that was the last']);
  assert.equal(await ask('open'), 'welcome');
  assert.equal(await asked[2], 'answer to three');
  await node.stop();
});

test('to name the state that it is in changes nothing: no enter, no fresh timeout, no second try', async () => {
  const { node, ask } = await stage();
  await ask('open');
  await node.advance(900);
  assert.equal(await ask('open'), 'still');
  await node.advance(100);
  assert.deepEqual(await ask('state'), ['closed after null', 'open after closed', 'closed after open']);
  await node.stop();
});

test('a state that is left before its timeout is not timed out, and has its full time when it is entered again', async () => {
  const { node, ask } = await stage({ openMs: 500 });
  await ask('open');
  await node.advance(400);
  await ask('close');
  await ask('open');
  await node.advance(400);
  assert.equal(((await ask('state')) as string[]).at(-1), 'open after closed');
  await node.advance(100);
  assert.equal(((await ask('state')) as string[]).at(-1), 'closed after open');
  await node.stop();
});

test('named timers go on across changes of state, and know the state in which they fire', async () => {
  const { node, ask } = await stage();
  node.cast(at, 'watch', { seconds: 5 });
  await ask('open');
  await node.advance(5_000);
  assert.equal(((await ask('state')) as string[]).at(-1), 'bell while closed');
  await node.stop();
});

test('an async handler keeps its machine from taking anything else until it settles, and may change the state', async () => {
  const { node, ask } = await stage();
  await ask('open');
  const answers = [ask('slowly'), ask('ask', { text: 'meanwhile' })];
  node.cast(at, 'note', { text: 'wakes' });
  assert.deepEqual(await Promise.all(answers), ['slowly', 'answer to meanwhile']);
  await node.stop();
});

test('callers whose calls are postponed get exited when the machine ends', async () => {
  for (const cast of ['crash', 'end'] as const) {
    const { node, ask, log } = await stage();
    const waiting = ask('ask', { text: 'never' });
    node.cast(at, cast, null);
    assert.equal(await waiting, 'exited');
    assert.ok(log.includes('ended while closed'));
    await node.stop();
  }
});

test('an outcome outside of the closed list, and a state that is not there, crash the machine with what is allowed', async () => {
  const first = await stage();
  first.node.cast(at, 'odd', null);
  await first.node.settle();
  assert.match(
    first.log.join(),
    /no allowed outcome of a cast; allowed: next, repeatState, postpone, stop, passivate, undefined/,
  );
  await first.node.stop();
  const second = await stage();
  second.node.cast(at, 'jump', { to: 'nowhere' });
  await second.node.settle();
  assert.match(second.log.join(), /desk has no state nowhere; known: closed, open, busy/);
  await second.node.stop();
});

test('postponed events are bounded: at the limit they wait, one more ends the machine', async () => {
  const { node, ask, log } = await stage();
  const most = 1_000;
  for (let i = 0; i < most; i++) node.cast(at, 'note', { text: `${i}` });
  assert.equal(await ask('open'), 'welcome');
  assert.equal(((await ask('state')) as string[]).length, most + 2);
  await ask('close');
  for (let i = 0; i <= most; i++) node.cast(at, 'note', { text: `${i}` });
  await node.settle();
  assert.match(log.join(), /more than 1000 events are postponed/);
  await node.stop();
});

test('a machine can be a member of a family, and is put away when it passivates', async () => {
  const { node } = await stage();
  const member = { family: 'desks', key: 'k' };
  assert.deepEqual(await node.call<DeskProtocol, 'open'>(member, 'open', null), { ok: true, value: 'welcome' });
  node.cast<DeskProtocol, 'away'>(member, 'away', null);
  await node.settle();
  const asleep = await node.call<DeskProtocol, 'open'>({ ...member, wake: false }, 'open', null);
  assert.equal(asleep.ok ? 'ok' : asleep.error.code, 'noproc');
  await node.stop();
});

test('an observer sees the state of a machine', async () => {
  const { node, ask } = await stage();
  await ask('open');
  const { threads } = await node.inspect({ actorsTop: 5 });
  assert.equal(threads[0]?.detail?.actors.find(({ name }) => name === 'desk')?.state, 'open');
  await node.stop();
});
