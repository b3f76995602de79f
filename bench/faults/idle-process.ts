// Owns the process that does nothing beside the benchmark `faults`: its own stalls are the machine's doing.
// It only tells, when it is asked, how long its loop stood still at most since it was asked before.

import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolutionMs = 1;
const nsPerMs = 1e6;

const delay = monitorEventLoopDelay({ resolution: resolutionMs });
delay.enable();
process.on('message', () => {
  const ms = Math.max(0, delay.max / nsPerMs - resolutionMs);
  delay.reset();
  process.send?.(ms);
});
process.on('disconnect', () => process.exit(0));
