// Owns the proof that the books of a load run notice what they are there for: a loss, a double, a wrong order.
// It starts no server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isClean, Ledger } from '../../bench/mod.ts';

/** One question, kept and seen by all, and one answer. */
function goodBooks(): Ledger {
  const ledger = new Ledger();
  ledger.visitorKept('question', { session: 's1', id: 'm1', seq: 1 });
  ledger.visitorSaw('s1', { id: 'm1', seq: 1, text: 'question', fromVisitor: true });
  ledger.operatorSaw('anna', { session: 's1', id: 'm1', text: 'question' });
  ledger.operatorSent('answer', 's1');
  ledger.operatorKept('answer');
  ledger.visitorSaw('s1', { id: 'm2', seq: 2, text: 'answer', fromVisitor: false });
  return ledger;
}

test('a run where everybody saw everything once and in order is clean', () => {
  assert.ok(isClean(goodBooks().verdict()));
});

test('a kept message that no operator saw is a loss', () => {
  const ledger = goodBooks();
  ledger.visitorKept('second', { session: 's1', id: 'm3', seq: 3 });
  ledger.visitorSaw('s1', { id: 'm3', seq: 3, text: 'second', fromVisitor: true });
  assert.deepEqual(ledger.verdict().lost, ['no operator saw m3 (second)']);
});

test('a message that an operator saw under another id than its sender was told is a loss', () => {
  const ledger = goodBooks();
  ledger.visitorKept('second', { session: 's1', id: 'm3', seq: 3 });
  ledger.visitorSaw('s1', { id: 'm3', seq: 3, text: 'second', fromVisitor: true });
  ledger.operatorSaw('anna', { session: 's1', id: 'm9', text: 'second' });
  assert.equal(ledger.verdict().lost.length, 1);
});

test('an acknowledged answer that its visitor never saw is a loss, and one that was not acknowledged is none', () => {
  const ledger = goodBooks();
  ledger.operatorSent('kept', 's1');
  ledger.operatorKept('kept');
  ledger.operatorSent('not kept', 's1');
  assert.deepEqual(ledger.verdict().lost, ['the visitor never saw (kept)']);
  assert.equal(ledger.unkeptAnswers(), 1);
});

test('the same id shown twice is a double, and so is the same text under two ids', () => {
  const again = goodBooks();
  again.operatorSaw('anna', { session: 's1', id: 'm1', text: 'question' });
  assert.equal(again.verdict().doubled.length, 1);
  const renamed = goodBooks();
  renamed.visitorSaw('s1', { id: 'm3', seq: 3, text: 'answer', fromVisitor: false });
  assert.equal(renamed.verdict().doubled.length, 1);
});

test('two operators who both saw a waiting message are no double', () => {
  const ledger = goodBooks();
  ledger.operatorSaw('boris', { session: 's1', id: 'm1', text: 'question' });
  assert.ok(isClean(ledger.verdict()));
});

test('a gap in what a visitor was shown is a wrong order', () => {
  const ledger = goodBooks();
  ledger.visitorSaw('s1', { id: 'm4', seq: 4, text: 'later', fromVisitor: false });
  assert.equal(ledger.verdict().disordered.length, 1);
});

test('an operator who saw a later message before an earlier one is a wrong order', () => {
  const ledger = new Ledger();
  for (const [text, seq] of [
    ['one', 1],
    ['two', 2],
  ] as const) {
    ledger.visitorKept(text, { session: 's1', id: `m${seq}`, seq });
    ledger.visitorSaw('s1', { id: `m${seq}`, seq, text, fromVisitor: true });
  }
  ledger.operatorSaw('anna', { session: 's1', id: 'm2', text: 'two' });
  ledger.operatorSaw('anna', { session: 's1', id: 'm1', text: 'one' });
  assert.deepEqual(ledger.verdict().disordered, ['operator anna s1: 2 1']);
});
