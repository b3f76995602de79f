// Owns the guarantees of when something leaves for another thread: what comes alone at once, what comes together as one.
// Two transports share this thread and a real channel; what has been posted is taken from its port by hand.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
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

/** What the other side said last, to the transport under test. */
async function hear(frame: unknown): Promise<void> {
  far.postMessage(frame);
  while (got.length === 0) await nextTurn();
  got = [];
}

/** One cast as the other side would send it. */
async function aWordFromThere(): Promise<unknown> {
  const other = newTransport(to.thread);
  const { port1, port2 } = new MessageChannel();
  other.connect(1, 1, port1);
  other.send(1, { kind: 'cast', to: { ...to, thread: 1 }, name: 'say', body: 'hello' });
  other.flush();
  const frame = receiveMessageOnPort(port2)?.message;
  other.close();
  return frame;
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
  const word = await aWordFromThere();
  for (let i = 0; i < 5; i++) {
    say(i);
    await saidDone();
    assert.equal(framesPosted().length, 1);
    await hear(word);
  }
});

test('while messages come together they leave together, answered or not', async () => {
  const word = await aWordFromThere();
  say('a', 'b');
  await saidDone();
  await hear(word);
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
