// Owns the entry of the threads that the benchmark `faults` loses: it does not load while the process says so.
// A thread sees the environment as it was when its life began, so the edge decides for each life.

import { threadMain } from '../../runtime/mod.ts';
import { victim } from './victim.ts';

export const doesNotLoad = 'this thread does not load now';

if (process.env.PARLA_BENCH_THREADS_FAIL === '1') throw new Error(doesNotLoad);

export const runThread = threadMain([victim]);
