// Owns the pure rules of the chat, each on its own: repeats, routing, presence, delivery, cards, commands.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mergedCard, visitorName } from '../../actors/card.ts';
import { parseLine } from '../../actors/commands.ts';
import { Delivery, unanswered } from '../../actors/delivery.ts';
import { Marks } from '../../actors/marks.ts';
import type { ChatMessage, OperatorName, RoomId, SessionId, StreamView } from '../../actors/mod.ts';
import { offline, operatorLevel } from '../../actors/presence.ts';
import { repeatsOperator, repeatsVisitor, type Stanza, stanzaCmid } from '../../actors/repeats.ts';
import { firstAnswer, mayRead } from '../../actors/routing.ts';
import type { Conversation } from '../../actors/timeline.ts';

const alice = 'alice' as OperatorName;
const bob = 'bob' as OperatorName;
const room = 'rzoe' as RoomId;
const minute = 60_000;

describe('an operator stanza repeats an earlier one', () => {
  const earlier = {
    author: 'alice',
    cmid: stanzaCmid({ originId: null, id: '7', stream: 'old', streamAt: 0 }),
    text: 'ok',
    at: 10 * minute,
  };
  const stanza = (more: Partial<Stanza['key']> = {}, rest: Partial<Stanza> = {}): Stanza => ({
    operator: 'alice',
    key: { originId: null, id: '7', stream: 'new', streamAt: 11 * minute, ...more },
    text: 'ok',
    streams: { live: ['new'], lost: [] },
    ...rest,
  });
  const byOrigin = { ...earlier, cmid: stanzaCmid({ originId: 'o', id: '7', stream: 'old', streamAt: 0 }) };
  const cases: readonly (readonly [string, boolean, Stanza, typeof earlier])[] = [
    ['with the same origin-id on any stream', true, stanza({ originId: 'o', id: 'x' }), byOrigin],
    ['not with another origin-id', false, stanza({ originId: 'p' }), byOrigin],
    ['not as origin-id what was an id', false, stanza({ originId: '7', stream: 'old' }), earlier],
    ['with the same id on the same stream', true, stanza({ stream: 'old' }), earlier],
    ['with the same id on the same stream and another text', true, stanza({ stream: 'old' }, { text: 'no' }), earlier],
    [
      'with id and text of a stream lost less than 5 minutes ago',
      true,
      stanza({}, { streams: { live: [], lost: ['old'] } }),
      earlier,
    ],
    [
      'not with another text on a new stream',
      false,
      stanza({}, { text: 'no', streams: { live: [], lost: ['old'] } }),
      earlier,
    ],
    ['not while the other stream lives', false, stanza({}, { streams: { live: ['old', 'new'], lost: [] } }), earlier],
    ['soon after, where nobody remembers the stream', true, stanza(), earlier],
    ['not long after, where nobody remembers the stream', false, stanza({ streamAt: 16 * minute }), earlier],
    ['not on a stream that was there before', false, stanza({ streamAt: 9 * minute }), earlier],
    ['not without an id', false, stanza({ id: null, stream: 'old' }), earlier],
    ['not of another operator', false, stanza({ stream: 'old' }, { operator: 'bob' }), earlier],
  ];
  for (const [name, expected, now, spoken] of cases) {
    test(name, () => assert.equal(repeatsOperator(spoken, now), expected));
  }
  test('and an id that is too long to be kept is no key', () => {
    assert.equal(stanzaCmid({ originId: 'x'.repeat(600), id: null, stream: 's', streamAt: 0 }), null);
  });
});

test('cmids are compared by bytes', () => {
  const spoken = { author: 'szoe', cmid: 'Key', text: '', at: 0 };
  assert.deepEqual(
    ['Key', 'key', 'KEY'].map((cmid) => repeatsVisitor(spoken, 'szoe', cmid)),
    [true, false, false],
  );
});

test('first answer: who takes a conversation, who goes on, who is told the winner', () => {
  const open = {
    id: 'c1',
    state: 'waiting',
    operator: null,
    openedAt: 0,
    saidAt: 0,
    closedAt: null,
  } as unknown as Conversation;
  const his: Conversation = { ...open, state: 'active', operator: { id: alice, name: 'Alice' } };
  const turns = [
    firstAnswer(open, alice),
    firstAnswer(his, alice),
    firstAnswer(his, bob),
    firstAnswer({ ...his, state: 'closed' }, bob),
  ];
  assert.deepEqual(turns, [{ type: 'assign' }, { type: 'goOn' }, { type: 'taken', winner: 'Alice' }, { type: 'open' }]);
  assert.deepEqual(
    [mayRead(open, bob), mayRead(his, bob), mayRead(his, alice), mayRead(null, alice)],
    [true, false, true, false],
  );
});

test('the best of an operator devices counts; a lost one changes nothing until its time is over', () => {
  const stream = (show: StreamView['show'], priority = 0): StreamView => ({
    stream: 's',
    resource: 'r',
    show,
    status: '',
    priority,
  });
  const at = (streams: readonly StreamView[], lost = 0, before = offline) => {
    const { attached, available, show } = operatorLevel(streams, lost, before);
    return [attached, available, show];
  };
  const there = operatorLevel([stream('online')], 0, offline);
  assert.deepEqual(at([]), [false, false, null]);
  assert.deepEqual(at([stream(null)]), [true, false, null]);
  assert.deepEqual(at([stream('dnd'), stream('away')]), [true, false, 'away']);
  assert.deepEqual(at([stream('away'), stream('chat')]), [true, true, 'chat']);
  assert.deepEqual(at([], 1, there), [true, true, 'online']);
  assert.deepEqual(at([stream('xa')], 1, there), [true, false, 'xa']);
  assert.deepEqual(at([], 0, there), [false, false, null]);
});

