// Owns the typed example of README.md: an actor under a supervisor, and a test that holds its time in hand.
// It starts no thread; the same behaviour runs on threads when a node is started with `startNode`.

import { defineBehaviour, named, reply, startLocal } from 'parla/runtime';

type KettleProtocol = {
  calls: { temperature: { request: null; answer: number } };
  casts: { heat: { readonly to: number } };
};

const kettle = defineBehaviour<KettleProtocol, { readonly start: number }, { degrees: number; goal: number }>({
  name: 'kettle',
  init: ({ start }) => ({ degrees: start, goal: start }),
  calls: { temperature: ({ degrees }) => reply(degrees) },
  casts: {
    heat(state, { to }, context) {
      if (to > 100) throw new RangeError('it would boil over');
      state.goal = to;
      context.startTimer('warmer', 1_000);
    },
  },
  timers: {
    warmer(state, context) {
      state.degrees += 10;
      if (state.degrees < state.goal) context.startTimer('warmer', 1_000);
    },
  },
});

const child = { id: 'kettle', behaviour: 'kettle', args: { start: 20 }, name: 'kettle' };
const node = await startLocal({ behaviours: [kettle], tree: { strategy: 'oneForOne', children: [child] } });
const at = named<KettleProtocol>('kettle');

node.cast(at, 'heat', { to: 50 });
await node.advance(3_000);
console.log(await node.call(at, 'temperature', null)); // { ok: true, value: 50 }

node.cast(at, 'heat', { to: 500 }); // It crashes, and its supervisor starts it anew.
await node.settle();
console.log(await node.call(at, 'temperature', null)); // { ok: true, value: 20 }
await node.stop();
