// Owns the behaviour `supervisor`: starts its children in order, restarts them as their specs say, stops them in reverse.
// The decisions are restarts.ts's; while it waits for a child to start or stop it takes no other message, as in OTP.

import type { Pid } from './address.ts';
import { defineBehaviour, type Info, InitFailed } from './behaviour.ts';
import { checkSpec } from './child-specs.ts';
import { type Child, Children } from './children.ts';
import type { Context } from './context.ts';
import { type OrLater, whenThere } from './later.ts';
import { type CastOutcome, stop } from './outcome.ts';
import { PidMap } from './pid-map.ts';
import { affected, afterEnd, backoffMs, intensityDefault, periodMsDefault, spend } from './restarts.ts';
import type { Result } from './result.ts';
import { type SupervisorSpec, supervisorName } from './spec.ts';
import { ended, startChild, stopChildren } from './supervised.ts';
import { supervisionOf } from './supervision.ts';
import { supervisorCalls } from './supervisor-calls.ts';
import type { SupervisorProtocol, SupervisorState } from './supervisor-protocol.ts';

/** How often a thread that is being replaced is looked for. */
const threadAwaitedMs = 50;

export const supervisor = defineBehaviour<SupervisorProtocol, SupervisorSpec, SupervisorState>({
  name: supervisorName,

  async init(spec, context) {
    const misspelt = checkSpec(spec);
    if (misspelt !== null) throw new InitFailed({ code: 'badSpec', message: misspelt, retryable: false });
    context.trapExit();
    const state = stateOf(spec, supervisionOf(context));
    const { children } = state;
    for (const child of children.values()) {
      const started = await startChild(state, child);
      if (started.ok) continue;
      await stopChildren(state, children.values());
      throw new InitFailed(started.error);
    }
    return state;
  },

  calls: supervisorCalls,

  casts: {
    tryAgain: (state, { id, counted }, context) => {
      if (state.children.get(id)?.status === 'restarting') return retry(state, id, counted, context);
      // It was told to stop meanwhile; the siblings that wait behind it are still owed their start.
      const next = state.children
        .values()
        .find(({ status, spec }) => status === 'restarting' && !state.retries.has(spec.id));
      return next === undefined ? undefined : retry(state, next.spec.id, false, context);
    },
  },

  timers: {
    retry: async (state, context) => {
      const now = context.monotonic();
      for (const [id, due] of [...state.retries]) {
        if (due > now) continue;
        state.retries.delete(id);
        await restart(state, id, context);
      }
      armRetry(state, context);
    },
  },

  info: (state, info, context) => (info.type === 'exit' ? childEnded(state, info, context) : undefined),

  terminate: (state) => stopChildren(state, state.children.values()),
});

function stateOf(spec: SupervisorSpec, context: SupervisorState['context']): SupervisorState {
  const children = new Children();
  const running = new PidMap<Child>(context.self);
  for (const child of spec.children) children.add(child);
  context.atEnd(() => {
    children.clear();
    running.clear();
  });
  return { context, spec, children, running, restartTimes: [], retries: new Map() };
}

function childEnded(
  state: SupervisorState,
  { pid, reason }: Extract<Info, { type: 'exit' }>,
  context: Context,
): OrLater<CastOutcome> {
  const child = state.running.get(pid);
  if (child === undefined) return undefined;
  ended(state, child);
  const next = afterEnd(child.spec.restart ?? 'permanent', reason);
  if (next === 'forget') state.children.delete(child.spec.id);
  if (next === 'restart') return retry(state, child.spec.id, reason !== 'threadLost', context);
  return autoShutdown(state, child);
}

function autoShutdown(state: SupervisorState, { spec }: Child): CastOutcome {
  const mode = state.spec.autoShutdown ?? 'never';
  if (!spec.significant || mode === 'never') return undefined;
  // One that waits for its restart is coming back.
  const others = state.children.values().some((child) => child.spec.significant && child.status !== 'stopped');
  return mode === 'allSignificant' && others ? undefined : stop('shutdown');
}

/** Spends from the restart budget unless the thread was lost, which is no fault of the child. */
function retry(state: SupervisorState, id: string, counted: boolean, context: Context): OrLater<CastOutcome> {
  const child = state.children.get(id);
  if (child === null || child.pid !== null) return undefined;
  if (counted) {
    const { intensity = intensityDefault, periodMs = periodMsDefault } = state.spec;
    if (!spend(state.restartTimes, context.monotonic(), { intensity, periodMs })) return giveUp(child, context);
  }
  child.status = 'restarting';
  const { backoff } = child.spec;
  if (backoff === undefined || !counted) return restart(state, id, context);
  const now = context.monotonic();
  if (now - child.startedAt > backoff.maxMs && child.startedAt > 0) child.failures = 0;
  state.retries.set(id, now + backoffMs(backoff, child.failures++));
  armRetry(state, context);
  return undefined;
}

function giveUp(child: Child, context: Context): CastOutcome {
  context.log('error', 'supervisor gave up: too many restarts', { child: child.spec.id });
  return stop({ shutdown: `restart intensity reached by child ${child.spec.id}` });
}

function armRetry(state: SupervisorState, context: Context): void {
  if (state.retries.size === 0) return;
  context.startTimer('retry', Math.min(...state.retries.values()) - context.monotonic());
}

function restart(state: SupervisorState, id: string, context: Context): OrLater<undefined> {
  const failed = state.children.get(id);
  if (failed === null || failed.pid !== null) return undefined;
  if (state.spec.strategy !== 'oneForOne') return restartGroup(state, failed, context);
  return whenThere(restartOne(state, failed, context), nothing, null, null);
}

function nothing(): undefined {
  return undefined;
}

async function restartGroup(state: SupervisorState, failed: Child, context: Context): Promise<undefined> {
  const group = goesWith(state, failed);
  const wanted = group.filter((child) => child === failed || child.status !== 'stopped');
  await stopChildren(state, group);
  // Until its turn comes each is owed a start, also when the start of one before it fails and all is tried again.
  for (const child of wanted) child.status = 'restarting';
  for (const child of wanted) {
    if (child !== failed && child.spec.restart === 'temporary') state.children.delete(child.spec.id);
    else if (!(await restartOne(state, child, context))) return;
  }
}

/** The child itself and the siblings that end and start with it, in start order. */
function goesWith(state: SupervisorState, failed: Child): readonly Child[] {
  const all = state.children.values();
  const { first, last } = affected(state.spec.strategy, all.indexOf(failed), all.length);
  return all.slice(first, last + 1);
}

/**
 * A thread that is being replaced is not waited for here: a gate's old thread may linger in native code for minutes,
 * and the other children need their supervisor meanwhile. A start that fails is tried again as a message of its
 * own, so that the supervisor still hears its parent.
 */
function restartOne(state: SupervisorState, child: Child, context: Context): OrLater<boolean> {
  state.retries.delete(child.spec.id);
  if (!state.context.reachable(child.spec)) {
    child.status = 'restarting';
    state.retries.set(child.spec.id, context.monotonic() + threadAwaitedMs);
    armRetry(state, context);
    return false;
  }
  child.restarts++;
  return whenThere(startChild(state, child), restarted, child, context);
}

function restarted(started: Result<Pid | null>, child: Child, context: Context): boolean {
  if (started.ok) return true;
  child.status = 'restarting';
  context.cast(context.self, 'tryAgain', { id: child.spec.id, counted: started.error.code !== 'threadLost' });
  return false;
}
