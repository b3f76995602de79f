// Owns the entry of the threads that `durable` starts: the chat's writer, the stores, and a store that keeps nothing.
// It measures nothing.

import { chatBehaviours } from '../../actors/mod.ts';
import { threadMain } from '../../runtime/mod.ts';
import { storeBehaviours } from '../../stores/mod.ts';
import { forgetfulStore } from './forgetful-store.ts';

export const runThread = threadMain([...chatBehaviours, ...storeBehaviours, forgetfulStore]);
