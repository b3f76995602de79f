// Owns what becomes of characters and page addresses from outside.
// It opens no socket.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isWebAddress, pageOf } from '../../rpc/page.ts';
import { cut, plainLine, xmlSafe } from '../../rpc/text.ts';

describe('text from outside', () => {
  it('has U+FFFD for what XML 1.0 cannot carry, unit for unit', () => {
    const bad = ['\u0000', '\u0008', '\u000b', '\u001f', '\ufffe', '\uffff', '\ud800', '\udfff'];
    for (const unit of bad) assert.equal(xmlSafe(`a${unit}b`), 'a\ufffdb', JSON.stringify(unit));
    assert.equal(xmlSafe('\udc00\ud800'), '\ufffd\ufffd', 'halves in the wrong order');
  });

  it('keeps everything else, line ends and emoji too', () => {
    const fine = 'a\tb\nc\r\u007f\u0085é漢\u202e😀👩‍👩‍👧\u{10ffff}';
    assert.equal(xmlSafe(fine), fine);
  });

  it('is one line without controls and direction overrides where it is a name', () => {
    assert.equal(plainLine('  A\u202eda\u0000 \u2066L\u2069ovelace\u0007\n\tX '), 'Ada Lovelace X');
    assert.equal(plainLine('\u200f\u061c'), '');
  });

  it('is never cut in the middle of a character', () => {
    assert.equal(cut('ab😀', 3), 'ab');
    assert.equal(cut('ab😀', 4), 'ab😀');
    assert.equal(cut('abc', 2), 'ab');
  });
});

describe('a page address', () => {
  it('is http or https', () => {
    assert.ok(isWebAddress('https://shop.example/a'));
    assert.ok(isWebAddress('http://localhost:3000/'));
    for (const no of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', '/path', '', 'about:blank']) {
      assert.ok(!isWebAddress(no), no);
    }
  });

  it('is kept without query, fragment and credentials unless the site asks', () => {
    const url = 'https://u:p@shop.example/cart?token=secret#pay';
    const referrer = 'https://mail.example/?id=1';
    assert.deepEqual(pageOf({ url, referrer }, false), {
      url: 'https://shop.example/cart',
      referrer: 'https://mail.example/',
    });
    assert.equal(pageOf({ url }, true).url, 'https://shop.example/cart?token=secret#pay');
  });

  it('is cut when it is too long, and so is a title', () => {
    const page = pageOf({ url: `https://shop.example/${'a'.repeat(5_000)}`, title: 't'.repeat(1_000) }, false);
    assert.equal(page.url.length, 2_048);
    assert.equal(page.title?.length, 300);
  });

  it('leaves out a title of nothing and a referrer that is no web address', () => {
    const raw = { url: 'https://shop.example/', title: '\u0000 ', referrer: 'android-app://com.example/' };
    assert.deepEqual(pageOf(raw, false), { url: 'https://shop.example/' });
  });
});
