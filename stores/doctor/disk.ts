// Owns doctor's look at the room on a disk.
// It writes nothing.

import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { BackendFinding, Say } from './finding.ts';

const warnBytes = 1_024 ** 3;
const failBytes = 100 * 1_024 ** 2;
const gibibyte = 1_024 ** 3;

/** `directory` may not be there yet. */
export async function diskFinding(say: Say, directory: string): Promise<BackendFinding> {
  let there = directory;
  while (!existsSync(there)) there = dirname(there);
  const { bavail, bsize } = await statfs(there);
  const free = bavail * bsize;
  const message = `${(free / gibibyte).toFixed(1)} GiB free on the disk of ${directory}`;
  const about = { value: free, advice: 'make room: on a full disk nothing can be acknowledged' };
  if (free < failBytes) return say.fail('disk', message, about);
  if (free < warnBytes) return say.warn('disk', message, about);
  return say.pass('disk', message, { value: free });
}
