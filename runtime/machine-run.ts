// Owns how the events of a state machine run: which handler, what its outcome does to the state, what is tried again.
// It is an ordinary behaviour to its thread: it answers, stops and sets timers by the context like any other actor.

import type { Info } from './behaviour.ts';
import type { Context } from './context.ts';
import { isThenable } from './lifecycle.ts';
import { Machine } from './machine.ts';
import {
  type CastOutcome,
  type ExitReason,
  type From,
  passivate,
  type Refuse,
  type Reply,
  type Stop,
} from './outcome.ts';

/** The state's own timer and message stand beside those of the definition under names that no definition has. */
const stateTimeout = 'state timeout';
const idleTimeout = 'idle timeout';
const putAway = 'put away';

type Event =
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly body: unknown;
      readonly from: From;
      /** It waited for another state: its caller may have given up meanwhile. */
      readonly postponed: boolean;
    }
  | { readonly kind: 'cast'; readonly name: string; readonly body: unknown }
  | { readonly kind: 'timer'; readonly name: string }
  | { readonly kind: 'timeout' | 'idle' }
  | { readonly kind: 'info'; readonly body: Info };

type Outcome =
  | Reply<unknown>
  | Refuse
  | Stop
  | { readonly outcome: 'next'; readonly state: string; readonly also: Reply<unknown> | Refuse | Stop | undefined }
  | { readonly outcome: 'repeatState'; readonly also: Reply<unknown> | Refuse | undefined }
  | { readonly outcome: 'postpone' | 'passivate' }
  | undefined;

type Handler = (data: unknown, body: unknown, context: Context, from?: From) => unknown;
interface Table {
  readonly [name: string]: Handler | { readonly outcome: 'postpone' } | undefined;
}

interface LooseTimeout {
  readonly ms: number | ((data: unknown) => number);
  readonly handle: (data: unknown, context: Context) => unknown;
}

interface LooseState {
  enter?(data: unknown, context: Context, from: string | null): unknown;
  readonly timeout?: LooseTimeout;
  readonly idle?: LooseTimeout;
  readonly calls?: Table;
  readonly casts?: Table;
}

/** A definition with its types put away; state-machine.ts has checked them. */
export interface Loose {
  readonly name: string;
  init(args: unknown, context: Context): unknown;
  readonly states: { readonly [name: string]: LooseState };
  readonly common?: { readonly calls?: Table; readonly casts?: Table };
  readonly timers?: { readonly [name: string]: (data: unknown, context: Context, state: string) => unknown };
  info?(data: unknown, info: Info, context: Context, state: string): unknown;
  terminate?(data: unknown, reason: ExitReason, context: Context, state: string): void | Promise<void>;
}

type Running = Machine<string, unknown, Event>;

export function machineBehaviour(loose: Loose) {
  const take = (machine: Running, event: Event, context: Context) => {
    machine.push(event);
    return run(loose, machine, context);
  };
  const { info, terminate } = loose;
  return {
    name: loose.name,
    async init(args: unknown, context: Context) {
      const { state, data } = (await loose.init(args, context)) as { readonly state: string; readonly data: unknown };
      stateOf(loose, state);
      return new Machine(state, data) satisfies Running;
    },
    afterInit: (machine: Running, context: Context) => {
      return enter(loose, machine, context, null) ?? run(loose, machine, context);
    },
    calls: handlers(
      names(loose, 'calls'),
      (name) => (machine: Running, body: unknown, context: Context, from: From) => {
        return take(machine, { kind: 'call', name, body, from, postponed: false }, context);
      },
    ),
    casts: {
      ...handlers(names(loose, 'casts'), (name) => (machine: Running, body: unknown, context: Context) => {
        return take(machine, { kind: 'cast', name, body }, context);
      }),
      [putAway]: () => passivate,
    },
    timers: {
      ...handlers(Object.keys(loose.timers ?? {}), (name) => (machine: Running, context: Context) => {
        return take(machine, { kind: 'timer', name }, context);
      }),
      [stateTimeout]: (machine: Running, context: Context) => take(machine, { kind: 'timeout' }, context),
      [idleTimeout]: (machine: Running, context: Context) => take(machine, { kind: 'idle' }, context),
    },
    ...(info && {
      info: (machine: Running, body: Info, context: Context) => take(machine, { kind: 'info', body }, context),
    }),
    ...(terminate && {
      terminate: (machine: Running, reason: ExitReason, context: Context) =>
        loose.terminate?.(machine.data, reason, context, machine.name),
    }),
  };
}

/** Every message that some state or all states know. */
function names(loose: Loose, kind: 'calls' | 'casts'): string[] {
  const tables = [loose.common, ...Object.values(loose.states)].map((part) => part?.[kind] ?? {});
  return [...new Set(tables.flatMap((table) => Object.keys(table)))];
}

function handlers<H>(known: readonly string[], make: (name: string) => H): { readonly [name: string]: H } {
  return Object.fromEntries(known.map((name) => [name, make(name)]));
}

