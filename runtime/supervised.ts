// Owns starting and stopping the children of one supervisor, in order and in reverse, each within its time.
// It never decides whether a child should run.

import type { Pid } from './address.ts';
import type { Child } from './children.ts';
import { type OrLater, whenThere } from './later.ts';
import { type Result, success } from './result.ts';
import type { SupervisorState } from './supervisor-protocol.ts';

/** Null when its init ignored: it stays in the list and does not run; a temporary child is forgotten, as in OTP. */
export function startChild(state: SupervisorState, child: Child): OrLater<Result<Pid | null>> {
  return whenThere(state.context.spawnChild(child.spec, child.restarts), childStarted, state, child);
}

function childStarted(started: Result<Pid>, state: SupervisorState, child: Child): Result<Pid | null> {
  if (started.ok) {
    child.pid = started.value;
    child.status = 'running';
    // Nothing else needs it, and the clock costs 5 % of a start.
    if (child.spec.backoff !== undefined) child.startedAt = state.context.monotonic();
    state.running.set(started.value, child);
    if (child.spec.restart === 'temporary' && child.spec.args !== null) child.spec = { ...child.spec, args: null };
    return started;
  }
  if (started.error.code !== 'ignore') return started;
  child.status = 'stopped';
  if (child.spec.restart === 'temporary') state.children.delete(child.spec.id);
  return success(null);
}

/** Last started, first stopped. */
export async function stopChildren(state: SupervisorState, children: Iterable<Child>): Promise<void> {
  for (const child of [...children].reverse()) await stopChild(state, child);
}

export async function stopChild(state: SupervisorState, child: Child): Promise<void> {
  const { pid, spec } = child;
  if (pid === null) return;
  const byDefault = spec.behaviour === 'supervisor' ? 'infinity' : undefined;
  await state.context.endChild(pid, spec.shutdown ?? byDefault);
  ended(state, child);
}

/** It does not run any more. */
export function ended(state: SupervisorState, child: Child): void {
  if (child.pid !== null) state.running.delete(child.pid);
  child.pid = null;
  child.status = 'stopped';
}
