// Owns the rule that makes a visitor here, away or gone, as a table of what his pages did.
// It opens no socket and no clock runs.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { heard, levelOf, newPresence } from '../../rpc/presence.ts';

describe('a visitor', () => {
  it('is here from his first request', () => {
    assert.equal(levelOf(newPresence(0), 'none', 0), 'here');
  });

  it('is away while his only page is in the background', () => {
    const presence = newPresence(0);
    heard(presence, true, 0);
    assert.equal(levelOf(presence, 'hidden', 1), 'away');
    assert.equal(levelOf(presence, 'none', 1), 'away');
  });

  it('is here while one of his pages is in sight, whatever the others say', () => {
    const presence = newPresence(0);
    heard(presence, true, 0);
    assert.equal(levelOf(presence, 'visible', 1), 'here');
  });

  it('is gone 40 s after his last poll, and never while one is parked', () => {
    const presence = newPresence(0);
    assert.equal(levelOf(presence, 'none', 39_999), 'here');
    assert.equal(levelOf(presence, 'none', 40_000), 'gone');
    assert.equal(levelOf(presence, 'visible', 1_000_000), 'here');
  });

  it('is gone 10 s after his page said goodbye', () => {
    const presence = newPresence(0);
    presence.leftAt = 1_000;
    assert.equal(levelOf(presence, 'none', 10_999), 'here');
    assert.equal(levelOf(presence, 'none', 11_000), 'gone');
  });

  it('stays when another page polls after the goodbye', () => {
    const presence = newPresence(0);
    presence.leftAt = 1_000;
    heard(presence, false, 2_000);
    assert.equal(levelOf(presence, 'none', 20_000), 'here');
  });

  it('is not gone for the moment between two polls of another page', () => {
    const presence = newPresence(0);
    presence.leftAt = 1_000;
    presence.heardAt = 12_000;
    assert.equal(levelOf(presence, 'none', 12_050), 'here');
    assert.equal(levelOf(presence, 'none', 14_000), 'gone');
  });
});
