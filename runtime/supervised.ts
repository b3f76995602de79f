// Owns starting and stopping the children of one supervisor, in order and in reverse, each within its time.
// It never decides whether a child should run.

import type { Pid } from './address.ts';
import type { Context } from './context.ts';
import type { Supervision } from './kernel.ts';
import type { Result } from './result.ts';
import type { Child } from './supervisor-protocol.ts';

export function supervisionOf(context: Context): Supervision {
  if ('spawnChild' in context && 'endChild' in context) return context as Context & Supervision;
  throw new Error('this context cannot supervise');
}

export async function startChild(child: Child, context: Context): Promise<Result<Pid>> {
  const started = await supervisionOf(context).spawnChild(child.spec, child.restarts);
  if (started.ok) {
    child.pid = started.value;
    child.status = 'running';
    child.startedAt = context.monotonic();
  }
  return started;
}

/** Last started, first stopped. */
export async function stopChildren(children: readonly Child[], context: Context): Promise<void> {
  for (const child of [...children].reverse()) await stopChild(child, context);
}

export async function stopChild(child: Child, context: Context): Promise<void> {
  const { pid, spec } = child;
  if (pid === null) return;
  const byDefault = spec.behaviour === 'supervisor' ? 'infinity' : undefined;
  await supervisionOf(context).endChild(pid, spec.shutdown ?? byDefault);
  child.pid = null;
  child.status = 'stopped';
}
