// Owns the orderly end of a thread that has grown too big, while it can still work: nobody new is made, members of
// families end as when the node stops (terminate runs, so what they hold is kept), async handlers go on to their end.
// It never waits longer than it is allowed; what is not done by then is lost with the thread, as in any other loss.

import { setTimeout as sleep } from 'node:timers/promises';
import type { ActorThread } from './thread.ts';

const lookEveryMs = 10;

export async function drained(thread: ActorThread, withinMs: number): Promise<void> {
  const end = thread.clock.monotonic() + withinMs;
  let stopping = true;
  void Promise.all([...thread.families.values()].map((family) => family.stop())).then(() => {
    stopping = false;
  });
  while ((stopping || isBusy(thread)) && thread.clock.monotonic() < end) await sleep(lookEveryMs);
}

function isBusy(thread: ActorThread): boolean {
  if (!thread.runQueue.idle) return true;
  for (const { status } of thread.processes.values()) {
    if (status === 'suspended' || status === 'ending') return true;
  }
  return false;
}
