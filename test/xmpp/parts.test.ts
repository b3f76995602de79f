// Owns the rules of the operator's edge that need no socket: parsing, counting, addresses, passwords.
// It never opens a connection.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OperatorRecord, RoomId } from '../../actors/mod.ts';
import { Delivery } from '../../xmpp/delivery.ts';
import { cleanText, element, serialise, type XmlElement } from '../../xmpp/element.ts';
import { Handled } from '../../xmpp/handled.ts';
import { Domains, parseJid } from '../../xmpp/jid.ts';
import { escapeInfo, infoLine } from '../../xmpp/lines.ts';
import { passwordFits, scramKeys } from '../../xmpp/sasl/keys.ts';
import { ScramExchange } from '../../xmpp/sasl/scram.ts';
import { StreamParser } from '../../xmpp/stream-parser.ts';
import { networkOf, Throttle } from '../../xmpp/throttle.ts';
import { scramClient } from '../support/xmpp-client.ts';

const [one, two] = ['r1' as RoomId, 'r2' as RoomId];
const limits = { stanzaUnitsMax: 1_000, elementDepthMax: 4, attributesMax: 3 };

function parsed(...chunks: readonly (string | Uint8Array)[]): {
  elements: XmlElement[];
  faults: string[];
  closed: number;
} {
  const seen = { elements: [] as XmlElement[], faults: [] as string[], closed: 0 };
  const parser = new StreamParser(
    {
      opened: () => undefined,
      element: (node) => seen.elements.push(node),
      closed: () => {
        seen.closed += 1;
      },
      failed: (fault) => seen.faults.push(fault.condition),
    },
    limits,
  );
  for (const chunk of chunks) parser.feed(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return seen;
}

const root = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

describe('the stream parser', () => {
  it('gives each stanza whole, however the bytes are cut, also inside of a character', () => {
    const bytes = Buffer.from(`${root}<a x='ø'>blå 😀<b/></a> <c/></stream:stream>`);
    for (let cut = 0; cut < bytes.length; cut += 1) {
      const seen = parsed(bytes.subarray(0, cut), bytes.subarray(cut));
      assert.deepEqual(
        seen.elements.map((node) => serialise(node)),
        ["<a x='ø'>blå 😀<b/></a>", '<c/>'],
      );
      assert.deepEqual([seen.faults, seen.closed], [[], 1]);
    }
  });

  it('takes a stanza of exactly the limit and refuses one unit more', () => {
    const stanza = (units: number) => `<a>${'x'.repeat(units - 7)}</a>`;
    assert.equal(parsed(root, stanza(1_000)).elements.length, 1);
    assert.deepEqual(parsed(root, stanza(1_001)).faults, ['policy-violation']);
    assert.deepEqual(parsed(root + stanza(1_001)).faults, ['policy-violation']);
  });

  it('measures each stanza apart: many small ones are no big one', () => {
    assert.equal(parsed(root + '<a/>'.repeat(1_000)).elements.length, 1_000);
  });

  it('takes the deepest and most adorned element it allows, and none beyond', () => {
    assert.equal(parsed(root, '<a><a><a><a/></a></a></a>').elements.length, 1);
    assert.deepEqual(parsed(root, '<a><a><a><a><a/></a></a></a></a>').faults, ['policy-violation']);
    assert.equal(parsed(root, "<a b='' c='' d=''/>").elements.length, 1);
    assert.deepEqual(parsed(root, "<a b='' c='' d='' e=''/>").faults, ['policy-violation']);
  });

  it('says what is wrong once, and nothing after it', () => {
    const seen = parsed(root, '<a></b><c/>', '<d/></stream:stream>');
    assert.deepEqual([seen.elements.length, seen.faults, seen.closed], [0, ['not-well-formed'], 0]);
    const ended = parsed(root, '</other>');
    assert.deepEqual([ended.faults, ended.closed], [['not-well-formed'], 0]);
  });

  it('keeps attributes of other namespaces, and names like those of objects', () => {
    const nodes = parsed(root, "<a xml:lang='no' constructor='c'/><b n:k='v' xmlns:n='urn:n'/>").elements;
    const text = nodes.map((node) => serialise(node)).join('');
    assert.match(text, /xml:lang='no'/);
    assert.match(text, /xmlns:n0='urn:n' n0:k='v'/);
    assert.match(text, /constructor='c'/);
  });
});

describe('an element', () => {
  it('is written so that nothing in it can be read as markup', () => {
    const node = element('body', 'jabber:client', { a: `'"<>&\n` }, `<b>&amp;'"\r\n`);
    assert.equal(
      serialise(node),
      "<body a='&apos;&quot;&lt;&gt;&amp;&#xA;'>&lt;b&gt;&amp;amp;&apos;&quot;&#xD;\n</body>",
    );
  });

  it('never carries what XML 1.0 cannot', () => {
    assert.equal(cleanText('\u0000a\u001fb\ufffec\udc00d😀\t\n'), '\ufffda\ufffdb\ufffdc\ufffdd😀\t\n');
  });
});

describe('what was sent and not confirmed', () => {
  it('is settled in order, by room, up to what the client counted', () => {
    const delivery = new Delivery();
    delivery.stanzaSent();
    delivery.enableAcks();
    for (const [room, seq] of [
      [one, 1],
      [two, 7],
      [one, 2],
    ] as const) {
      delivery.stanzaSent();
      delivery.messageSent({ room, seq });
    }
    assert.deepEqual(delivery.acknowledged(2), [
      { room: one, seq: 1 },
      { room: two, seq: 7 },
    ]);
    assert.equal(delivery.waiting, 1);
    assert.deepEqual(delivery.acknowledged(2), []);
    assert.equal(delivery.acknowledged(4), 'tooHigh');
    assert.deepEqual(delivery.acknowledged(3), [{ room: one, seq: 2 }]);
    assert.equal(delivery.acknowledged(1), 'tooHigh');
  });

  it('is settled by a ping only as far as the ping was sent after it', () => {
    const delivery = new Delivery();
    delivery.stanzaSent();
    delivery.messageSent({ room: one, seq: 1 });
    const asked = delivery.position;
    delivery.stanzaSent();
    delivery.messageSent({ room: one, seq: 2 });
    assert.deepEqual(delivery.confirmedUpTo(asked), [{ room: one, seq: 1 }]);
    assert.equal(delivery.waiting, 1);
  });
});

describe('what a client said', () => {
  it('counts as handled only behind an unbroken run', () => {
    const handled = new Handled();
    handled.done(handled.received());
    handled.begin();
    const [first, second, third] = [handled.received(), handled.received(), handled.received()];
    handled.done(third);
    handled.done(second);
    assert.deepEqual([handled.h, handled.pending], [0, 3]);
    handled.done(first);
    assert.deepEqual([handled.h, handled.pending], [3, 0]);
  });
});

describe('an address', () => {
  const addresses = [
    ['Anna@Chat.Example/Desk', { local: 'anna', domain: 'chat.example', resource: 'Desk' }],
    ['chat.example', { local: '', domain: 'chat.example', resource: '' }],
    ['a@b/c/d@e', { local: 'a', domain: 'b', resource: 'c/d@e' }],
    ['[::1]', { local: '', domain: '[::1]', resource: '' }],
    ['', null],
    ['@b', null],
    ['a@', null],
    ['a@b/', null],
    ['a b@c', null],
    ['a@b@c', null],
    ['a<@b', null],
    [`${'a'.repeat(1_024)}@b`, null],
  ] as const;
  for (const [text, jid] of addresses) {
    it(`${JSON.stringify(text.slice(0, 30))} is ${jid === null ? 'none' : 'read'}`, () =>
      assert.deepEqual(parseJid(text), jid));
  }

  it('names the server, its visitors, its operators, or nobody', () => {
    const domains = new Domains('Chat.Example');
    const kind = (text: string) => {
      const jid = parseJid(text);
      return jid === null ? null : domains.whoIs(jid).is;
    };
    assert.deepEqual(
      [
        'chat.example',
        'visitors.chat.example',
        'sab@visitors.chat.example',
        'anna@chat.example',
        'x@visitors.chat.example',
        'other',
      ].map(kind),
      ['server', 'visitors', 'visitor', 'operator', 'nobody', 'nobody'],
    );
  });
});

describe('a line of the server', () => {
  it('begins with [info], and no line of anybody else does', () => {
    assert.equal(infoLine('x'), '[info] x');
    assert.equal(infoLine('[info] x'), '[info] x');
    assert.equal(escapeInfo('[info] a\nb [info]\n  [INFO] c'), '\\[info] a\nb [info]\n  \\[INFO] c');
  });
});

describe('a password', () => {
  it('is never kept, fits itself in any Unicode form, and nothing else', async () => {
    const keys = await scramKeys('Pa\u0301ss wo\u00adrd');
    assert.doesNotMatch(JSON.stringify(keys), /ss wo/);
    assert.equal(await passwordFits('P\u00e1ss word', keys.sha256), true);
    assert.equal(await passwordFits('Pass word', keys.sha256), false);
    assert.notEqual((await scramKeys('x')).sha1.salt, (await scramKeys('x')).sha1.salt);
  });

  it('proved for one exchange proves nothing in another', async () => {
    const record = { name: 'anna', scram: await scramKeys('secret') } as unknown as OperatorRecord;
    const options = {
      domain: 'chat.example',
      secret: Buffer.alloc(32),
      lookup: async () => ({ ok: true, value: record }) as const,
    };
    const client = scramClient('sha256', 'anna', 'secret');
    const begin = async () => {
      const exchange = new ScramExchange('sha256', options);
      const step = await exchange.step(Buffer.from(client.first(), 'base64'));
      assert.equal(step.is, 'challenge');
      return {
        exchange,
        final: client.final(Buffer.from(step.is === 'challenge' ? step.data : '').toString('base64')),
      };
    };
    const [first, second] = [await begin(), await begin()];
    assert.equal((await second.exchange.step(Buffer.from(first.final, 'base64'))).is, 'failure');
    assert.equal((await first.exchange.step(Buffer.from(first.final, 'base64'))).is, 'success');
  });
});

describe('a limit for each address', () => {
  it('counts one IPv4 address, and a whole /64 of IPv6, as one sender', () => {
    assert.equal(networkOf('::ffff:192.0.2.1'), '192.0.2.1');
    assert.equal(networkOf('2001:db8::1'), networkOf('2001:db8:0:0:ffff::2'));
    assert.notEqual(networkOf('2001:db8::1'), networkOf('2001:db8:0:1::1'));
  });

  it('comes back with time', () => {
    let now = 0;
    const throttle = new Throttle({ burst: 2, perMinute: 60 }, () => now);
    throttle.spend('a');
    throttle.spend('a');
    assert.deepEqual([throttle.allows('a'), throttle.allows('b')], [false, true]);
    now += 1_000;
    assert.equal(throttle.allows('a'), true);
  });
});
