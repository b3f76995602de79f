// Owns the entry of every scheduler and gate thread: the table of behaviours that all of them know.
// It knows no edge: what shares memory with sockets lives on the main thread only.

import { chatBehaviours } from '../actors/mod.ts';
import { threadMain } from '../runtime/mod.ts';
import { storeBehaviours } from '../stores/mod.ts';

/** The runtime's pool calls it by this name, once for the life of the thread. */
export const runThread = threadMain([...chatBehaviours, ...storeBehaviours]);
