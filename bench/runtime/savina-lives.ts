// Owns the shapes that begin and end many actors: fib, fork-join, spawn plain and supervised, and restart.
// A driver answers when all of its work is done; it measures nothing and speaks to nobody but its own actors.

import {
  type Context,
  defineBehaviour,
  type Pid,
  type Result,
  type SupervisorProtocol,
  stop,
} from '../../runtime/mod.ts';
import { beginRun, type Driver, type DriverProtocol, endRun, spawned, spawnedLinked } from './savina.ts';

/** Children under way at once when each waits for its init: more would only take more memory. */
const spawnBurst = 100;
const deadline = { deadlineMs: 60_000 } as const;
const quiet = stop('normal');

type FibProtocol = { calls: Record<never, never>; casts: { fib: { readonly value: number } } };

interface FibState {
  readonly parent: Pid;
  sum: number;
  left: number;
}

export const fibActor = defineBehaviour<FibProtocol, { readonly n: number; readonly parent: Pid }, FibState>({
  name: 'fibActor',
  init: ({ n, parent }, context) => {
    if (n < 2) {
      context.cast<FibProtocol, 'fib'>(context.self, 'fib', { value: n });
      return { parent, sum: 0, left: 1 };
    }
    for (const less of [n - 1, n - 2]) spawnedLinked(context, 'fibActor', { n: less, parent: context.self });
    return { parent, sum: 0, left: 2 };
  },
  calls: {},
  casts: {
    fib: (state, { value }, context) => {
      state.sum += value;
      if (--state.left > 0) return undefined;
      context.cast<FibProtocol, 'fib'>(state.parent, 'fib', { value: state.sum });
      return quiet;
    },
  },
});

/** Actors that divide the work of one number, one actor for each step: `size` is the number. */
export const fib = defineBehaviour<DriverProtocol & FibProtocol, unknown, Driver>({
  name: 'fib',
  init: () => ({ pids: [], from: null, left: 0 }),
  calls: {
    run: (state, { size }, context, from) => {
      beginRun(state, size, from);
      spawnedLinked(context, 'fibActor', { n: size, parent: context.self });
      return undefined;
    },
  },
  casts: { fib: (state, _message, context) => endRun(state, context), done: () => undefined, more: () => undefined },
});

/** Made for one message. */
export const brief = defineBehaviour<DriverProtocol, { readonly parent: Pid }, Pid>({
  name: 'brief',
  init: ({ parent }) => parent,
  calls: { run: () => undefined },
  casts: {
    done: (parent, message, context) => {
      context.cast(parent, 'done', message);
      return quiet;
    },
    more: () => undefined,
  },
});

/** `size` actors are made, get one message each, answer it and end. */
export const forkJoin = defineBehaviour<DriverProtocol, unknown, Driver & { unmade: number }>({
  name: 'forkJoin',
  init: () => ({ pids: [], from: null, left: 0, unmade: 0 }),
  calls: {
    run: (state, { size }, context, from) => {
      beginRun(state, size, from);
      state.unmade = size;
      context.cast(context.self, 'more', null);
      return undefined;
    },
  },
  casts: {
    more: (state, _message, context) => {
      for (let i = 0; i < spawnBurst && state.unmade > 0; i++, state.unmade--) fork(context);
      if (state.unmade > 0) context.cast(context.self, 'more', null);
    },
    done: (state, _message, context) => {
      if (--state.left === 0) endRun(state, context);
    },
  },
});

function fork(context: Context): void {
  const pid = spawnedLinked(context, 'brief', { parent: context.self });
  context.cast<DriverProtocol, 'done'>(pid, 'done', { left: 0 });
}

const counter = { id: 'count', behaviour: 'count', args: null, restart: 'temporary' } as const;

/** Linked, in the process table, acknowledged after init, then killed: what `start_link` and `exit(Pid, kill)` are. */
export const spawnPlain = defineBehaviour<DriverProtocol, unknown, Driver>({
  name: 'spawnPlain',
  init: () => ({ pids: [], from: null, left: 0 }),
  calls: {
    run: async (_state, { size }, context) => {
      for (let left = size; left > 0; left -= spawnBurst) {
        const pids: Pid[] = [];
        for (let i = Math.min(left, spawnBurst); i > 0; i--) {
          const started = await context.spawn(counter);
          if (started.ok) pids.push(started.value);
        }
        for (const pid of pids) {
          context.unlink(pid);
          context.exit(pid, 'kill');
        }
      }
      return { outcome: 'reply', answer: null };
    },
  },
  casts: { done: () => undefined, more: () => undefined },
});

/** The same under a supervisor, which keeps them: `more` ends it with all of them, when the run is over and timed. */
export const spawnSupervised = defineBehaviour<DriverProtocol, unknown, Driver & { supervisor: Pid | null }>({
  name: 'spawnSupervised',
  init: () => ({ pids: [], from: null, left: 0, supervisor: null }),
  calls: {
    run: (state, { size }, context, from) => {
      beginRun(state, size, from);
      const supervisor = spawnedLinked(context, 'supervisor', { strategy: 'oneForOne', children: [] });
      state.supervisor = supervisor;
      const next = (started: Result<Pid | null>) => {
        if (!started.ok) throw new Error(started.error.message);
        if (state.left-- === 0) return endRun(state, context);
        const spec = { ...counter, id: `w${state.left}` };
        context.ask<SupervisorProtocol, 'startChild'>(supervisor, 'startChild', { spec }, deadline, next);
      };
      next({ ok: true, value: null });
      return undefined;
    },
  },
  casts: {
    done: () => undefined,
    more: ({ supervisor }, _message, context) => {
      if (supervisor === null) return;
      context.unlink(supervisor);
      context.exit(supervisor, 'kill');
    },
  },
});

type MortalProtocol = { calls: Record<never, never>; casts: { crash: null } };
type ReviverProtocol = { calls: DriverProtocol['calls']; casts: { born: { readonly pid: Pid } } };

/** Says that it lives, and crashes when it is told to. */
export const mortal = defineBehaviour<MortalProtocol, { readonly driver: Pid }, null>({
  name: 'mortal',
  init: ({ driver }, context) => {
    context.cast<ReviverProtocol, 'born'>(driver, 'born', { pid: context.self });
    return null;
  },
  calls: {},
  casts: {
    crash: () => {
      throw new Error('as the benchmark wants');
    },
  },
});

/** Its child under a supervisor is crashed `size` times, each time when the life before has said that it is there. */
export const restart = defineBehaviour<ReviverProtocol, unknown, Driver & { child: Pid | null }>({
  name: 'restart',
  init: (_args, context) => {
    const child = { id: 'w', behaviour: 'mortal', args: { driver: context.self } };
    void spawned(context, 'supervisor', {
      strategy: 'oneForOne',
      intensity: 1_000_000,
      periodMs: 1,
      children: [child],
    });
    return { pids: [], from: null, left: 0, child: null };
  },
  calls: {
    run: (state, { size }, context, from) => {
      beginRun(state, size, from);
      if (state.child !== null) context.cast<MortalProtocol, 'crash'>(state.child, 'crash', null);
      return undefined;
    },
  },
  casts: {
    born: (state, { pid }, context) => {
      const first = state.child === null && state.from === null;
      state.child = pid;
      if (first) return;
      if (state.left-- > 0) context.cast<MortalProtocol, 'crash'>(pid, 'crash', null);
      else endRun(state, context);
    },
  },
});
