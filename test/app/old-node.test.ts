// Owns the proof that somebody with an old Node is told what to do, in one line.
// It runs where such a Node is installed beside this one.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { entry } from '../support/parla-process.ts';

const candidates = ['/usr/bin/node', '/usr/local/bin/node', '/usr/bin/nodejs'];
const old = candidates.find((path) => {
  const version = /^v(\d+)\./.exec(spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout ?? '');
  return version !== null && Number(version[1]) < 24;
});

// A plain return, no skip: a machine whose own Node is new enough has nothing to prove here.
if (old !== undefined) {
  test('an old Node says in one line which Node is needed and how to get it', () => {
    const end = spawnSync(old, [entry, 'start'], { encoding: 'utf8' });
    assert.equal(end.status, 1);
    assert.equal(end.stdout, '');
    assert.match(end.stderr, /^Parla needs Node 24 or newer and this is v\d+\.\d+\.\d+: .*npm start.*\n$/);
  });
}
