// Owns the tests of the widget's rules that need no browser: order, outbox, waiting, leading, links, colours, words.
// It never touches a page.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Conversation, Message, Site } from '../../rpc/contract.ts';
import { announcements } from '../../web/widget/app/announce.ts';
import { backoffMs, backoffMsMax, retryAfterMs, retryDelayMs } from '../../web/widget/core/backoff.ts';
import { type Chat, changed, emptyChat, newsBetween } from '../../web/widget/core/chat.ts';
import { colorDefault, contrast, contrastMin, inkOn, textOn, themeColor } from '../../web/widget/core/contrast.ts';
import { claim, leaseMs, leaseText, parseLease } from '../../web/widget/core/lease.ts';
import { linkify } from '../../web/widget/core/linkify.ts';
import {
  applied,
  type Entry,
  nextOf,
  type OutboxChange,
  outboxEntriesMax,
  parseEntries,
  verdict,
} from '../../web/widget/core/outbox.ts';
import { linesOf, merged } from '../../web/widget/core/timeline.ts';
import { notTyping, typed, typingToldMsMin } from '../../web/widget/core/typing.ts';
import { directionOf, filled, languageOf } from '../../web/widget/core/words.ts';
import { de } from '../../web/widget/locales/de.ts';
import { en } from '../../web/widget/locales/en.ts';

const day = () => 'a day';

function message(seq: number, change: Partial<Message> = {}): Message {
  return {
    id: `m${seq}`,
    seq,
    at: `2026-01-01T00:00:0${seq % 10}.000Z`,
    from: { kind: 'operator', name: 'Anna' },
    text: `text ${seq}`,
    ...change,
  };
}

function own(seq: number, cmid: string): Message {
  return message(seq, { from: { kind: 'visitor', name: '' }, cmid });
}

function entry(cmid: string, at = 0): Entry {
  return { cmid, text: `text of ${cmid}`, at };
}

const site: Site = {
  id: 'demo',
  name: 'Shop',
  online: true,
  theme: { color: '#0f766e', mode: 'auto' },
  locale: 'auto',
};
const conversation: Conversation = {
  id: 'c1',
  state: 'active',
  messages: [message(3), message(4)],
  lastSeq: 4,
  unread: 1,
};
const opened = (before: Chat = emptyChat) => changed(before, { type: 'opened', site, conversation });

suite('what is shown', () => {
  test('messages are ordered by seq however they arrive, and each id is there once', () => {
    const shown = merged([message(2), message(5)], [message(3), message(2), message(1)]);
    assert.deepEqual(
      shown.map(({ seq }) => seq),
      [1, 2, 3, 5],
    );
  });

  test('a message that is announced again under another seq moves and is not shown twice', () => {
    const shown = merged([message(1), message(2)], [message(2, { id: 'm1' }), message(3, { id: 'm2' })]);
    assert.deepEqual(
      shown.map(({ id, seq }) => [id, seq]),
      [
        ['m1', 2],
        ['m2', 3],
      ],
    );
  });

  test('what waits to be acknowledged stands at the end, in the order it was written', () => {
    const lines = linesOf([message(1)], [entry('a'), entry('b')], day);
    assert.deepEqual(
      lines.map(({ key }) => key),
      ['day a day', 'm1', 'a', 'b'],
    );
  });

  test('a line that has been acknowledged replaces the one that waited and keeps its key', () => {
    const lines = linesOf([own(1, 'a')], [entry('a'), entry('b')], day);
    assert.deepEqual(
      lines.map(({ kind, key }) => [kind, key]),
      [
        ['day', 'day a day'],
        ['message', 'a'],
        ['pending', 'b'],
      ],
    );
  });

  test('a new day is named once', () => {
    const lines = linesOf([message(1), message(2), message(3)], [], (at) => (at < message(3).at ? 'one' : 'two'));
    assert.deepEqual(
      lines.map(({ kind }) => kind),
      ['day', 'message', 'message', 'day', 'message'],
    );
  });
});

