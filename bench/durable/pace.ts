// Owns an open loop: so many sends a second, whether or not earlier ones were answered, each timed from its sending to its answer.
// It knows nothing of what is sent.

import { Latency, type LatencySummary } from '../latency.ts';
import { sleep } from '../wait.ts';

export interface Paced {
  readonly latency: LatencySummary;
  /** Answered, over the time from the first send to the last answer. */
  readonly perSecond: number;
}

const tickMs = 1;

export async function atPace(
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
  send: () => Promise<void>,
): Promise<Paced> {
  const latency = new Latency('acknowledged');
  const total = Math.round(perSecond * seconds);
  const began = performance.now();
  const answers: Promise<void>[] = [];
  const timed = async () => {
    // From when it was sent: a timer is up to a millisecond late, which is more than the disk takes.
    const sent = performance.now();
    await send();
    latency.record(performance.now() - sent);
  };
  while (answers.length < total) {
    const dueCount = Math.min(total, Math.floor(((performance.now() - began) / 1_000) * perSecond) + 1);
    for (let number = answers.length; number < dueCount; number++) {
      const answer = timed();
      // Heard below, when all of them are.
      answer.catch(() => undefined);
      answers.push(answer);
    }
    await sleep(tickMs);
  }
  await Promise.all(answers);
  return { latency: latency.summary(), perSecond: total / ((performance.now() - began) / 1_000) };
}
