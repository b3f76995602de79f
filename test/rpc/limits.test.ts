// Owns the guarantees of the limits: buckets of visitors, newcomers and addresses, at the limit and one beyond.
// It opens no socket; the clock moves only when told.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type SessionId, siteId } from '../../actors/mod.ts';
import { fullBucket, take } from '../../rpc/bucket.ts';
import { createClientAddresses } from '../../rpc/client-address.ts';
import { defaultLimits } from '../../rpc/mod.ts';
import { createThrottle } from '../../rpc/throttle.ts';
import { ManualClock } from '../support/manual-clock.ts';

const session = 's1' as SessionId;
const demo = siteId('demo');
if (demo === null) throw new Error('demo');

/** How many of `count` are let through now. */
function through(count: number, ask: () => number): number {
  return Array.from({ length: count }, ask).filter((waitMs) => waitMs === 0).length;
}

describe('a bucket', () => {
  const rate = { perSecond: 2, burst: 3 };

  it('lets a burst through, then its rate, and says how long to wait', () => {
    const bucket = fullBucket(rate, 0);
    assert.deepEqual([take(bucket, rate, 0), take(bucket, rate, 0), take(bucket, rate, 0)], [0, 0, 0]);
    assert.equal(take(bucket, rate, 0), 500);
    assert.equal(take(bucket, rate, 499), 1);
    assert.equal(take(bucket, rate, 500), 0);
    assert.equal(take(bucket, rate, 500), 500);
  });

  it('never holds more than its burst, and a clock that stands or goes back gives nothing', () => {
    const bucket = fullBucket(rate, 0);
    assert.equal(
      through(10, () => take(bucket, rate, 1_000_000)),
      3,
    );
    assert.ok(take(bucket, rate, 0) > 0);
  });
});

describe('the limits', () => {
  it('are 60 messages a minute with bursts of 20 for a visitor', () => {
    const clock = new ManualClock();
    const throttle = createThrottle(defaultLimits, clock);
    assert.equal(
      through(30, () => throttle.visitor(session, 'messages')),
      20,
    );
    clock.advance(60_000);
    assert.equal(
      through(30, () => throttle.visitor(session, 'messages')),
      20,
    );
    clock.advance(5_000);
    assert.equal(
      through(30, () => throttle.visitor(session, 'messages')),
      5,
    );
  });

  it('are 20 other RPCs a second with bursts of 40, apart from messages and from other visitors', () => {
    const clock = new ManualClock();
    const throttle = createThrottle(defaultLimits, clock);
    assert.equal(
      through(100, () => throttle.visitor(session, 'rpcs')),
      40,
    );
    clock.advance(1_000);
    assert.equal(
      through(100, () => throttle.visitor(session, 'rpcs')),
      20,
    );
    assert.equal(throttle.visitor(session, 'messages'), 0);
    assert.equal(throttle.visitor('s2' as SessionId, 'rpcs'), 0);
    assert.equal(throttle.refused.rpcs, 140);
  });

  it('let newcomers in by address and by site', () => {
    const clock = new ManualClock();
    const limits = { ...defaultLimits, opensPerAddressBurst: 3, opensPerSiteBurst: 5 };
    const throttle = createThrottle(limits, clock);
    assert.equal(
      through(10, () => throttle.open('192.0.2.1', demo)),
      3,
    );
    assert.equal(
      through(10, () => throttle.open('192.0.2.2', demo)),
      2,
    );
    assert.deepEqual([throttle.refused.opensByAddress, throttle.refused.opensBySite], [14, 1]);
  });
});

describe('a client address', () => {
  it('is an IPv4 address, or the /64 of an IPv6 address', () => {
    const { keyOf } = createClientAddresses([]);
    assert.equal(keyOf('192.0.2.1', undefined), '192.0.2.1');
    assert.equal(keyOf('::ffff:192.0.2.1', undefined), '192.0.2.1');
    assert.equal(keyOf('2001:db8:1:2:3:4:5:6', undefined), keyOf('2001:db8:1:2:ffff::1', undefined));
    assert.notEqual(keyOf('2001:db8:1:2::1', undefined), keyOf('2001:db8:1:3::1', undefined));
    assert.equal(keyOf('fe80::1%eth0', undefined), 'fe80:0:0:0::/64');
    assert.equal(keyOf(undefined, '192.0.2.9'), 'unknown');
  });

  it('comes from X-Forwarded-For only as far as proxies are trusted', () => {
    const { keyOf } = createClientAddresses(['10.0.0.0/8', '127.0.0.1', '::1']);
    assert.equal(keyOf('192.0.2.1', '198.51.100.7'), '192.0.2.1', 'a stranger cannot choose his address');
    assert.equal(keyOf('127.0.0.1', '198.51.100.7'), '198.51.100.7');
    assert.equal(
      keyOf('10.1.2.3', '203.0.113.9, 198.51.100.7, 10.9.9.9'),
      '198.51.100.7',
      'what stands before is a claim',
    );
    assert.equal(keyOf('10.1.2.3', 'nonsense'), '10.1.2.3');
    assert.equal(keyOf('10.1.2.3', undefined), '10.1.2.3');
    assert.equal(keyOf('10.1.2.3', '10.0.0.9, '), '10.1.2.3');
  });

  it('fails at start when a trusted proxy is no address', () => {
    assert.throws(() => createClientAddresses(['everybody']));
  });
});
