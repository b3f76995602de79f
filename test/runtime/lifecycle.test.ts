// Owns the guarantees of an actor's life outside of supervisors: children of its own, terminate, what ends it.
// It never sleeps.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ChildSpec,
  defineBehaviour,
  type ExitReason,
  InitFailed,
  named,
  reply,
  startLocal,
  stop,
} from '../../runtime/mod.ts';
import { counter, failing } from '../support/runtime-behaviours.ts';
import { counterChild } from '../support/runtime-local.ts';

type ParentProtocol = {
  calls: { spawn: { request: { readonly spec: ChildSpec }; answer: string } };
  casts: { end: { readonly reason: ExitReason }; crash: null };
};

const ends: string[] = [];

const parent = defineBehaviour<ParentProtocol, { readonly terminateMs?: 'hang' | 'throw' } | null, null>({
  name: 'parent',
  init: () => null,
  calls: {
    spawn: async (_state, { spec }, context) => {
      const spawned = await context.spawn(spec);
      return reply(spawned.ok ? 'ok' : spawned.error.code);
    },
  },
  casts: {
    end: (_state, { reason }) => stop(reason),
    crash: () => {
      throw new Error('crash');
    },
  },
  terminate: (_state, reason) => {
    ends.push(typeof reason === 'string' ? reason : (Object.keys(reason)[0] ?? ''));
  },
});

async function family() {
  ends.length = 0;
  const child = { id: 'p', behaviour: 'parent', args: null, name: 'p', restart: 'temporary' } as const;
  return startLocal({
    behaviours: [parent, counter, failing],
    tree: { strategy: 'oneForOne', children: [child] },
  });
}

const p = named<ParentProtocol>('p');

test("spawn returns when the child's init has returned, or with why it failed (OTP 56)", async () => {
  const node = await family();
  const spawn = (spec: ChildSpec) => node.call(p, 'spawn', { spec });
  assert.deepEqual(await spawn(counterChild('c')), { ok: true, value: 'ok' });
  assert.ok(node.whereis('c'));
  const failingChild = (how: string) => ({ id: how, behaviour: 'failing', args: { how } });
  assert.deepEqual(await spawn(failingChild('fail')), { ok: true, value: 'unavailable' });
  assert.deepEqual(await spawn(failingChild('throw')), { ok: true, value: 'exited' });
  assert.deepEqual(await spawn({ id: 'x', behaviour: 'nobody', args: null }), { ok: true, value: 'undef' });
  assert.deepEqual(await spawn(counterChild('c')), { ok: true, value: 'alreadyStarted' });
  assert.ok(node.whereis('p'), 'a child that fails to start does not take its parent with it');
  await node.stop();
});

test('a child does not outlive its parent, however the parent ended', async () => {
  for (const reason of ['normal', 'shutdown', { crash: { name: 'E', message: '' } }] as const) {
    const node = await family();
    await node.call(p, 'spawn', { spec: counterChild('c') });
    node.cast(p, 'end', { reason });
    await node.settle();
    assert.equal(node.whereis('c'), null);
    await node.stop();
  }
});

test('terminate runs when an actor ends by itself, is shut down, or crashed in a handler', async () => {
  const first = await family();
  first.cast(p, 'end', { reason: 'normal' });
  await first.settle();
  assert.deepEqual(ends, ['normal']);
  await first.stop();
  const second = await family();
  await second.stop();
  assert.deepEqual(ends, ['shutdown']);
  const third = await family();
  third.cast(p, 'crash', null);
  await third.settle();
  assert.deepEqual(ends, ['crash']);
  await third.stop();
});

test('an async terminate may take its shutdown time and no longer (OTP 57)', async () => {
  const slow = defineBehaviour<{ calls: Record<string, never>; casts: Record<string, never> }, null, null>({
    name: 'slow',
    init: () => null,
    calls: {},
    casts: {},
    terminate: () => new Promise(() => undefined),
  });
  const child = { id: 's', behaviour: 'slow', args: null, name: 's', shutdown: 2_000 };
  const node = await startLocal({ behaviours: [slow], tree: { strategy: 'oneForOne', children: [child] } });
  let stopped = false;
  const stopping = node.stop().then(() => {
    stopped = true;
  });
  await node.advance(1_900);
  assert.equal(stopped, false);
  await node.advance(200);
  await stopping;
  assert.equal(stopped, true);
});

test('terminate can still call others: what it holds can be written', async () => {
  const writer = defineBehaviour<{ calls: Record<string, never>; casts: Record<string, never> }, null, null>({
    name: 'writer',
    init: () => null,
    calls: {},
    casts: {},
    terminate: async (_state, _reason, context) => {
      const written = await context.call(
        named<{ calls: { add: { request: { by: number }; answer: number } }; casts: Record<string, never> }>('c'),
        'add',
        { by: 3 },
      );
      ends.push(written.ok ? `written ${written.value}` : written.error.code);
    },
  });
  ends.length = 0;
  const children = [counterChild('c', { restart: 'permanent' }), { id: 'w', behaviour: 'writer', args: null }];
  const node = await startLocal({ behaviours: [counter, writer], tree: { strategy: 'oneForOne', children } });
  await node.stop();
  assert.deepEqual(ends, ['written 3']);
});

test('an InitFailed keeps its failure as it is, for the one who starts', async () => {
  const error = { code: 'closed', message: 'closed on Sundays', retryable: false, data: { day: 7 } };
  const sunday = defineBehaviour<{ calls: Record<string, never>; casts: Record<string, never> }, null, null>({
    name: 'sunday',
    init: () => {
      throw new InitFailed(error);
    },
    calls: {},
    casts: {},
  });
  const children = [{ id: 's', behaviour: 'sunday', args: null }];
  const tree = { strategy: 'oneForOne', children } as const;
  await assert.rejects(startLocal({ behaviours: [sunday], tree }), /closed: closed on Sundays/);
});
