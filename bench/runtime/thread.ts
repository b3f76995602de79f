// Owns the entry of the worker threads that the runtime's benchmark starts: its behaviours and nothing of the chat.
// It measures nothing.

import { threadMain } from '../../runtime/mod.ts';
import { benchBehaviours } from './behaviours.ts';

export const runThread = threadMain(benchBehaviours);