describe('delivery', () => {
  const message = (seq: number, from: 'visitor' | 'alice' | 'bob' = 'visitor', conversation = 'c1') =>
    ({
      id: `m${seq}`,
      seq,
      conversation,
      from: { kind: from === 'visitor' ? 'visitor' : 'operator', id: from },
    }) as unknown as ChatMessage;
  const list = (...seqs: readonly number[]) => seqs.map((seq) => message(seq));
  const told = (delivery: Delivery, messages: readonly ChatMessage[]) =>
    delivery
      .take(room, messages, () => true)
      .map(({ stream, message: { seq }, again }) => `${stream}${seq}${again ? ' again' : ''}`);

  test('nobody is told anything before it is known what was confirmed', () => {
    const delivery = new Delivery(alice);
    delivery.setStreams(['a']);
    assert.deepEqual(told(delivery, list(1)), []);
    delivery.confirm(room, 1);
    assert.deepEqual(told(delivery, list(1, 2)), ['a2']);
  });

  test('a stream is told the next number only: a gap waits, a repeat is not told again', () => {
    const delivery = new Delivery(alice);
    delivery.setStreams(['a']);
    delivery.confirm(room, 0);
    assert.deepEqual(told(delivery, list(2)), []);
    assert.equal(delivery.lowest(room), 0);
    assert.deepEqual(told(delivery, list(1, 2)), ['a1', 'a2']);
    assert.deepEqual(told(delivery, list(1, 2)), []);
  });

  test('a new stream begins after what was confirmed, and what another was told comes as `again`', () => {
    const delivery = new Delivery(alice);
    delivery.setStreams(['a']);
    delivery.confirm(room, 0);
    told(delivery, list(1, 2, 3));
    delivery.confirm(room, 2);
    assert.equal(delivery.setStreams(['a', 'b']), true);
    assert.deepEqual(told(delivery, list(3, 4)), ['a4', 'b3 again', 'b4']);
  });

  test('his own lines are stepped over, and a mark never goes back', () => {
    const delivery = new Delivery(alice);
    delivery.setStreams(['a']);
    delivery.confirm(room, 0);
    assert.deepEqual(told(delivery, [message(1, 'alice'), message(2), message(3, 'bob')]), ['a2', 'a3']);
    assert.deepEqual(
      [delivery.confirm(room, 3), delivery.confirm(room, 2), delivery.confirmed(room)],
      [true, false, 3],
    );
  });

  test('lines of an earlier conversation are for him only if nobody answered them', () => {
    const messages = [message(1, 'visitor', 'c0'), message(2, 'bob', 'c0'), message(3, 'visitor', 'c0'), message(4)];
    assert.deepEqual(
      messages.filter(unanswered(messages, 'c1')).map(({ seq }) => seq),
      [3, 4],
    );
  });
});

test('only the last mark of each operator and room waits to be written', () => {
  const marks = new Marks();
  assert.equal(marks.add({ operator: alice, room, seq: 3 }), true);
  marks.add({ operator: alice, room, seq: 5 });
  marks.add({ operator: alice, room, seq: 4 });
  marks.add({ operator: bob, room, seq: 1 });
  assert.equal(marks.waiting(alice, room), 5);
  assert.deepEqual(
    marks.take().map(({ operator, seq }) => [operator, seq]),
    [
      ['alice', 5],
      ['bob', 1],
    ],
  );
  assert.equal(marks.size, 0);
});

test('what is verified is never replaced by what is not, which is marked instead; another subject is refused', () => {
  const verified = { name: 'Zoë', subject: 'u1', verified: true };
  assert.deepEqual(mergedCard(verified, { name: 'Mallory', email: 'm@x', verified: false }), {
    ...verified,
    attributes: { 'unverified name': 'Mallory', 'unverified email': 'm@x' },
  });
  assert.equal(mergedCard(verified, { subject: 'u2', verified: true }), null);
  assert.deepEqual(mergedCard({ name: 'Z', verified: false }, verified), {
    ...verified,
    attributes: { 'unverified name': 'Z' },
  });
  assert.deepEqual(mergedCard({ name: 'Z', verified: false }, { phone: '1', verified: false }), {
    name: 'Z',
    phone: '1',
    verified: false,
  });
  assert.equal(visitorName(null, 'sabcdef' as SessionId), 'Visitor cdef');
});

test('a line that begins with ! is a command, !! is a literal !, and several lines with a command go nowhere', () => {
  const kind = (text: string) => {
    const line = parseLine(text);
    return line.type === 'text' ? line.text : line.type === 'command' ? `${line.command}(${line.rest})` : line.type;
  };
  const cases = [
    ['hello', 'hello'],
    ['hey! you', 'hey! you'],
    ['!!wow', '!wow'],
    ['  !!wow', '  !wow'],
    ['a\n!!b', 'a\n!b'],
    ['!end', 'end()'],
    ['  !End  ', 'end()'],
    ['!close', 'end()'],
    ['!name Zoë B.', 'name(Zoë B.)'],
    ['!', 'refused'],
    ['!nothing-like-it', 'refused'],
    ['hello\n!end', 'refused'],
    ['!end\nhello', 'refused'],
    ['!toString', 'refused'],
  ];
  assert.deepEqual(
    cases.map(([text]) => kind(text ?? '')),
    cases.map(([, expected]) => expected),
  );
});

test('an unknown command is answered with the nearest one', () => {
  const hint = (text: string) => {
    const line = parseLine(text);
    return line.type === 'refused' ? line.explanation : '';
  };
  assert.match(hint('!hlep'), /"!help"/);
  assert.match(hint('!operator'), /"!operators"/);
  assert.match(hint('!qwertyuiop'), /Type "!help"/);
});
