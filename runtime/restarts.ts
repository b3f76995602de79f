// Owns the decisions of a supervisor: who is restarted after which end, and how many restarts are too many.
// It owns no process and reads no clock: supervisor.ts tells it what happened and when.

import { isQuiet } from './failures.ts';
import type { ExitReason } from './outcome.ts';
import type { Restart, Strategy } from './spec.ts';

/** OTP's. */
export const intensityDefault = 1;
export const periodMsDefault = 5_000;

//             normal   shutdown   abnormal
//  permanent  restart  restart    restart
//  transient  keep     keep       restart      (kept in the list, not running)
//  temporary  forget   forget     forget
export function afterEnd(restart: Restart, reason: ExitReason): 'restart' | 'keep' | 'forget' {
  if (restart === 'temporary') return 'forget';
  if (restart === 'transient' && isQuiet(reason)) return 'keep';
  return 'restart';
}

/** Which children, by place in the list, end and start again when the one at `place` must be restarted. */
export function affected(
  strategy: Strategy,
  place: number,
  count: number,
): { readonly first: number; readonly last: number } {
  if (strategy === 'oneForOne') return { first: place, last: place };
  return { first: strategy === 'oneForAll' ? 0 : place, last: count - 1 };
}

/**
 * Adds a restart to the times of those within the period; false when they are more than the intensity allows. In
 * place: a copy of a hundred of them was 1,300 bytes and a tenth of a restart.
 */
export function spend(times: number[], now: number, budget: RestartBudget): boolean {
  // They ascend: those that are over are the first ones.
  while (times[0] !== undefined && now - times[0] >= budget.periodMs) times.shift();
  times.push(now);
  return times.length <= budget.intensity;
}

export interface RestartBudget {
  readonly intensity: number;
  readonly periodMs: number;
}

/** The wait before the next start of a child that failed `failures` times without a quiet time between. */
export function backoffMs(backoff: { readonly minMs: number; readonly maxMs: number }, failures: number): number {
  return Math.min(backoff.maxMs, backoff.minMs * 2 ** Math.min(failures, 30));
}
