// Owns the guarantees of starting children on one's own thread: in which order things happen, who hears of a failed
// start that nobody waited for, and that many starts in a row leave others their time. It never sleeps.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ChildSpec, defineBehaviour, InitFailed, type Pid, startLocal } from '../../runtime/mod.ts';
import type { Process } from '../../runtime/process.ts';
import { RunQueue } from '../../runtime/run-queue.ts';

interface ChildArgs {
  readonly name: string;
  readonly fails?: boolean;
}

type ChildProtocol = { calls: Record<never, never>; casts: { say: { readonly word: string } } };
type ParentProtocol = {
  calls: Record<never, never>;
  casts: { awaited: null; linked: ChildArgs; chain: null; elsewhere: ChildSpec };
};

const parentAt = { name: 'parent' };

/** What happened, in order. */
function story(traps = false) {
  const told: string[] = [];
  const pids: Pid[] = [];
  const specOf = (args: ChildArgs): ChildSpec => ({ id: args.name, behaviour: 'child', args, restart: 'temporary' });
  const child = defineBehaviour<ChildProtocol, ChildArgs, ChildArgs>({
    name: 'child',
    init: (args) => {
      told.push(`${args.name} begins`);
      if (args.fails) throw new InitFailed({ code: 'noLuck', message: 'as the test wants', retryable: false });
      return args;
    },
    calls: {},
    casts: {
      say: ({ name }, { word }) => {
        told.push(`${name} hears ${word}`);
      },
    },
  });
  const link = defineBehaviour<ChildProtocol, { readonly left: number }, null>({
    name: 'link',
    init: ({ left }, context) => {
      if (left === 0) told.push('the last of the chain begins');
      else void context.spawn({ id: 'next', behaviour: 'link', args: { left: left - 1 } });
      return null;
    },
    calls: {},
    casts: { say: () => undefined },
  });
  const parent = defineBehaviour<ParentProtocol, null, null>({
    name: 'parent',
    init: (_args, context) => {
      if (traps) context.trapExit();
      return null;
    },
    calls: {},
    casts: {
      awaited: async (_state, _message, context) => {
        const starting = context.spawn(specOf({ name: 'a' }));
        told.push('its parent goes on');
        await starting;
      },
      linked: (_state, args, context) => {
        const pid = context.spawnLink(specOf(args));
        pids.push(pid);
        context.cast<ChildProtocol, 'say'>(pid, 'say', { word: 'one' });
        context.cast<ChildProtocol, 'say'>(pid, 'say', { word: 'two' });
        told.push('its parent goes on');
      },
      chain: (_state, _message, context) => {
        void context.spawn({ id: 'first', behaviour: 'link', args: { left: 10_000 } });
      },
      elsewhere: (_state, spec, context) => {
        context.spawnLink(spec);
      },
    },
    info: (_state, info) => {
      if (info.type !== 'exit') return;
      const from = pids.findIndex(({ serial }) => serial === info.pid.serial);
      told.push(`exit of ${from}: ${JSON.stringify(info.reason)}`);
    },
  });
  const tree = {
    strategy: 'oneForOne' as const,
    children: [{ id: 'p', behaviour: 'parent', args: null, name: 'parent', restart: 'temporary' as const }],
  };
  return { told, start: () => startLocal({ behaviours: [child, link, parent], tree }) };
}

test("a child's init comes before anything that its parent does after the spawn, as in OTP", async () => {
  const { told, start } = story();
  const node = await start();
  node.cast(parentAt, 'awaited', null);
  await node.settle();
  assert.deepEqual(told, ['a begins', 'its parent goes on']);
  await node.stop();
});

test('spawnLink gives the pid at once: what is sent to it waits for its init, in order', async () => {
  const { told, start } = story();
  const node = await start();
  node.cast(parentAt, 'linked', { name: 'b' });
  await node.settle();
  assert.deepEqual(told, ['its parent goes on', 'b begins', 'b hears one', 'b hears two']);
  await node.stop();
});

test('a child of spawnLink that fails in init ends as any linked actor: a parent that traps exits is told', async () => {
  const { told, start } = story(true);
  const node = await start();
  node.cast(parentAt, 'linked', { name: 'c', fails: true });
  await node.settle();
  const failure = { failure: { code: 'noLuck', message: 'as the test wants', retryable: false } };
  assert.deepEqual(told, ['its parent goes on', 'c begins', `exit of 0: ${JSON.stringify(failure)}`]);
  assert.ok(node.whereis('parent'));
  await node.stop();
});

test('a child of spawnLink that fails in init ends a parent that does not trap exits', async () => {
  const { start } = story();
  const node = await start();
  node.cast(parentAt, 'linked', { name: 'c', fails: true });
  await node.settle();
  assert.equal(node.whereis('parent'), null);
  await node.stop();
});

test('spawnLink of a behaviour that nobody knows crashes the one who asked for it, and says the name', async () => {
  const { start } = story();
  const node = await start();
  node.cast(parentAt, 'elsewhere', { id: 'x', behaviour: 'stranger', args: null });
  await node.settle();
  const { crashReports } = await node.inspect();
  assert.match(crashReports.at(-1)?.reason ?? '', /stranger/);
  await node.stop();
});

test('a chain of 10,000 starts, each in the init of the one before, does not end the stack', async () => {
  const { told, start } = story();
  const node = await start();
  node.cast(parentAt, 'chain', null);
  await node.settle();
  assert.deepEqual(told, ['the last of the chain begins']);
  await node.stop();
});

test('starts inside a turn use up its slice: then the next one waits for a slice of its own', () => {
  let now = 0;
  const entered = (msOf: (starts: number) => number): number => {
    const queue = new RunQueue(
      (_process: Process) => undefined,
      () => 0,
      () => now,
    );
    for (let starts = 0; ; starts++) {
      if (!queue.enter()) return starts;
      now += msOf(starts);
      queue.leave();
    }
  };
  const [quick, slow] = [entered(() => 0), entered(() => 2)];
  const slowAfterQuick = entered((starts) => (starts < 20 ? 0 : 2)) - 20;
  assert.ok(quick > 100 && quick <= 512, `${quick} quick ones in a row`);
  assert.ok(slow >= 2 && slow <= 8, `${slow} of 2 ms in a row, in a slice of 5 ms`);
  assert.ok(slowAfterQuick <= 16, `${slowAfterQuick} of 2 ms in a row after 20 quick ones, in a slice of 5 ms`);
});
