// Owns the promise that a cache server can only give back what was put there, or nothing.
// The server is played by bytes: random ones, cut ones, changed ones, another key's.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { Packr } from 'msgpackr';
import { openEnvelope, sealEnvelope } from '../../stores/envelope.ts';
import { keyBytesMax, storageKey } from '../../stores/keys.ts';
import { garbage } from '../support/fault-proxy.ts';

const stamp = { version: 7, fence: 2 ** 40 + 3, until: 0 };
const now = Date.UTC(2026, 10, 21, 12);
const body = {
  site: 'demo',
  chatted: true,
  card: { name: 'Zoë 👋', attributes: { plan: 'gold', __proto__: null } },
  past: {
    seq: 75,
    messages: Array.from({ length: 20 }, (_, seq) => ({ seq, at: now + seq / 2, text: 'ß'.repeat(seq) })),
  },
  nothing: null,
};

/** Of this thread's own time: what the machine does meanwhile is not counted. */
const openingMsMax = 20;

function mustMiss(bytes: Buffer, what: string): void {
  const start = process.threadCpuUsage();
  const opened = openEnvelope('session one', bytes, now);
  const { user, system } = process.threadCpuUsage(start);
  const tookMs = (user + system) / 1_000;
  assert.equal(opened.ok, false, what);
  assert.ok(tookMs < openingMsMax, `${what} took ${tookMs} ms`);
}

/** An envelope with a right checksum around whatever body: what only another writer could put there. */
function forged(content: Buffer): Buffer {
  const sealed = sealEnvelope('session one', stamp, null);
  const bytes = Buffer.concat([sealed.subarray(0, sealed.length - 1), content]);
  bytes.writeUInt32BE(crc32(bytes.subarray(32), crc32(bytes.subarray(0, 28))), 28);
  return bytes;
}

describe('a value on a cache server', () => {
  it('comes back as it was put there, with its version and fence', () => {
    const opened = openEnvelope('session one', sealEnvelope('session one', stamp, body), now);
    assert.deepEqual(opened, { ok: true, stamp, body: JSON.parse(JSON.stringify(body)) });
  });

  it('counts until its time and not after', () => {
    const sealed = sealEnvelope('session one', { ...stamp, until: now + 1 }, body);
    assert.equal(openEnvelope('session one', sealed, now).ok, true);
    assert.deepEqual(openEnvelope('session one', sealed, now + 1), { ok: false, reason: 'expired' });
  });

  it('is a miss for every other key, also for keys that look alike', () => {
    const keys = [
      'session one',
      'session two',
      'room one',
      'session on',
      'session one ',
      '',
      'é'.repeat(130),
      '\ud800',
      '\ud801',
      '\ufffd',
    ];
    for (const key of keys) {
      const sealed = sealEnvelope(key, stamp, keys.indexOf(key));
      for (const asked of keys) {
        const opened = openEnvelope(asked, sealed, now);
        assert.deepEqual(opened.ok ? opened.body : opened.reason, asked === key ? keys.indexOf(key) : 'otherKey');
      }
    }
  });

  it('is a miss with any one bit changed', () => {
    const sealed = sealEnvelope('session one', stamp, body);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      assert.equal(openEnvelope('session one', changed, now).ok, false, `bit ${bit}`);
    }
  });

  it('is a miss when it was cut anywhere, or has something behind it', () => {
    const sealed = sealEnvelope('session one', stamp, body);
    for (let length = 0; length < sealed.length; length++) mustMiss(sealed.subarray(0, length), `cut to ${length}`);
    for (const more of [Buffer.from([0]), Buffer.alloc(24), sealed]) {
      mustMiss(Buffer.concat([sealed, more]), `${more.length} bytes behind it`);
    }
  });

  it('is a miss when the head of another reply lies in its middle', () => {
    const sealed = sealEnvelope('session one', stamp, body);
    const head = Buffer.concat([Buffer.from([0x81, 0, 0, 0, 4]), Buffer.alloc(19)]);
    mustMiss(Buffer.concat([sealed.subarray(0, 60), head, sealed.subarray(0, sealed.length - 84)]), 'the same length');
  });

  it('never comes out of bytes that mean nothing, and never takes long', () => {
    for (let seed = 0; seed < 20_000; seed++) mustMiss(garbage(seed % 300, seed), `garbage ${seed}`);
    const sealed = sealEnvelope('session one', stamp, body);
    for (let seed = 0; seed < 5_000; seed++) {
      mustMiss(Buffer.concat([sealed.subarray(0, seed % 64), garbage(200, seed)]), `a start and garbage ${seed}`);
    }
    mustMiss(garbage(1_000_000), 'a megabyte of garbage');
  });

  it('is a miss, and hurts nobody, when another program put a body there with a right checksum', () => {
    const packr = new Packr({ useRecords: false });
    for (const [what, content] of [
      ['no body', Buffer.alloc(0)],
      ['100,000 arrays in each other', Buffer.alloc(100_000, 0x91)],
      ['an array of 4 billion', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff])],
      ['a string of 4 GiB', Buffer.from([0xdb, 0xff, 0xff, 0xff, 0xff, 0x61])],
      ['two values', Buffer.concat([packr.pack(1), packr.pack(2)])],
    ] as const) {
      mustMiss(forged(content), what);
    }
  });

  it('changes no prototype', () => {
    const opened = openEnvelope(
      'session one',
      forged(new Packr({ useRecords: false }).pack(new Map([['__proto__', { polluted: 1 }]]))),
      now,
    );
    assert.equal('polluted' in {}, false);
    assert.ok(opened.ok && (opened.body as { readonly polluted?: number }).polluted === undefined);
  });

  it('cannot be sealed with a version or fence that no number can carry', () => {
    for (const wrong of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      assert.throws(() => sealEnvelope('k', { ...stamp, version: wrong }, null), { message: /^version is / });
      assert.throws(() => sealEnvelope('k', { ...stamp, fence: wrong }, null), { message: /^fence is / });
    }
  });
});

describe('a key on a cache server', () => {
  it('is printable and at most 250 bytes, whatever it was', () => {
    const hostile = [
      '',
      ' ',
      'a b',
      'get\r\nset pwned 0 0 1',
      'nul\0',
      'x'.repeat(251),
      'é'.repeat(130),
      '\ud800',
      '\x7f',
      'a\n',
      '#',
    ];
    for (const key of hostile) assert.match(storageKey(key), /^#[A-Za-z0-9_-]{43}$/, JSON.stringify(key));
    for (let seed = 0; seed < 2_000; seed++) {
      assert.match(storageKey(garbage(seed % 400, seed).toString('latin1')), /^[\x21-\x7e]{1,250}$/);
    }
  });

  it('stays as it is where a server can take it, up to 250 bytes and not beyond', () => {
    for (const key of ['session:sabc', 'x'.repeat(keyBytesMax), '!', '~', 'a#']) assert.equal(storageKey(key), key);
    assert.notEqual(storageKey('x'.repeat(keyBytesMax + 1)), 'x'.repeat(keyBytesMax + 1));
  });

  it('is never the same for two, also where one is the hash of the other', () => {
    const hostile = [
      '',
      ' ',
      'a b',
      'x'.repeat(251),
      'x'.repeat(252),
      'é',
      'é'.normalize('NFD'),
      '\ud800',
      '\ud801',
      '\ufffd',
    ];
    const keys = [...hostile, ...hostile.map(storageKey)];
    assert.equal(new Set(keys.map(storageKey)).size, new Set(keys).size);
  });
});
