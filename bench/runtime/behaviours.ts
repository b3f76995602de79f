// Owns the table of the benchmark's behaviours, which every thread of it knows.
// It contains nothing but names.

import { type Address, type AnyBehaviour, defineBehaviour, type FamilySpec, keyed, reply } from '../../runtime/mod.ts';
import * as messages from './savina.ts';
import * as across from './savina-across.ts';
import * as lives from './savina-lives.ts';

export type SleeperProtocol = {
  calls: { hello: { request: null; answer: string } };
  casts: { spin: null };
};

/** Does nothing, or gets its thread stuck. */
export const sleeper = defineBehaviour<SleeperProtocol, unknown, { greeted: number }>({
  name: 'sleeper',
  init: () => ({ greeted: 0 }),
  calls: {
    hello: (state) => {
      state.greeted++;
      return reply('hello');
    },
  },
  casts: {
    spin: () => {
      for (;;);
    },
  },
});

export function sleeperAt(key: string): Address<SleeperProtocol> {
  return keyed('sleeper', key);
}

const { count, cast, ask, callAwaited, pong, pingPong, hop, ring, crowd, big, chameneo, mall } = messages;
const { fibActor, fib, brief, forkJoin, spawnPlain, spawnSupervised, mortal, restart } = lives;
const { castObjects, castEncoded } = across;

const drivers: readonly AnyBehaviour[] = [
  cast,
  ask,
  callAwaited,
  pingPong,
  ring,
  big,
  mall,
  fib,
  forkJoin,
  spawnPlain,
  spawnSupervised,
  restart,
  castObjects,
  castEncoded,
];

export const benchBehaviours: readonly AnyBehaviour[] = [
  ...drivers,
  ...[count, pong, hop, crowd, chameneo, fibActor, brief, mortal, sleeper],
];

/** A round may take long on a crowded machine, and its own messages are never refused. */
const roomy = { handlerDeadlineMs: 120_000, mailboxMessagesMax: 10_000_000 };

/** Each driver is the one member of a family of its name, so that a message makes it. */
export const benchFamilies: readonly FamilySpec[] = [
  ...drivers.map(({ name }) => ({ family: name, behaviour: name, ...roomy })),
  { family: 'sleeper', behaviour: 'sleeper' },
];

export function driverOf(shape: string, key = 'one'): Address<messages.DriverProtocol> {
  return keyed(shape, key);
}
