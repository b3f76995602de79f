// Owns what a spare thread does while it waits: the work of its first moment, with actors that exist for nobody else.
// It never touches the node, and ends when the thread's own life begins.
//
// Code that has not run yet is not compiled, and 10,000 actors at once are the worst time to find that out: a spare that
// has rehearsed brings them back with 36 ms of CPU instead of 46 (medians of four, in turn).

import { MessageChannel } from 'node:worker_threads';
import { keyed } from './address.ts';
import { defineBehaviour } from './behaviour.ts';
import { systemChance, systemClock } from './clock.ts';
import { arbiterNames } from './names.ts';
import { reply } from './outcome.ts';
import { ActorThread } from './thread.ts';
import { edgeThread } from './topology.ts';

const family = 'extras';
const stageThread = 1;
/** So many at a time, that the thread's own life need not wait for more. */
const roundActors = 500;
/** More of them changed nothing. */
const rounds = 10;

type ExtraProtocol = { calls: { hello: { request: null; answer: null } }; casts: Record<never, never> };

const extra = defineBehaviour<ExtraProtocol, unknown, { greeted: number }>({
  name: 'extra',
  init: () => ({ greeted: 0 }),
  calls: {
    hello: (state) => {
      state.greeted++;
      return reply(null);
    },
  },
  casts: {},
});

/** A caller and a stage, joined by a real port; each call makes an actor there, and is answered. */
export async function rehearse(mayGoOn: () => boolean): Promise<void> {
  const caller = onStage(edgeThread);
  const stage = onStage(stageThread);
  const { port1, port2 } = new MessageChannel();
  caller.transport.connect(stageThread, 1, port1);
  stage.transport.connect(edgeThread, 1, port2);
  for (let round = 0; round < rounds && mayGoOn(); round++) {
    const call = (_: unknown, i: number) => caller.callFromOutside(keyed(family, `${round}.${i}`), 'hello', null);
    await Promise.all(Array.from({ length: roundActors }, call));
  }
  caller.halt();
  stage.halt();
}

function onStage(thread: number): ActorThread {
  return new ActorThread({
    node: 'rehearsal',
    thread,
    incarnation: 1,
    topology: { schedulers: 1, gates: [] },
    clock: systemClock(),
    chance: systemChance(),
    behaviours: [extra],
    families: thread === stageThread ? [{ family, behaviour: extra.name }] : [],
    log: () => undefined,
    crashed: () => undefined,
    names: ({ registry }) => {
      return arbiterNames({ registry, tell: () => undefined, hear: () => Promise.resolve(), isLive: () => true });
    },
    control: () => undefined,
  });
}
