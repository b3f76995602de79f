// Owns the guarantees of when something leaves for another thread: what comes alone at once, what comes together as one.
// Two transports share this thread and a real channel; what has been posted is taken from its port by hand.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { Desk, Packer } from '../../runtime/frames.ts';
import { Transport } from '../../runtime/transport.ts';

const to = { node: 'n', thread: 2, incarnation: 1, serial: 1 };

let transport: Transport;
let far: MessagePort;
let got: unknown[];

beforeEach(() => {
  got = [];
  transport = newTransport(1);
  const { port1, port2 } = new MessageChannel();
  far = port2;
  transport.connect(to.thread, to.incarnation, port1);
});

afterEach(() => transport.close());

function newTransport(thread: number): Transport {
  const made = new Transport();
  made.open({
    ...{ node: 'n', thread, incarnation: 1 },
    arrived: (wire) => got.push(wire.kind === 'cast' ? wire.body : wire.kind),
    unsendable: () => assert.fail('nothing is unsendable'),
  });
  return made;
}

function say(...bodies: unknown[]): void {
  for (const body of bodies) transport.send(to.thread, { kind: 'cast', to, name: 'say', body });
}

const saidDone = () => Promise.resolve();

function framesPosted(): unknown[] {
  const frames: unknown[] = [];
  for (let next = receiveMessageOnPort(far); next !== undefined; next = receiveMessageOnPort(far)) {
    frames.push(next.message);
  }
  return frames;
}

/** The other side says something, as a transport would. */
async function aWordFromThere(): Promise<void> {
  const other = new Packer({ node: 'n', thread: to.thread, incarnation: 1 }, new Desk());
  const word = { kind: 'cast', to: { ...to, thread: 1 }, name: 'say', body: 'hello' } as const;
  other.pack([word], 0, (packed) => far.postMessage(packed));
  while (got.length === 0) await nextTurn();
  got = [];
}

test('a message by itself leaves when what sent it is done, without waiting for the turn to end', async () => {
  say('a');
  await saidDone();
  assert.equal(framesPosted().length, 1);
});

test('what is sent in one go leaves as one', async () => {
  say('a', 'b', 'c');
  await saidDone();
  assert.equal(framesPosted().length, 1);
});

test('of many messages sent one by one in one turn the first leaves by itself, and the others together', async () => {
  for (let i = 0; i < 20; i++) {
    say(i);
    await saidDone();
  }
  assert.equal(framesPosted().length, 1);
  await nextTurn();
  assert.equal(framesPosted().length, 1);
});

test('after an answer the next message leaves at once again', async () => {
  for (let i = 0; i < 5; i++) {
    say(i);
    await saidDone();
    assert.equal(framesPosted().length, 1);
    await aWordFromThere();
  }
});

test('while messages come together they leave together, answered or not', async () => {
  say('a', 'b');
  await saidDone();
  await aWordFromThere();
  framesPosted();
  say('c');
  await saidDone();
  say('d');
  await saidDone();
  assert.equal(framesPosted().length, 0);
  await nextTurn();
  assert.equal(framesPosted().length, 1);
});

test('messages that leave at once and those that wait arrive in the order in which they were sent', async () => {
  const receiver = newTransport(to.thread);
  receiver.connect(1, 1, far);
  const sent = Array.from({ length: 50 }, (_, i) => i);
  for (const i of sent) {
    say(i);
    if (i % 3 === 0) await saidDone();
    if (i % 7 === 0) await nextTurn();
  }
  while (got.length < sent.length) await nextTurn();
  assert.deepEqual(got, sent);
  receiver.close();
});
