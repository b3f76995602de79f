// Owns the administration of a running supervisor: add, stop, restart, forget and list children.
// It never restarts by itself: that is the answer to an end, in supervisor.ts.

import { checkChild } from './child-specs.ts';
import type { Context } from './context.ts';
import { refuse, reply } from './outcome.ts';
import type { ChildSpec } from './spec.ts';
import { startChild, stopChild } from './supervised.ts';
import { type Child, findChild, type SupervisorState } from './supervisor-protocol.ts';

const notFound = refuse({ code: 'notFound', message: 'no such child', retryable: false });

export function supervisorCalls(newChild: (spec: ChildSpec) => Child) {
  return {
    async startChild(state: SupervisorState, { spec }: { readonly spec: ChildSpec }, context: Context) {
      const misspelt = checkChild(spec, state.spec.autoShutdown ?? 'never');
      if (misspelt !== null) return refuse({ code: 'badSpec', message: misspelt, retryable: false });
      const known = findChild(state, spec.id);
      if (known !== null) {
        const code = known.pid === null ? 'alreadyPresent' : 'alreadyStarted';
        return refuse({ code, message: `child ${spec.id}`, retryable: false });
      }
      const child = newChild(spec);
      const started = await startChild(child, context);
      if (!started.ok) return refuse(started.error);
      state.children.push(child);
      return reply(started.value);
    },

    async terminateChild(state: SupervisorState, { id }: { readonly id: string }, context: Context) {
      const child = findChild(state, id);
      if (child === null) return notFound;
      state.retries.delete(id);
      await stopChild(child, context);
      child.status = 'stopped';
      if (child.spec.restart === 'temporary') state.children.splice(state.children.indexOf(child), 1);
      return reply(null);
    },

    async restartChild(state: SupervisorState, { id }: { readonly id: string }, context: Context) {
      const child = findChild(state, id);
      if (child === null) return notFound;
      if (child.status !== 'stopped') return refuse({ code: child.status, message: `child ${id}`, retryable: false });
      const started = await startChild(child, context);
      return started.ok ? reply(started.value) : refuse(started.error);
    },

    deleteChild(state: SupervisorState, { id }: { readonly id: string }) {
      const child = findChild(state, id);
      if (child === null) return notFound;
      if (child.status !== 'stopped') return refuse({ code: child.status, message: `child ${id}`, retryable: false });
      state.children.splice(state.children.indexOf(child), 1);
      return reply(null);
    },

    whichChildren(state: SupervisorState) {
      return reply(
        state.children.map(({ spec: { id, behaviour }, pid, status, restarts }) => ({
          id,
          pid,
          behaviour,
          status,
          restarts,
        })),
      );
    },

    countChildren({ children }: SupervisorState) {
      const supervisors = children.filter((child) => child.spec.behaviour === 'supervisor').length;
      const active = children.filter((child) => child.pid !== null).length;
      return reply({ specs: children.length, active, supervisors, workers: children.length - supervisors });
    },
  };
}
