// Owns the guarantees of a batch between two threads: what was packed is unpacked, in its order and as it was.
// It starts no thread: structuredClone does to a frame what a port does.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { Desk, Packer, Unpacker } from '../../runtime/frames.ts';
import { textsMax } from '../../runtime/texts.ts';
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

function newPacker(): Packer {
  return new Packer(sender, new Desk());
}

function crossed(sent: readonly Wire[]): { readonly got: Wire[]; readonly count: number } {
  const got: Wire[] = [];
  let count = 0;
  newPacker().pack(sent, 0, (packed) => {
    count = new Unpacker(home, sender).unpack(structuredClone(packed), (wire) => got.push(wire));
  });
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
  const packer = newPacker();
  const unpacker = new Unpacker(home, sender);
  return (sent: readonly Wire[]): Wire[] => {
    const got: Wire[] = [];
    packer.pack(sent, 0, (packed) => unpacker.unpack(structuredClone(packed), (wire) => got.push(wire)));
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

test('a body seen often crosses as one seen first, whatever its fields are called', () => {
  const send = way();
  const odd = {
    "it's": 1,
    'a "b"': 'two',
    'back\\slash': 3,
    '${by}': 4,
    '\u2028': 5,
    '*/ } //': 6,
    constructor: 7,
    '': 8,
  };
  for (const body of [odd, { by: 1, text: 'hello', at: -0 }, {}, { toString: 'no method', valueOf: 1 }]) {
    for (let round = 0; round < 40; round++) {
      const [got] = send(casts([body])).map((wire) => 'body' in wire && wire.body);
      assert.deepEqual(got, body);
      assert.deepEqual(Object.keys(got as object), Object.keys(body));
    }
  }
});

test('what a body inherits does not cross, even when it has the fields of another that does', () => {
  const send = way();
  const bodies = [{ by: 1, text: 'own' }, Object.create({ by: 1, text: 'inherited' }), Object.create(null), { by: 2 }];
  const half = Object.assign(Object.create({ text: 'inherited' }), { by: 1 });
  for (let round = 0; round < 40; round++) {
    const got = send(casts([...bodies, half])).map((wire) => 'body' in wire && wire.body);
    assert.deepEqual(got, [{ by: 1, text: 'own' }, {}, {}, { by: 2 }, { by: 1 }]);
  }
});

test('a body whose getter sends something itself while it is packed crosses whole', () => {
  const packer = newPacker();
  const unpacker = new Unpacker(home, sender);
  const inner: Wire[] = casts(Array.from({ length: 200 }, (_, i) => ({ by: i })));
  const got: Wire[] = [];
  const send = (sent: readonly Wire[]) =>
    packer.pack(sent, 0, (packed) => unpacker.unpack(structuredClone(packed), (wire) => got.push(wire)));
  let nested = 0;
  const sly = {
    by: 1,
    get at() {
      nested++;
      send(inner);
      return 2;
    },
    seq: 3,
  };
  send(casts([{ by: 0, at: 0, seq: 0 }, sly, { by: 4, at: 5, seq: 6 }]));
  assert.ok(nested > 0);
  const outer = casts([
    { by: 0, at: 0, seq: 0 },
    { by: 1, at: 2, seq: 3 },
    { by: 4, at: 5, seq: 6 },
  ]);
  assert.deepEqual(got, [...Array.from({ length: nested }, () => inner).flat(), ...outer]);
  got.length = 0;
  send([...outer, ...inner]);
  assert.deepEqual(got, [...outer, ...inner]);
});

test('a frame that could not be posted has told nothing that a later one relies on', () => {
  const packer = newPacker();
  const unpacker = new Unpacker(home, sender);
  const sent = casts([{ by: 1, text: 'hello' }], 'say');
  const unsendable = casts([{ by: 1, text: () => 'no plain data' }], 'say');
  const got: Wire[] = [];
  const send = (wires: readonly Wire[]) =>
    packer.pack(wires, 0, (packed) => unpacker.unpack(structuredClone(packed), (wire) => got.push(wire)));
  assert.throws(() => send(unsendable), { name: 'DataCloneError' });
  send(sent);
  assert.throws(() => send(unsendable), { name: 'DataCloneError' });
  send(sent);
  assert.deepEqual(got, [...sent, ...sent]);
});

test('a name crosses in words once, and by its place from then on', () => {
  const packer = newPacker();
  const frames: string[] = [];
  for (let i = 0; i < 3; i++) {
    packer.pack(casts([{ by: i }], 'sayHello'), 0, (packed) => frames.push(JSON.stringify(packed)));
  }
  assert.deepEqual(
    frames.map((frame) => frame.includes('sayHello')),
    [true, false, false],
  );
});

test('more names than a thread keeps cross all the same, those it keeps and those it does not', () => {
  const send = way();
  const names = Array.from({ length: textsMax + 100 }, (_, i) => `name${i}`);
  const wires = names.flatMap((name) => casts([null], name));
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(send(wires), wires);
    for (const wire of [...wires.slice(0, 3), ...wires.slice(-3)]) assert.deepEqual(send([wire]), [wire]);
  }
});

test('where no code may be made of text, bodies cross all the same', () => {
  const script = `
    import { Desk, Packer, Unpacker } from ${JSON.stringify(new URL('../../runtime/frames.ts', import.meta.url).href)};
    const home = { node: 'n', thread: 1, incarnation: 1 };
    const packer = new Packer(home, new Desk());
    const unpacker = new Unpacker(home, home);
    let sum = 0;
    for (let by = 1; by <= 40; by++) {
      const wire = { kind: 'cast', to: { ...home, serial: 1 }, name: 'add', body: { by } };
      packer.pack([wire], 0, (packed) => unpacker.unpack(packed, ({ body }) => (sum += body.by)));
    }
    console.log(sum);`;
  const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', script];
  assert.equal(execFileSync(process.execPath, flags, { encoding: 'utf8' }).trim(), '820');
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