/** Until nothing is left to try; it goes on by a promise only from the first handler that is async. */
function run(loose: Loose, machine: Running, context: Context): CastOutcome | Promise<CastOutcome> {
  for (let event = machine.shift(); event !== undefined; event = machine.shift()) {
    const tried = event;
    if (tried.kind === 'call' && tried.postponed && !context.isAwaited(tried.from)) continue;
    const outcome = handle(loose, machine, tried, context);
    if (isThenable(outcome)) {
      const settled = async () => conclude(loose, machine, { event: tried, outcome: await outcome }, context);
      return settled().then((over) => over ?? run(loose, machine, context));
    }
    const over = conclude(loose, machine, { event: tried, outcome }, context);
    if (over !== undefined) return over;
  }
  const { idle } = stateOf(loose, machine.name);
  if (idle !== undefined) context.startTimer(idleTimeout, msOf(idle, machine.data));
  return undefined;
}

function handle(loose: Loose, machine: Running, event: Event, context: Context): unknown {
  const { data, name: state } = machine;
  switch (event.kind) {
    case 'call':
    case 'cast': {
      const table = event.kind === 'call' ? 'calls' : 'casts';
      const handler = loose.states[state]?.[table]?.[event.name] ?? loose.common?.[table]?.[event.name];
      if (handler === undefined)
        throw new Error(`${loose.name} takes no ${event.kind} ${event.name} in state ${state}`);
      if (typeof handler !== 'function') return handler;
      return event.kind === 'call'
        ? handler(data, event.body, context, event.from)
        : handler(data, event.body, context);
    }
    case 'timer':
      return loose.timers?.[event.name]?.(data, context, state);
    case 'timeout':
    case 'idle':
      return loose.states[state]?.[event.kind]?.handle(data, context);
    case 'info':
      return loose.info?.(data, event.body, context, state);
  }
}

interface Tried {
  readonly event: Event;
  readonly outcome: unknown;
}

/** What ends this actor; undefined to go on. */
function conclude(loose: Loose, machine: Running, { event, outcome }: Tried, context: Context): Stop | undefined {
  const known = (outcome ?? undefined) as Outcome;
  const from = event.kind === 'call' ? event.from : null;
  switch (known?.outcome) {
    case undefined:
      if (known === undefined) return undefined;
      break;
    case 'stop':
      return known;
    case 'reply':
      if (from === null) break;
      context.reply(from, known.answer);
      return undefined;
    case 'refuse':
      if (from === null) break;
      context.refuse(from, known.failure);
      return undefined;
    case 'postpone':
      if (event.kind === 'timeout' || event.kind === 'idle') break;
      machine.postpone(event.kind === 'call' ? { ...event, postponed: true } : event);
      return undefined;
    case 'passivate':
      if (from !== null) break;
      // As a message of its own: this event may be one of several that were tried again.
      context.cast<{ calls: Record<string, never>; casts: { [putAway]: null } }, typeof putAway>(
        context.self,
        putAway,
        null,
      );
      return undefined;
    case 'next':
    case 'repeatState': {
      const over = known.also && conclude(loose, machine, { event, outcome: known.also }, context);
      if (over !== undefined) return over;
      return known.outcome === 'next'
        ? change(loose, machine, known.state, context)
        : enter(loose, machine, context, machine.name);
    }
  }
  const allowed =
    from === null ? 'next, repeatState, postpone, stop, passivate' : 'next, repeatState, postpone, reply, refuse, stop';
  throw new Error(`${loose.name} gave no allowed outcome of a ${event.kind}; allowed: ${allowed}, undefined`);
}

function change(loose: Loose, machine: Running, to: string, context: Context): Stop | undefined {
  const from = machine.name;
  if (to === from) return undefined;
  stateOf(loose, to);
  machine.change(to);
  return enter(loose, machine, context, from);
}

function enter(loose: Loose, machine: Running, context: Context, from: string | null): Stop | undefined {
  const state = stateOf(loose, machine.name);
  context.cancelTimer(stateTimeout);
  context.cancelTimer(idleTimeout);
  if (state.timeout !== undefined) context.startTimer(stateTimeout, msOf(state.timeout, machine.data));
  const outcome = (state.enter?.(machine.data, context, from) ?? undefined) as Outcome | PromiseLike<unknown>;
  if (outcome === undefined) return undefined;
  if (isThenable(outcome)) throw new Error(`${loose.name}: enter of ${machine.name} must not be async`);
  if (outcome.outcome === 'stop') return outcome;
  throw new Error(`${loose.name}: enter of ${machine.name} gave no allowed outcome; allowed: stop, undefined`);
}

function stateOf(loose: Loose, name: string): LooseState {
  const state = Object.hasOwn(loose.states, name) ? loose.states[name] : undefined;
  if (state !== undefined) return state;
  throw new Error(`${loose.name} has no state ${name}; known: ${Object.keys(loose.states).join(', ')}`);
}

function msOf({ ms }: LooseTimeout, data: unknown): number {
  return typeof ms === 'number' ? ms : ms(data);
}
