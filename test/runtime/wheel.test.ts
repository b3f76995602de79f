// Owns the guarantees of the deadline wheel: in order, not early, and not believed at once after a stall.
// Time is moved by hand; the turns of the event loop are real.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../runtime/clock.ts';
import { Deadline, DeadlineWheel } from '../../runtime/wheel.ts';

class Noted extends Deadline {
  readonly #note: () => void;
  constructor(note: () => void) {
    super();
    this.#note = note;
  }
  override expire(): void {
    this.#note();
  }
}

function manual() {
  let now = 0;
  let alarm: { readonly at: number; readonly ring: () => void } | null = null;
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    alarm(at, ring) {
      const set = { at, ring };
      alarm = set;
      return {
        cancel: () => {
          if (alarm === set) alarm = null;
        },
      };
    },
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  /** Rings what is due, and gives the wheel the turns that it takes to decide. */
  const to = async (time: number) => {
    now = time;
    while (alarm !== null && (alarm as { at: number }).at <= now) {
      const { ring } = alarm as { ring: () => void };
      alarm = null;
      ring();
      for (let i = 0; i < 4; i++) await turn();
    }
  };
  const ringOnly = (time: number) => {
    now = time;
    const { ring } = alarm as unknown as { ring: () => void };
    alarm = null;
    ring();
  };
  return { clock, to, ringOnly, turn, alarms: () => (alarm === null ? 0 : 1) };
}

test('deadlines expire at their time or within one slot after it, however far away', async () => {
  const { clock, to } = manual();
  const wheel = new DeadlineWheel(clock);
  const expired: number[] = [];
  const dues = [5, 40, 100, 5_000, 16_384, 16_420, 40_000, 3_600_000];
  for (const due of dues) wheel.add(new Noted(() => expired.push(due)), due);
  for (const due of dues) {
    await to(due - 1);
    assert.ok(!expired.includes(due), `${due} is not early`);
    await to(due + 16);
    assert.ok(expired.includes(due), `${due} is not late`);
  }
  assert.equal(wheel.size, 0);
});

test('a deadline that was taken back does not expire', async () => {
  const { clock, to } = manual();
  const wheel = new DeadlineWheel(clock);
  let expired = 0;
  const all = Array.from({ length: 100 }, () => new Noted(() => expired++));
  for (const one of all) wheel.add(one, 50);
  for (const one of all.slice(0, 60)) wheel.remove(one);
  await to(100);
  assert.equal(expired, 40);
});

test('after a stall an answer that waits to be read still counts: expiry waits two turns of the loop', async () => {
  const { clock, ringOnly, turn } = manual();
  const wheel = new DeadlineWheel(clock);
  let expired = false;
  const deadline = new Noted(() => {
    expired = true;
  });
  wheel.add(deadline, 50);
  ringOnly(9_000);
  assert.equal(expired, false);
  await turn();
  assert.equal(expired, false);
  wheel.remove(deadline);
  for (let i = 0; i < 4; i++) await turn();
  assert.equal(expired, false);
});

test('a wheel without deadlines sets no alarm', async () => {
  const { clock, to, alarms } = manual();
  const wheel = new DeadlineWheel(clock);
  assert.equal(alarms(), 0);
  wheel.add(new Noted(() => undefined), 50);
  await to(100);
  assert.equal(alarms(), 0);
});
