// Owns the guarantees of a visitor's log of events: nothing twice, nothing missed without being noticed, bounded.
// It opens no socket and no clock runs.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ChatMessage, ConversationView } from '../../actors/mod.ts';
import { cursorText, type Place, parseCursor } from '../../rpc/cursor.ts';
import { EventLog } from '../../rpc/event-log.ts';
import { emptyConversation, newMessage } from '../support/fake-chat.ts';

const message = (seq: number, text = `line ${seq}`): ChatMessage =>
  newMessage(seq, { kind: 'operator', name: 'Ada', text, cmid: null });
const said = (seq: number, text?: string) => ({ type: 'message', message: message(seq, text) }) as const;
const view = (lastSeq: number, more: Partial<ConversationView> = {}): ConversationView => {
  const messages = Array.from({ length: lastSeq }, (_, index) => message(index + 1)).slice(-75);
  return { ...emptyConversation('s1'), messages, lastSeq, ...more };
};
const freshLog = () => new EventLog('e', { lastSeq: 0, online: true });
const start: Place = { epoch: 'e', position: 1, lastSeq: 0 };

/** What a reader is told, in short: seqs of messages, types of the rest; null when he must start over. */
function told(log: EventLog, place: Place): (number | string)[] | null {
  const reading = log.read(place);
  if (reading.type === 'lost') return null;
  return reading.events.map((event) => (event.type === 'message' ? event.message.seq : event.type));
}

function placeAfter(log: EventLog, place: Place): Place {
  const reading = log.read(place);
  if (reading.type === 'lost') throw new Error('lost');
  return reading.place;
}

