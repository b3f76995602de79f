// Owns the entry of the threads that the runtime's own tests start: the same behaviours as on the edge.
// It does nothing by itself; the runtime calls what it exports.

import { threadMain } from '../../runtime/mod.ts';
import { testBehaviours } from './runtime-behaviours.ts';

export const runThread = threadMain(testBehaviours);
