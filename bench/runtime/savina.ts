// Owns the shapes by which actor libraries compare their messages (Savina's set): each a driver that runs `size` of them.
// A driver answers when all of its work is done; it measures nothing and speaks to nobody but its own actors.

import { type Context, defineBehaviour, type From, type Pid, reply } from '../../runtime/mod.ts';

/** Every driver: `run` answers when `size` units of its work are done. */
export type DriverProtocol = {
  calls: { run: { request: { readonly size: number }; answer: null } };
  casts: { done: { readonly left: number }; more: null };
};

export interface Driver {
  readonly pids: readonly Pid[];
  from: From<null> | null;
  left: number;
}

/** Sent before the receiver is asked how far it is: below the limit of its mailbox. */
const burstMessages = 2_000;
const ringActors = 500;
const bigActors = 100;
const chameneos = 100;
const one = { by: 1 } as const;
const deadline = { deadlineMs: 5_000 } as const;

export async function spawned(context: Context, behaviour: string, args: unknown): Promise<Pid> {
  const result = await context.spawn({ id: behaviour, behaviour, args, restart: 'temporary' });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

/** Without waiting for its init, as Erlang's side of these shapes does with spawn_link. */
export function spawnedLinked(context: Context, behaviour: string, args: unknown): Pid {
  return context.spawnLink({ id: behaviour, behaviour, args, restart: 'temporary' });
}

export function beginRun(state: Driver, size: number, from: From<null>): void {
  state.left = size;
  state.from = from;
}

export function endRun(state: Driver, context: Context): void {
  if (state.from !== null) context.reply(state.from, null);
  state.from = null;
}

export type CountProtocol = {
  calls: { add: { request: { readonly by: number }; answer: number } };
  casts: { add: unknown };
};

export const count = defineBehaviour<CountProtocol, unknown, { sum: number }>({
  name: 'count',
  init: () => ({ sum: 0 }),
  calls: {
    add: (state, { by }) => {
      state.sum += by;
      return reply(state.sum);
    },
  },
  casts: {
    add: (state) => {
      state.sum += 1;
    },
  },
});

/** One producer, one consumer, one way; what is counted at the end is what was sent. */
export const cast = defineBehaviour<DriverProtocol, unknown, Driver & { sent: number }>({
  name: 'cast',
  init: async (_args, context) => ({ pids: [await spawned(context, 'count', null)], from: null, left: 0, sent: 0 }),
  calls: {
    run: (state, { size }, context, from) => {
      beginRun(state, size, from);
      context.cast(context.self, 'more', null);
      return undefined;
    },
  },
  casts: {
    done: () => undefined,
    more: (state, _message, context) => {
      const sink = state.pids[0] as Pid;
      for (let i = 0; i < burstMessages; i++) context.cast(sink, 'add', one);
      state.left -= burstMessages;
      state.sent += burstMessages;
      context.ask<CountProtocol, 'add'>(sink, 'add', { by: 0 }, deadline, (result) => {
        if (!result.ok || result.value !== state.sent) throw new Error(`of ${state.sent}: ${JSON.stringify(result)}`);
        if (state.left > 0) context.cast(context.self, 'more', null);
        else endRun(state, context);
      });
    },
  },
});

/** One question after the other, each under a deadline; the asker goes on between, as a hot actor does. */
export const ask = defineBehaviour<DriverProtocol, unknown, Driver>({
  name: 'ask',
  init: async (_args, context) => ({ pids: [await spawned(context, 'count', null)], from: null, left: 0 }),
  calls: {
    run: (state, { size }, context, from) => {
      beginRun(state, size, from);
      const sink = state.pids[0] as Pid;
      const next = () => {
        if (state.left-- > 0) context.ask<CountProtocol, 'add'>(sink, 'add', one, deadline, next);
        else endRun(state, context);
      };
      next();
      return undefined;
    },
  },
  casts: { done: () => undefined, more: () => undefined },
});

/** The same by `await`: the asker takes nothing else meanwhile. */
export const callAwaited = defineBehaviour<DriverProtocol, unknown, Driver>({
  name: 'callAwaited',
  init: async (_args, context) => ({ pids: [await spawned(context, 'count', null)], from: null, left: 0 }),
  calls: {
    run: async (state, { size }, context) => {
      const sink = state.pids[0] as Pid;
      for (let i = 0; i < size; i++) await context.call<CountProtocol, 'add'>(sink, 'add', one, deadline);
      return reply(null);
    },
  },
  casts: { done: () => undefined, more: () => undefined },
});

export type PongProtocol = { calls: Record<never, never>; casts: { ping: { readonly from: Pid } } };

export const pong = defineBehaviour<PongProtocol, unknown, null>({
  name: 'pong',
  init: () => null,
  calls: {},
  casts: { ping: (_state, { from }, context) => context.cast(from, 'done', { left: 0 }) },
});

export const pingPong = defineBehaviour<DriverProtocol, { readonly placement?: 'away' }, Driver>({
  name: 'pingPong',
  init: async (_args, context) => ({ pids: [await spawned(context, 'pong', null)], from: null, left: 0 }),
  calls: {
    run: (state, { size }, context, from) => {
      beginRun(state, size, from);
      context.cast<PongProtocol, 'ping'>(state.pids[0] as Pid, 'ping', { from: context.self });
      return undefined;
    },
  },
  casts: {
    done: (state, _message, context) => {
      state.left -= 2;
      if (state.left <= 0) endRun(state, context);
      else context.cast<PongProtocol, 'ping'>(state.pids[0] as Pid, 'ping', { from: context.self });
    },
    more: () => undefined,
  },
});

export const hop = defineBehaviour<DriverProtocol, { readonly next: Pid }, Pid>({
  name: 'hop',
  init: ({ next }) => next,
  calls: { run: () => reply(null) },
  casts: {
    done: (next, { left }, context) => context.cast(next, 'done', { left: left - 1 }),
    more: () => undefined,
  },
});

export const ring = defineBehaviour<DriverProtocol, unknown, Driver>({
  name: 'ring',
  init: async (_args, context) => {
    let next = context.self;
    for (let i = 1; i < ringActors; i++) next = await spawned(context, 'hop', { next });
    return { pids: [next], from: null, left: 0 };
  },
  calls: {
    run: (state, { size }, context, from) => {
      beginRun(state, size, from);
      context.cast(state.pids[0] as Pid, 'done', { left: size });
      return undefined;
    },
  },
  casts: {
    done: (state, { left }, context) => {
      if (left <= 0) endRun(state, context);
      else context.cast(state.pids[0] as Pid, 'done', { left: left - 1 });
    },
    more: () => undefined,
  },
});

type CrowdProtocol = {
  calls: Record<never, never>;
  casts: {
    begin: { readonly all: readonly Pid[]; readonly each: number; readonly driver: Pid };
    ping: { readonly from: Pid };
    pong: null;
  };
};

interface Crowd {
  all: readonly Pid[];
  left: number;
  driver: Pid | null;
  seed: number;
}

function pingAnother(state: Crowd, context: Context): void {
  if (state.left-- === 0) {
    if (state.driver !== null) context.cast(state.driver, 'done', { left: 0 });
    return;
  }
  state.seed = (Math.imul(state.seed, 1_103_515_245) + 12_345) & 0x7fffffff;
  const other = state.all[state.seed % state.all.length] as Pid;
  context.cast<CrowdProtocol, 'ping'>(other, 'ping', { from: context.self });
}

export const crowd = defineBehaviour<CrowdProtocol, unknown, Crowd>({
  name: 'crowd',
  init: () => ({ all: [], left: 0, driver: null, seed: 0 }),
  calls: {},
  casts: {
    begin: (state, { all, each, driver }, context) => {
      Object.assign(state, { all, left: each, driver, seed: 0 });
      pingAnother(state, context);
    },
    ping: (_state, { from }, context) => context.cast<CrowdProtocol, 'pong'>(from, 'pong', null),
    pong: (state, _message, context) => pingAnother(state, context),
  },
});

/** Many to many: each asks a random other, and waits for its word. */
export const big = defineBehaviour<DriverProtocol, unknown, Driver>({
  name: 'big',
  init: async (_args, context) => {
    const pids: Pid[] = [];
    for (let i = 0; i < bigActors; i++) pids.push(await spawned(context, 'crowd', null));
    return { pids, from: null, left: 0 };
  },
  calls: {
    run: (state, { size }, context, from) => {
      beginRun(state, bigActors, from);
      const begin = { all: state.pids, each: Math.floor(size / (2 * bigActors)), driver: context.self };
      for (const pid of state.pids) context.cast<CrowdProtocol, 'begin'>(pid, 'begin', begin);
      return undefined;
    },
  },
  casts: {
    done: (state, _message, context) => {
      if (--state.left === 0) endRun(state, context);
    },
    more: () => undefined,
  },
});

type Colour = 'blue' | 'red' | 'yellow';

type ChameneoProtocol = {
  calls: Record<never, never>;
  casts: { met: { readonly colour: Colour }; arrive: null };
};

export const chameneo = defineBehaviour<
  ChameneoProtocol,
  { readonly mall: Pid; readonly colour: Colour },
  ChameneoState
>({
  name: 'chameneo',
  init: ({ mall, colour }) => ({ mall, colour }),
  calls: {},
  casts: {
    arrive: (state, _message, context) => goToMall(state, context),
    met: (state, { colour }, context) => {
      state.colour = complement(state.colour, colour);
      goToMall(state, context);
    },
  },
});

interface ChameneoState {
  readonly mall: Pid;
  colour: Colour;
}

function goToMall({ mall, colour }: ChameneoState, context: Context): void {
  context.cast<MallProtocol, 'meet'>(mall, 'meet', { pid: context.self, colour });
}

function complement(mine: Colour, other: Colour): Colour {
  if (mine === other) return mine;
  if (mine !== 'blue' && other !== 'blue') return 'blue';
  return mine !== 'red' && other !== 'red' ? 'red' : 'yellow';
}

interface Visit {
  readonly pid: Pid;
  readonly colour: Colour;
}

type MallProtocol = { calls: DriverProtocol['calls']; casts: { meet: Visit } };

/** Everybody wants to meet somebody: one point of contention. */
export const mall = defineBehaviour<MallProtocol, unknown, Driver & { first: Visit | null }>({
  name: 'mall',
  init: async (_args, context) => {
    const pids: Pid[] = [];
    const colours: readonly Colour[] = ['blue', 'red', 'yellow', 'blue'];
    for (let i = 0; i < chameneos; i++) {
      pids.push(await spawned(context, 'chameneo', { mall: context.self, colour: colours[i % 4] }));
    }
    return { pids, from: null, left: 0, first: null };
  },
  calls: {
    run: (state, { size }, context, from) => {
      beginRun(state, size, from);
      state.first = null;
      for (const pid of state.pids) context.cast<ChameneoProtocol, 'arrive'>(pid, 'arrive', null);
      return undefined;
    },
  },
  casts: {
    meet: (state, visit, context) => {
      if (state.left === 0) return; // The mall is closed: whoever comes now stays at home until the next run.
      const { first } = state;
      if (first === null) {
        state.first = visit;
        return;
      }
      state.first = null;
      context.cast<ChameneoProtocol, 'met'>(first.pid, 'met', { colour: visit.colour });
      context.cast<ChameneoProtocol, 'met'>(visit.pid, 'met', { colour: first.colour });
      if (--state.left === 0) endRun(state, context);
    },
  },
});
