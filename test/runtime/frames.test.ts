// Owns the guarantees of a batch between two threads: what was packed is unpacked, in its order and as it was.
// It starts no thread: structuredClone does to a frame what a port does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pack, unpack } from '../../runtime/frames.ts';
import type { Wire } from '../../runtime/wire.ts';

const home = { node: 'n', thread: 2, incarnation: 7 };
const to = { ...home, serial: 41 };
const from = { pid: null, thread: 1, incarnation: 3, ref: 9 };

const wires: readonly Wire[] = [
  { kind: 'cast', to, name: 'add', body: { by: 1 } },
  { kind: 'link', to, from: to },
  { kind: 'cast', to: { family: 'room', key: 'r1', wake: false }, name: 'say', body: 3 },
  { kind: 'call', to, name: 'read', body: null, from, deadline: 12.5 },
  { kind: 'call', to: { family: 'room', key: 'r1' }, name: 'read', body: [1, 3], from, deadline: 0 },
  { kind: 'answer', ref: 4, result: { ok: true, value: undefined } },
  { kind: 'answer', ref: 2 ** 40, result: { ok: false, error: { code: 'x', message: 'y', retryable: true } } },
  { kind: 'cast', to, name: 'bare', body: undefined },
  { kind: 'halt' },
];

function crossed(sent: readonly Wire[]): { readonly got: Wire[]; readonly count: number } {
  const got: Wire[] = [];
  const count = unpack(structuredClone(pack(sent)), home, (wire) => got.push(wire));
  return { got, count };
}

test('every kind of message crosses as it was, in its order, and is counted', () => {
  const { got, count } = crossed(wires);
  assert.deepEqual(got, wires);
  assert.equal(count, wires.length);
});

test('a message that looks like the marks of a frame is not taken for one', () => {
  const odd: Wire[] = [1, 2, 3, 4].map((body) => ({ kind: 'cast', to, name: '1', body }));
  assert.deepEqual(crossed(odd).got, odd);
});

test('an empty batch is empty', () => {
  assert.deepEqual(crossed([]), { got: [], count: 0 });
});
