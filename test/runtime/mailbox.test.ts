// Owns the guarantees of the mailbox alone: order, growth, removal, memory given back.
// Limits are the sender's side and tested with calls.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Envelope, Mailbox } from '../../runtime/mailbox.ts';

const cast = (name: string, body: unknown = null): Envelope => {
  return { kind: 'cast', name, body, from: null, deadline: null };
};
const stop: Envelope = { kind: 'stop', name: 'stop', body: 'shutdown', from: null, deadline: null };

test('messages leave in the order in which they came, across any growth and wrap', () => {
  const mailbox = new Mailbox();
  let put = 0;
  let taken = 0;
  for (const [puts, takes] of [
    [3, 2],
    [10, 5],
    [100, 90],
    [1_000, 500],
    [5, 521],
  ]) {
    for (let i = 0; i < (puts as number); i++) mailbox.push(cast(String(put++)));
    for (let i = 0; i < (takes as number); i++) assert.equal(mailbox.shift(), String(taken++));
    assert.equal(mailbox.length, put - taken);
  }
  assert.equal(mailbox.shift(), undefined);
});

test('each cast leaves with its own body, also among messages of other kinds', () => {
  for (const messages of [1, 2, 3, 9, 40]) {
    const mailbox = new Mailbox();
    for (let i = 0; i < messages; i++) mailbox.push(i % 3 === 2 ? stop : cast('said', i));
    for (let i = 0; i < messages; i++) {
      if (i % 3 !== 2) assert.equal(mailbox.firstBody, i);
      assert.equal(mailbox.shift(), i % 3 === 2 ? stop : 'said');
    }
    assert.equal(mailbox.length, 0);
  }
});

test('what is taken out at an end is whole messages: casts with name and body, the rest as they came', () => {
  const mailbox = new Mailbox();
  mailbox.pushCast('said', 1);
  mailbox.push(stop);
  mailbox.pushCast('said', null);
  assert.deepEqual(mailbox.drain(), [cast('said', 1), stop, cast('said')]);
});

test('removing some leaves the others in order', () => {
  const mailbox = new Mailbox();
  for (let i = 0; i < 20; i++) mailbox.push(cast(String(i)));
  mailbox.remove(({ name }) => Number(name) % 3 === 0);
  const left = mailbox.drain().map(({ name }) => Number(name));
  assert.deepEqual(left, [1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17, 19]);
});

test('after a burst of 100,000 an empty mailbox works on', () => {
  const mailbox = new Mailbox();
  for (let i = 0; i < 100_000; i++) mailbox.push(cast('x'));
  for (let i = 0; i < 100_000; i++) mailbox.shift();
  assert.equal(mailbox.length, 0);
  mailbox.push(cast('again'));
  assert.equal(mailbox.shift(), 'again');
});
