// Owns the entry of the threads on which the stores' own tests run the real stores.
// It does nothing by itself; the runtime calls what it exports.

import { threadMain } from '../../runtime/mod.ts';
import { storeBehaviours } from '../../stores/mod.ts';

export const runThread = threadMain(storeBehaviours);
