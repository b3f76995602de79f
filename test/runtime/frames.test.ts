// Owns the guarantees of a batch between two threads: what was packed is unpacked, in its order and as it was.
// It starts no thread: structuredClone does to a frame what a port does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Packer, Unpacker } from '../../runtime/frames.ts';
import type { Wire } from '../../runtime/wire.ts';

const home = { node: 'n', thread: 2, incarnation: 7 };
const sender = { node: 'n', thread: 1, incarnation: 3 };
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
  const packed = new Packer(sender).pack(sent);
  const count = new Unpacker(home).unpack(structuredClone(packed), sender, (wire) => got.push(wire));
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

/** One way from one thread to another, as long as both live. */
function way() {
  const packer = new Packer(sender);
  const unpacker = new Unpacker(home);
  return (sent: readonly Wire[]): Wire[] => {
    const got: Wire[] = [];
    unpacker.unpack(structuredClone(packer.pack(sent)), sender, (wire) => got.push(wire));
    return got;
  };
}

function casts(bodies: readonly unknown[], name = 'add'): Wire[] {
  return bodies.map((body) => ({ kind: 'cast', to, name, body }));
}

test('bodies of every plain kind cross as structured cloning would carry them, alone and in a crowd', () => {
  const bodies: readonly unknown[] = [
    ...[undefined, null, true, 0, -0, Number.NaN, Number.POSITIVE_INFINITY, 2n ** 70n, '', 'text', '\ud800'],
    ...[{}, { by: 1 }, { by: 'one' }, { by: undefined }, { by: 1, more: { by: 2, list: [1, { by: 3 }] } }],
    ...[[1, 2], [], new Map([[1, { by: 1 }]]), new Uint8Array([1, 2]), new Date(0), { 7: 'seven', 1: 1, by: -0 }],
    ...[JSON.parse('{"__proto__": {"by": 1}}'), { 'line\nbreak': 1 }, { 'by#': 1 }, { '': 5 }],
    Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`field${i}`, i])),
  ];
  const send = way();
  for (const body of bodies) assert.deepEqual(send(casts([body])), casts([structuredClone(body)]));
  const crowd = Array.from({ length: 100 }, () => bodies).flat();
  assert.deepEqual(send(casts(crowd)), casts(structuredClone(crowd)));
});

test('the order of the fields of a body stays', () => {
  const send = way();
  const bodies = [{ a: 1, b: 2 }, { b: 1, a: 2 }, { a: 1 }, { a: 1, b: 2, c: 3 }, { b: 1 }];
  for (let round = 0; round < 2; round++) {
    const got = send(casts(bodies)).map((wire) => JSON.stringify('body' in wire && wire.body));
    assert.deepEqual(
      got,
      bodies.map((body) => JSON.stringify(body)),
    );
  }
});

test('bodies that have other fields each time, as dictionaries do, cross as they are', () => {
  const send = way();
  const bodies = Array.from({ length: 5_000 }, (_, i) => ({ [`key${i}`]: i, text: i % 2 === 0 ? i : 'odd' }));
  assert.deepEqual(send(casts(bodies)), casts(bodies));
  const names = Array.from({ length: 3_000 }, (_, i) => `name${i}`);
  const wires = names.flatMap((name) => casts([{ by: 1, name }], name));
  assert.deepEqual(send(wires), wires);
});

test('what is told to many in a row is the same object for each, and no other', () => {
  const news = { at: 1, text: 'hello' };
  const send = way();
  const bodies = send(casts([news, news, null, news, { ...news }, news])).map((wire) => 'body' in wire && wire.body);
  assert.deepEqual(bodies, [news, news, null, news, news, news]);
  assert.equal(bodies[1], bodies[0]);
  assert.equal(bodies[3], bodies[0]);
  assert.notEqual(bodies[4], bodies[0]);
  assert.notEqual(bodies[5], bodies[4]);
});

test('a call bears its caller, whoever that is', () => {
  const call = { kind: 'call', to, name: 'read', body: { by: 1 }, deadline: Number.POSITIVE_INFINITY } as const;
  const pid = { ...sender, serial: 12 };
  const callers = [
    { ...sender, ref: 1, pid },
    { ...sender, ref: 2, pid: null },
    { ...sender, ref: 3, pid: { ...pid, node: 'far' } },
    { ...sender, ref: 4, thread: 9, pid: null },
  ];
  const calls: Wire[] = callers.map(({ pid: who, thread, incarnation, ref }) => ({
    ...call,
    from: { pid: who, thread, incarnation, ref },
  }));
  assert.deepEqual(way()(calls), calls);
});
