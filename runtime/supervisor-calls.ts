// Owns the administration of a running supervisor: add, stop, restart, forget and list children.
// It never restarts by itself: that is the answer to an end, in supervisor.ts.

import type { Pid } from './address.ts';
import { checkChild } from './child-specs.ts';
import type { Child } from './children.ts';
import { whenThere } from './later.ts';
import { refuse, reply } from './outcome.ts';
import type { Result } from './result.ts';
import type { ChildSpec } from './spec.ts';
import { startChild, stopChild } from './supervised.ts';
import type { SupervisorState } from './supervisor-protocol.ts';

const notFound = refuse({ code: 'notFound', message: 'no such child', retryable: false });

export const supervisorCalls = {
  startChild(state: SupervisorState, { spec }: { readonly spec: ChildSpec }) {
    const misspelt = checkChild(spec, state.spec.autoShutdown ?? 'never');
    if (misspelt !== null) return refuse({ code: 'badSpec', message: misspelt, retryable: false });
    const child = state.children.add(spec);
    if (child === null) {
      const code = state.children.get(spec.id)?.pid == null ? 'alreadyPresent' : 'alreadyStarted';
      return refuse({ code, message: `child ${spec.id}`, retryable: false });
    }
    return whenThere(startChild(state, child), added, state, child);
  },

  async terminateChild(state: SupervisorState, { id }: { readonly id: string }) {
    const child = state.children.get(id);
    if (child === null) return notFound;
    state.retries.delete(id);
    await stopChild(state, child);
    child.status = 'stopped';
    if (child.spec.restart === 'temporary') state.children.delete(id);
    return reply(null);
  },

  restartChild(state: SupervisorState, { id }: { readonly id: string }) {
    const child = state.children.get(id);
    if (child === null) return notFound;
    if (child.status !== 'stopped') return refuse({ code: child.status, message: `child ${id}`, retryable: false });
    return whenThere(startChild(state, child), outcomeOf, state, child);
  },

  deleteChild(state: SupervisorState, { id }: { readonly id: string }) {
    const child = state.children.get(id);
    if (child === null) return notFound;
    if (child.status !== 'stopped') return refuse({ code: child.status, message: `child ${id}`, retryable: false });
    state.children.delete(id);
    return reply(null);
  },

  childSpec(state: SupervisorState, { id }: { readonly id: string }) {
    const child = state.children.get(id);
    return child === null ? notFound : reply(child.spec);
  },

  whichChildren(state: SupervisorState) {
    return reply(
      state.children.values().map(({ spec: { id, behaviour }, pid, status, restarts }) => ({
        id,
        pid,
        behaviour,
        status,
        restarts,
      })),
    );
  },

  countChildren({ children, running }: SupervisorState) {
    let supervisors = 0;
    for (const { spec } of children.values()) if (spec.behaviour === 'supervisor') supervisors++;
    return reply({ specs: children.size, active: running.size, supervisors, workers: children.size - supervisors });
  },
};

/** One that fails is not kept. */
function added(started: Result<Pid | null>, state: SupervisorState, child: Child) {
  if (!started.ok) state.children.delete(child.spec.id);
  return outcomeOf(started);
}

function outcomeOf(started: Result<Pid | null>) {
  return started.ok ? reply(started.value) : refuse(started.error);
}
