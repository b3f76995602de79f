// Owns the watch over the edge thread, kept by one of the others: who watches the watchdog.
// It never mends: a stuck edge holds every socket, so the process ends and whoever runs it starts another.

import { writeSync } from 'node:fs';
import { Heartbeat } from './heartbeat.ts';
import { threadTimes } from './thread-times.ts';
import { edgeThread } from './topology.ts';

const looksPerLimit = 10;
/** A look that comes later than this many intervals proves nothing: the whole process, or machine, was stopped. */
const lateIntervals = 2;
const standardError = 2;

export function watchEdge(heartbeats: SharedArrayBuffer, stuckMs: number): NodeJS.Timeout {
  const heart = new Heartbeat({ heartbeats, thread: edgeThread });
  const everyMs = Math.max(1, stuckMs / looksPerLimit);
  let beats = heart.beats;
  let lastLook = performance.now();
  let aliveAt = lastLook;
  let starvedMs = edgeStarvedMs();
  return setInterval(() => {
    const now = performance.now();
    const late = now - lastLook > lateIntervals * everyMs;
    lastLook = now;
    if (late || heart.beats !== beats) {
      beats = heart.beats;
      aliveAt = now;
      starvedMs = edgeStarvedMs();
    } else if (now - aliveAt - (edgeStarvedMs() - starvedMs) > stuckMs) {
      const line = {
        level: 'error',
        message: 'the edge thread is stuck: the process ends',
        silentMs: Math.round(now - aliveAt),
      };
      writeSync(standardError, `${JSON.stringify(line)}\n`);
      process.kill(process.pid, 'SIGKILL');
    }
  }, everyMs);
}

/** While it waits for a CPU the edge cannot beat, and nobody would be better off without it. */
function edgeStarvedMs(): number {
  return threadTimes(process.pid)?.starvedMs ?? 0;
}
