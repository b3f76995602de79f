// Owns the entry of the threads that the observer's tests start: counters, one under the name of each kind of actor.
// It does nothing by itself; the runtime calls what it exports.

import { threadMain } from '../../runtime/mod.ts';
import { counter } from './runtime-behaviours.ts';

export const observedBehaviours = ['counter', 'site', 'operator', 'room', 'session'].map((name) => ({
  ...counter,
  name,
}));

export const runThread = threadMain(observedBehaviours);
