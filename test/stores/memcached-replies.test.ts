// Owns the promise that memcached's bytes are cut into the replies that they are, however they arrive.
// Nothing is connected here.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Replies } from '../../stores/memcached/replies.ts';
import { garbage } from '../support/fault-proxy.ts';

function reply(body: string, more: { readonly length?: number; readonly magic?: number } = {}): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt8(more.magic ?? 0x81, 0);
  head.writeUInt32BE(more.length ?? body.length, 8);
  return Buffer.concat([head, Buffer.from(body)]);
}

describe('the bytes of memcached', () => {
  it('become the same replies, however they are cut', () => {
    const replies = [reply('one'), reply(''), reply('x'.repeat(5_000)), reply('last')];
    const bytes = Buffer.concat(replies);
    for (const size of [1, 2, 3, 7, 23, 24, 25, 26, 100, 4_096, bytes.length]) {
      const reader = new Replies();
      const got: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) got.push(...reader.push(bytes.subarray(at, at + size)));
      assert.deepEqual(got, replies, `in pieces of ${size}`);
    }
  });

  it('that are none are refused at the first byte', () => {
    assert.throws(() => new Replies().push(Buffer.from('E')), { code: 'garbage' });
    assert.throws(() => new Replies().push(Buffer.concat([reply('one'), Buffer.from('ERROR\r\n')])), {
      code: 'garbage',
    });
    assert.throws(() => new Replies().push(reply('one', { magic: 0x80 })), { code: 'garbage' });
  });

  it('with a length that nobody wrote are refused before anything is waited for', () => {
    for (const length of [2 ** 31, 2 ** 32 - 1, 2 * 1_024 * 1_024]) {
      assert.throws(() => new Replies().push(reply('', { length })), { code: 'badLength' });
    }
    const shorterThanItsParts = reply('one');
    shorterThanItsParts.writeUInt16BE(4, 2);
    assert.throws(() => new Replies().push(shorterThanItsParts), { code: 'badLength' });
  });

  it('never make it do anything but cut or refuse', () => {
    for (let seed = 0; seed < 5_000; seed++) {
      const bytes = Buffer.concat([Buffer.from([0x81]), garbage(200, seed)]);
      try {
        const cut = new Replies().push(bytes);
        assert.ok(Buffer.concat(cut).length <= bytes.length);
      } catch (error) {
        assert.match((error as { readonly code: string }).code, /^(garbage|badLength)$/);
      }
    }
  });
});
