// Owns a thread entry that fails to load as often as a file says, for the test of threads that fail while they start.
// Otherwise it is the entry of all runtime tests.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { threadMain } from '../../runtime/mod.ts';
import { testBehaviours } from './runtime-behaviours.ts';

const file = process.env.PARLA_TEST_SHAKY ?? '';
const left = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
if (left > 0) {
  writeFileSync(file, String(left - 1));
  throw new Error('this thread does not load today');
}

export const runThread = threadMain(testBehaviours);
