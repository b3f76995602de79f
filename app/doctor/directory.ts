// Owns doctor's look at the data directory: is it there, ours, writable, and closed to others.
// It never makes or changes it.

import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DataDir } from '../data-dir.ts';
import { type Finding, fail, pass, warn } from './finding.ts';

const check = 'data directory';
const othersBits = 0o077;

export function directoryFinding({ path }: DataDir): Finding {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  if (mode === undefined) return parentFinding(path);
  if (!writable(path)) return fail(check, `${path} is not writable for this user`);
  if ((mode & othersBits) !== 0) return warn(check, `${path} is open to other users; the next start closes it`);
  return pass(check, path);
}

function parentFinding(path: string): Finding {
  let parent = dirname(path);
  while (statSync(parent, { throwIfNoEntry: false }) === undefined) parent = dirname(parent);
  if (!writable(parent)) return fail(check, `${path} is not there, and ${parent} is not writable for this user`);
  return pass(check, `${path} is made by the first start`);
}

function writable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return true;
  } catch {
    // The system's way to say no.
    return false;
  }
}
