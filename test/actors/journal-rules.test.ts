// Owns the pure rules of the journal, one by one: who is journaled, what is read as one log, what a new number does.
// No actor runs here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JournaledRooms } from '../../actors/journaled-rooms.ts';
import { LastTails } from '../../actors/last-tails.ts';
import { emptyPast, mergedPage, mergedPast, pageOfSql } from '../../actors/merged-past.ts';
import type { ConversationId, Entry, MessageId, RoomPast } from '../../actors/mod.ts';
import { renumbered } from '../../actors/renumbering.ts';
import { entry, opened, room, said } from '../support/entries.ts';

const a = room('a');
const none: ReadonlySet<string> = new Set();
const names = { message: () => 'mmade' as MessageId, conversation: () => 'cmade' as ConversationId };

function pastOf(...entries: readonly Entry[]): RoomPast {
  const past = mergedPast(emptyPast, entries);
  assert.ok(past);
  return past;
}

test('a room is direct again only when the journal was asked after the last group was sent there', () => {
  const rooms = new JournaledRooms();
  rooms.enter(a);
  rooms.sent([a]);
  const question = rooms.asked();
  rooms.sent([a]);
  assert.deepEqual(rooms.answered(question, [a], new Set()), [], 'something was sent meanwhile');
  assert.deepEqual(rooms.answered(rooms.asked(), [a], new Set([a])), [], 'the journal holds it');
  assert.deepEqual(rooms.answered(rooms.asked(), [a], new Set()), [a]);
  assert.equal(rooms.has(a), false);
});

test('a past and its continuation are one; a gap, or another message under the same number, is not read at all', () => {
  const sql = pastOf(opened(a, 1), said(a, 2, 1), said(a, 3, 2));
  assert.deepEqual(
    mergedPast(sql, [said(a, 3, 2), said(a, 4, 3)])?.messages.map(({ seq }) => seq),
    [1, 2, 3],
  );
  assert.equal(mergedPast(sql, [said(a, 5, 3)]), null);
  assert.equal(mergedPast(sql, [said(a, 3, 2, { id: 'mother' }), said(a, 4, 3)]), null);
});

test('a page that the journal has whole asks nobody, and one that it lacks asks for what is older', () => {
  const own = [said(a, 6, 5), said(a, 7, 6), said(a, 8, 7)];
  assert.equal(pageOfSql({ before: null, after: null, limit: 2 }, own), null);
  assert.deepEqual(pageOfSql({ before: null, after: null, limit: 3 }, own), { before: 5, after: null, limit: 1 });
  assert.deepEqual(pageOfSql({ before: 4, after: null, limit: 3 }, own), { before: 4, after: null, limit: 3 });
  assert.equal(pageOfSql({ before: null, after: 4, limit: 3 }, own), null);
  const page = mergedPage({ before: null, after: null, limit: 2 }, own, null);
  assert.deepEqual([page.messages.map(({ seq }) => seq), page.more], [[6, 7], true]);
});

test('entries behind another past get the next numbers under their ids, and dates that do not go back', () => {
  const past = pastOf(opened(a, 1), said(a, 2, 1), said(a, 3, 2, { id: 'mforeign', at: 99_000 }));
  const [group = []] = renumbered({ past, fence: 7, groups: [[said(a, 3, 2, { id: 'mours' })]], said: none, names });
  assert.deepEqual(
    group.map(({ id, pos, seq, at, fence }) => [id, pos, seq, at, fence]),
    [['mours', 4, 3, 99_000, 7]],
  );
});

test('what SQL has already, or knows as said before, is left out, and what follows moves up', () => {
  const past = pastOf(opened(a, 1), said(a, 2, 1), said(a, 3, 2));
  const groups = [[said(a, 3, 2)], [said(a, 4, 3, { id: 'mtwice' })], [said(a, 5, 4)]];
  const left = renumbered({ past, fence: 1, groups, said: new Set(['mtwice']), names });
  assert.deepEqual(
    left.map((group) => group.map(({ pos, seq }) => [pos, seq])),
    [[[4, 3]]],
  );
});

test('a line whose conversation was closed elsewhere opens another: nothing said is left outside of one', () => {
  const past = pastOf(opened(a, 1), said(a, 2, 1), entry(a, 3, { kind: 'closed', data: { by: 'operator' } }));
  const [group = []] = renumbered({ past, fence: 1, groups: [[said(a, 3, 2, { id: 'mours' })]], said: none, names });
  assert.deepEqual(
    group.map(({ kind, pos, seq, conversation }) => [kind, pos, seq, conversation]),
    [
      ['opened', 4, null, 'cmade'],
      ['said', 5, 2, 'cmade'],
    ],
  );
});

test('of two assignments the one that SQL has holds, and the words of the other stay', () => {
  const assigned = (pos: number, operator: string) =>
    entry(a, pos, { id: `massigned${operator}`, kind: 'assigned', data: { operator, name: operator } });
  const past = pastOf(opened(a, 1), said(a, 2, 1), assigned(3, 'alice'));
  const words = said(a, 4, 2, { author: { kind: 'operator', id: 'bob', name: 'Bob' } });
  const [group = []] = renumbered({ past, fence: 1, groups: [[assigned(3, 'bob'), words]], said: none, names });
  assert.deepEqual(
    group.map(({ kind, seq }) => [kind, seq]),
    [['said', 2]],
  );
});

test('the last numbers of a room never go back, and are not guessed where nothing was said', () => {
  const tails = new LastTails(2);
  tails.written([opened(a, 1), said(a, 2, 1)]);
  tails.written([entry(a, 3, { kind: 'closed' })]);
  assert.deepEqual(tails.of(a), { pos: 3, seq: 1, fence: 1 });
  tails.written([said(a, 2, 1)]);
  tails.read(a, { pos: 2, seq: 1, fence: 1 });
  assert.equal(tails.of(a)?.pos, 3);
  tails.written([entry(a, 9, { kind: 'closed' })]);
  assert.equal(tails.of(a), null);
  for (const name of ['b', 'c', 'd']) tails.written([said(room(name), 1, 1)]);
  assert.equal(tails.of(room('b')), null, 'bounded');
});
