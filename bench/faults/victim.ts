// Owns the actor of the benchmark `faults` and the ten ways in which it takes its thread with it.
// It is what no actor should be.

import { pbkdf2Sync } from 'node:crypto';
import { type Address, allowBlocking, defineBehaviour, type FamilySpec, keyed, reply } from '../../runtime/mod.ts';

/** Each with the reason that the node must give. Those that the watchdog ends stand apart: it ends one thread a second. */
export const faults = [
  { fault: 'spin', how: 'endless loop', reason: /^stuck: spun/ },
  { fault: 'throwLater', how: 'uncaught exception in a timer', reason: /exit/ },
  { fault: 'backtrack', how: 'catastrophic regular expression', reason: /^stuck: spun/ },
  { fault: 'rejectLater', how: 'unhandled rejection', reason: /exit/ },
  { fault: 'wait', how: 'Atomics.wait', reason: /^stuck: silent/ },
  { fault: 'exitProcess', how: 'process.exit', reason: /exit/ },
  { fault: 'native', how: 'synchronous native call', reason: /^stuck: spun/ },
  { fault: 'failToStart', how: 'fails three times to start', reason: /^ended on request/ },
  { fault: 'buffers', how: 'buffers beyond their limit', reason: /^buffers: / },
  { fault: 'heap', how: 'heap beyond its limit', reason: /memory limit/ },
] as const;

export type FaultName = (typeof faults)[number]['fault'];
/** All but the one that is no actor's doing. */
type VictimsFault = Exclude<FaultName, 'failToStart'>;

export type VictimProtocol = {
  calls: { hello: { request: null; answer: string } };
  casts: { readonly [N in VictimsFault]: null };
};

const mib = 1024 ** 2;
export const heapBytesMax = 32 * mib;
export const bufferBytesMax = 64 * mib;
const bufferBytesEach = 8 * mib;
/** Much longer than the watchdog of the benchmark waits for evidence. */
export const nativeRounds = 3_000_000;
const itemsEach = 10_000;

export const victim = defineBehaviour<VictimProtocol, unknown, unknown[]>({
  name: 'victim',
  init: () => [],
  calls: { hello: () => reply('hello') },
  casts: {
    spin: () => {
      for (;;);
    },
    backtrack: () => {
      /^(a+)+$/.test(`${'a'.repeat(60)}!`);
    },
    wait: () => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    },
    native: () => {
      pbkdf2Sync('p', 's', nativeRounds, 32, 'sha256');
    },
    throwLater: () => {
      setTimeout(() => {
        throw new Error('thrown in a timer');
      }, 1);
    },
    rejectLater: () => {
      void Promise.reject(new Error('rejected without an owner'));
    },
    exitProcess: () => process.exit(3),
    buffers: async (hoard) => {
      for (let bytes = 0; bytes <= bufferBytesMax; bytes += bufferBytesEach) {
        hoard.push(Buffer.alloc(bufferBytesEach, 1));
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    heap: (hoard) => {
      // The collector works hard near the limit: without this it would be taken for an endless loop.
      allowBlocking(Number.POSITIVE_INFINITY);
      for (;;) hoard.push(Array.from({ length: itemsEach }, (_, i) => i + 0.5));
    },
  },
});

export const victims: FamilySpec = { family: 'victims', behaviour: 'victim' };

export function victimAt(key: string): Address<VictimProtocol> {
  return keyed('victims', key);
}