suite('the chat', () => {
  test('what the server says at the opening replaces what was held, the outbox stays', () => {
    const before: Chat = { ...emptyChat, messages: [message(9)], outbox: [entry('a')] };
    const chat = opened(before);
    assert.deepEqual(
      chat.messages.map(({ seq }) => seq),
      [3, 4],
    );
    assert.deepEqual(chat.outbox, [entry('a')]);
    assert.equal(chat.unread, 1);
    assert.equal(chat.more, true, 'seq 1 and 2 are further back');
  });

  test('the same message heard twice counts as unread once', () => {
    const events = [
      { type: 'message', message: message(5) },
      { type: 'message', message: message(5) },
    ] as const;
    assert.equal(changed(opened(), { type: 'events', events }).unread, 2);
  });

  test('reading up to a seq leaves only what came after it unread', () => {
    const events = [{ type: 'message', message: message(5) }] as const;
    const chat = changed(opened(), { type: 'events', events });
    assert.equal(changed(chat, { type: 'seen', seq: 4 }).unread, 1);
    assert.equal(changed(chat, { type: 'seen', seq: 5 }).unread, 0);
  });

  test('read marks never go back', () => {
    const chat = changed(opened(), {
      type: 'events',
      events: [
        { type: 'read', seq: 4 },
        { type: 'read', seq: 2 },
      ],
    });
    assert.equal(chat.readSeq, 4);
  });

  test('a message ends the typing of its author, and so does the end of the conversation', () => {
    const typing = changed(opened(), { type: 'events', events: [{ type: 'typing', on: true, name: 'Anna' }] });
    assert.equal(typing.typing, 'Anna');
    assert.equal(changed(typing, { type: 'events', events: [{ type: 'message', message: message(5) }] }).typing, null);
    assert.equal(
      changed(typing, { type: 'events', events: [{ type: 'conversation', id: 'c1', state: 'closed' }] }).typing,
      null,
    );
  });

  test('earlier messages that are fetched do not ring, later ones do', () => {
    const before = opened();
    const older = changed(before, { type: 'older', messages: [message(1), message(2)], more: false });
    assert.deepEqual(newsBetween(before, older), []);
    const later = changed(before, {
      type: 'opened',
      site,
      conversation: { ...conversation, messages: [message(4), message(5), own(6, 'a')] },
    });
    assert.deepEqual(
      newsBetween(before, later).map(({ seq }) => seq),
      [5],
    );
  });

  test('an acknowledgement is announced once, whether by the answer or by the event', () => {
    const waiting: Chat = { ...opened(), outbox: [entry('a')] };
    const said = changed(waiting, { type: 'events', events: [{ type: 'message', message: own(5, 'a') }] });
    const done = changed(said, { type: 'outbox', entries: [] });
    const names = [...announcements(waiting, said), ...announcements(said, done)].map(([name]) => name);
    assert.deepEqual(names, ['message:ack']);
  });
});

suite('the outbox', () => {
  const add = (...entries: Entry[]): OutboxChange => ({ type: 'add', entries });

  test('sends the oldest that has not failed, and what is tried again after the others', () => {
    const entries = applied([entry('a'), entry('b')], { type: 'fail', cmid: 'a', code: 'blocked' });
    assert.equal(nextOf(entries)?.cmid, 'b');
    assert.deepEqual(applied(entries, { type: 'retry', cmid: 'a', at: 1 }), [entry('b'), entry('a', 1)]);
  });

  test('takes the same cmid once and at most as many as it has room for', () => {
    assert.equal(applied([entry('a')], add(entry('a'))).length, 1);
    const full = Array.from({ length: outboxEntriesMax - 1 }, (_, index) => entry(`e${index}`));
    assert.equal(applied(full, add(entry('last'))).length, outboxEntriesMax);
    assert.equal(applied(full, add(entry('last'), entry('beyond'))).length, outboxEntriesMax);
  });

  test('is the same in every tab, in whatever order the changes of two tabs cross', () => {
    const ofOne: OutboxChange = { type: 'settle', cmids: ['a'] };
    const ofTwo = add(entry('b'));
    const start = [entry('a')];
    assert.deepEqual(applied(applied(start, ofOne), ofTwo), applied(applied(start, ofTwo), ofOne));
    assert.deepEqual(applied(applied(start, ofOne), ofOne), []);
  });

  test('retries what can succeed and gives back to the visitor what cannot', () => {
    const verdicts = (codes: readonly string[]) => codes.map((code) => verdict({ code: code as never }));
    assert.deepEqual(
      verdicts(['network', 'unavailable', 'throttled', 'internalError', 'unknownSite']),
      Array(5).fill('wait'),
    );
    assert.deepEqual(verdicts(['invalidParams', 'tooLarge', 'blocked', 'parseError']), Array(4).fill('fail'));
    assert.equal(verdict({ code: 'unauthorized' }), 'reopen');
  });

  test('survives whatever a browser has stored', () => {
    for (const bad of [null, '', '{', '{}', '[1,null]', '"text"', '[{"cmid":1}]'])
      assert.deepEqual(parseEntries(bad), []);
    assert.deepEqual(parseEntries(JSON.stringify([entry('a'), { cmid: 'b' }])), [entry('a')]);
  });
});

suite('patience', () => {
  test('grows from half a second to half a minute and never ends', () => {
    assert.deepEqual(
      [0, 1, 2, 3, 6, 100].map((attempt) => backoffMs(attempt, 1)),
      [500, 1_000, 2_000, 4_000, 30_000, backoffMsMax],
    );
    assert.equal(backoffMs(100, 0), 1);
  });

  test('is at least what the server asks for', () => {
    assert.ok(retryDelayMs(0, 0, 7_000) >= 7_000);
    assert.ok(retryDelayMs(9, 1, 100) >= 100);
    assert.deepEqual(
      [retryAfterMs('2'), retryAfterMs(null), retryAfterMs('Wed, 21 Oct'), retryAfterMs('-1')],
      [2_000, undefined, undefined, undefined],
    );
  });

  test('typing is told at most once in 3 s and its end at once', () => {
    const first = typed(notTyping, false, 10_000);
    assert.equal(first.tell, true);
    assert.equal(typed(first.mark, false, 10_000 + typingToldMsMin - 1).tell, undefined);
    assert.equal(typed(first.mark, false, 10_000 + typingToldMsMin).tell, true);
    assert.equal(typed(first.mark, true, 10_001).tell, false);
    assert.equal(typed(notTyping, true, 10_001).tell, undefined);
  });
});