describe('a log of events', () => {
  it('tells each reader everything after his place, and removes nothing', () => {
    const log = freshLog();
    log.append(said(1), 0);
    log.append({ type: 'typing', on: true, name: 'Ada' }, 0);
    assert.deepEqual(told(log, start), [1, 'typing']);
    assert.deepEqual(told(log, start), [1, 'typing']);
    const place = placeAfter(log, start);
    assert.deepEqual(told(log, place), []);
    log.append(said(2), 0);
    assert.deepEqual(told(log, place), [2]);
  });

  it('takes a message once, however often it is told', () => {
    const log = freshLog();
    assert.equal(log.append(said(1), 0), 'added');
    assert.equal(log.append(said(1), 0), 'known');
    assert.deepEqual(told(log, start), [1]);
  });

  it('takes no message after a missing one, and has all of them in order after a sync', () => {
    const log = freshLog();
    log.append(said(1), 0);
    assert.equal(log.append(said(3), 0), 'gap');
    assert.deepEqual(told(log, start), [1]);
    log.sync(view(3), 0);
    assert.deepEqual(told(log, start), [1, 2, 3, 'conversation']);
    log.sync(view(3), 0);
    assert.deepEqual(told(log, start), [1, 2, 3, 'conversation'], 'a repeated sync is no news');
  });

  it('tells the read mark of others when it grows', () => {
    const log = freshLog();
    log.sync(view(2, { operatorRead: 1 }), 0);
    log.sync(view(2, { operatorRead: 1 }), 0);
    log.sync(view(2, { operatorRead: 2 }), 0);
    assert.deepEqual(
      told(log, start)?.filter((event) => event === 'read'),
      ['read', 'read'],
    );
  });

  it('makes a reader start over who missed more than a sync brings back', () => {
    const log = freshLog();
    log.append(said(1), 0);
    const place = placeAfter(log, start);
    log.sync(view(100), 0);
    assert.equal(told(log, place), null);
  });

  it('makes a reader start over whose last message is behind a log that began later', () => {
    const log = new EventLog('e', { lastSeq: null, online: true });
    log.sync(view(7), 0);
    assert.equal(told(log, { epoch: 'e', position: log.head, lastSeq: 5 }), null);
    assert.deepEqual(told(log, { epoch: 'e', position: log.head, lastSeq: 7 }), []);
  });

  it('does not repeat to a reader what he was shown when he started over', () => {
    const log = new EventLog('e', { lastSeq: null, online: true });
    const asked = log.head;
    log.append(said(4), 0);
    log.append(said(5), 0);
    const position = log.shown(view(5, { operatorRead: 3 }), asked, 0);
    assert.deepEqual(told(log, { epoch: 'e', position, lastSeq: 5 }), ['read']);
  });

  it('tells other readers what one reader was shown and they do not have', () => {
    const log = freshLog();
    log.append(said(1), 0);
    const other = placeAfter(log, start);
    const position = log.shown(view(3), log.head, 0);
    assert.deepEqual(told(log, other), [2, 3, 'conversation']);
    assert.deepEqual(told(log, { epoch: 'e', position, lastSeq: 3 }), []);
  });

  it('leads a page elsewhere once, whoever reads first', () => {
    const log = freshLog();
    log.append({ type: 'navigate', url: 'https://shop.example/a' }, 0);
    assert.deepEqual(told(log, start), ['navigate']);
    assert.deepEqual(told(log, start), []);
  });

  it('tells whether somebody is available only when that changed', () => {
    const log = freshLog();
    assert.equal(log.presence(true, 0), 'known');
    assert.equal(log.presence(false, 0), 'added');
    assert.equal(log.presence(false, 0), 'known');
    assert.deepEqual(told(log, start), ['presence']);
  });

  it('tells a newcomer what changed between his opening and the beginning of his log', () => {
    const reading = freshLog().readFresh(false);
    assert.deepEqual(reading.type === 'events' && reading.events, [{ type: 'presence', online: true }]);
    const same = freshLog().readFresh(true);
    assert.deepEqual(same.type === 'events' && same.events, []);
  });

  it('makes a newcomer start over when the log did not begin with him', () => {
    assert.equal(new EventLog('e', { lastSeq: null, online: true }).readFresh(true).type, 'lost');
  });

  it('keeps the last 200 events, and readers who are behind start over', () => {
    const log = freshLog();
    for (let seq = 1; seq <= 200; seq += 1) log.append(said(seq), 0);
    assert.equal(told(log, start)?.length, 200);
    log.append(said(201), 0);
    assert.equal(told(log, start), null);
    assert.equal(told(log, { epoch: 'e', position: 2, lastSeq: 1 })?.length, 200);
  });

  it('keeps events for two minutes', () => {
    const log = freshLog();
    log.append(said(1), 0);
    log.trim(120_000);
    assert.deepEqual(told(log, start), [1]);
    log.trim(120_001);
    assert.equal(told(log, start), null);
    assert.equal(log.bytes, 0);
  });

  it('weighs what it holds', () => {
    const log = freshLog();
    log.append(said(1, 'x'.repeat(1_000)), 0);
    assert.ok(log.bytes >= 2_000 && log.bytes < 3_000, `${log.bytes}`);
  });

  it('makes readers of another epoch or a place that never was start over', () => {
    const log = freshLog();
    assert.equal(told(log, { epoch: 'other', position: 1, lastSeq: 0 }), null);
    assert.equal(told(log, { epoch: 'e', position: 9, lastSeq: 0 }), null);
    assert.equal(told(log, { epoch: 'e', position: 0, lastSeq: 0 }), null);
  });

  it('shows a visitor his own id of a message, and nobody else has one', () => {
    const log = freshLog();
    const mine = newMessage(1, { kind: 'visitor', name: 'Visitor', text: 'hi', cmid: 'c-1' });
    const theirs = newMessage(2, { kind: 'operator', name: 'Ada', text: 'hello', cmid: 'stanza-7' });
    log.append({ type: 'message', message: mine }, 0);
    log.append({ type: 'message', message: theirs }, 0);
    const reading = log.read(start);
    const cmids =
      reading.type === 'events' && reading.events.map((event) => event.type === 'message' && event.message.cmid);
    assert.deepEqual(cmids, ['c-1', undefined]);
  });
});

describe('a cursor', () => {
  it('is read back as it was written', () => {
    const cursor = { type: 'place', epoch: 'aZ_-9', position: 7, lastSeq: 3 } as const;
    assert.deepEqual(parseCursor(cursorText(cursor)), cursor);
    for (const online of [true, false])
      assert.deepEqual(parseCursor(cursorText({ type: 'fresh', online })), { type: 'fresh', online });
  });

  it('is nothing when somebody made it up', () => {
    for (const text of ['', 'x', '0', 'f.1', Buffer.from('p.e.-1.0').toString('base64url'), 'A'.repeat(100_000)]) {
      assert.equal(parseCursor(text), null, text.slice(0, 20));
    }
  });
});