suite('the leading tab', () => {
  test('is one: a lease that runs belongs to its tab only', () => {
    const lease = claim(null, 'one', 1_000);
    assert.deepEqual(lease, { tab: 'one', until: 1_000 + leaseMs });
    assert.equal(claim(lease, 'two', 1_000 + leaseMs - 1), null);
    assert.equal(claim(lease, 'one', 1_000 + leaseMs - 1)?.tab, 'one');
  });

  test('is replaced when its lease has run out, or was set by a clock that is ahead', () => {
    assert.equal(claim({ tab: 'one', until: 6_000 }, 'two', 6_000)?.tab, 'two');
    assert.equal(claim({ tab: 'one', until: 1_000_000 }, 'two', 6_000)?.tab, 'two');
  });

  test('a lease is read as it was written, and nonsense is none', () => {
    const lease = { tab: '1-2', until: 5 };
    assert.deepEqual(parseLease(leaseText(lease)), lease);
    for (const bad of [null, '', 'x', 'x y']) assert.equal(parseLease(bad), null);
  });
});

suite('links', () => {
  const hrefs = (text: string) => linkify(text).flatMap(({ href }) => href ?? []);

  test('are made of web, mail and telephone addresses only', () => {
    assert.deepEqual(hrefs('see https://a.example/x?y=1, www.b.example or mail me@c.example, tel:+49 30 123456'), [
      'https://a.example/x?y=1',
      'https://www.b.example/',
      'mailto:me@c.example',
      'tel:+4930123456',
    ]);
    for (const bad of [
      'javascript:alert(1)',
      'JaVaScRiPt://x.example/%0aalert(1)',
      'data:text/html,x',
      'vbscript:x',
      'file:///etc/passwd',
      'ftp://a.example',
    ]) {
      assert.deepEqual(hrefs(bad), [], bad);
    }
  });

  test('end before the punctuation that follows, and keep a bracket that is theirs', () => {
    assert.deepEqual(hrefs('(https://a.example/b). https://a.example/c_(d)!'), [
      'https://a.example/b',
      'https://a.example/c_(d)',
    ]);
  });

  test('are not made where the direction of writing is turned round', () => {
    assert.deepEqual(hrefs('https://a.example/\u202egnp.exe'), []);
  });

  test('change no character of the text', () => {
    for (const text of [
      '',
      '<b>x</b> https://a.example "y"',
      'a@b',
      'https://',
      'http://]',
      '\u202e',
      'www.',
      `${'x'.repeat(9_000)} https://a.example`,
    ]) {
      assert.equal(
        linkify(text)
          .map((part) => part.text)
          .join(''),
        text,
      );
    }
  });
});

suite('colours', () => {
  test('of 500 themes all carry readable text and give readable ink, on light and on dark', () => {
    for (let index = 0; index < 500; index++) {
      const color = `#${((index * 33_613) % 0x1000000).toString(16).padStart(6, '0')}`;
      assert.ok(contrast(color, textOn(color)) >= contrastMin, color);
      for (const surface of ['#f3f4f6', '#2a2d33'])
        assert.ok(contrast(inkOn(color, surface), surface) >= contrastMin, `${color} on ${surface}`);
    }
  });

  test('that are none become the default', () => {
    assert.deepEqual(['#ABC', '#A1B2C3', 'red', '', undefined, '#12345', 'url(x)'].map(themeColor), [
      '#aabbcc',
      '#a1b2c3',
      ...Array(5).fill(colorDefault),
    ]);
  });
});

suite('words', () => {
  test('are those of the first wish that can be fulfilled, else English', () => {
    assert.equal(languageOf([undefined, 'de-AT', 'en']).tag, 'de');
    assert.equal(languageOf(['fr', 'DE']).tag, 'de');
    assert.equal(languageOf(['xx', '__proto__', 'constructor']).tag, 'en');
  });

  test('have the same places to fill in every language', () => {
    const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
    assert.deepEqual(Object.keys(de), Object.keys(en));
    for (const [key, text] of Object.entries(en))
      assert.deepEqual(places(de[key as keyof typeof en]), places(text), key);
    assert.equal(filled('{n} of {m}', { n: 2 }), '2 of {m}');
  });

  test('run from right to left where the language does', () => {
    assert.deepEqual(['ar', 'de'].map(directionOf), ['rtl', 'ltr']);
  });
});
