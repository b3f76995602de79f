// Owns the table of behaviours of one thread: the handlers of each by name, looked up without touching a prototype.
// It never runs a handler; a message name that is not in the table is the sender's mistake.

import type { AnyBehaviour, Info } from './behaviour.ts';
import type { Context } from './context.ts';
import type { ExitReason, From } from './outcome.ts';

export type CallHandler = (state: unknown, request: unknown, context: Context, from: From) => unknown;
export type CastHandler = (state: unknown, message: unknown, context: Context) => unknown;
export type TimerHandler = (state: unknown, context: Context) => unknown;

export interface CompiledBehaviour {
  readonly name: string;
  readonly init: (args: unknown, context: Context) => unknown;
  readonly afterInit: ((state: unknown, context: Context) => unknown) | null;
  readonly calls: ReadonlyMap<string, CallHandler>;
  readonly casts: ReadonlyMap<string, CastHandler>;
  readonly timers: ReadonlyMap<string, TimerHandler>;
  readonly info: ((state: unknown, info: Info, context: Context) => unknown) | null;
  readonly terminate: ((state: unknown, reason: ExitReason, context: Context) => unknown) | null;
}

export type BehaviourTable = ReadonlyMap<string, CompiledBehaviour>;

/** What `defineBehaviour` returned, with the types that the table put away. */
interface LooseBehaviour extends AnyBehaviour {
  init(args: unknown, context: Context): unknown;
  afterInit?(state: unknown, context: Context): unknown;
  readonly calls?: { readonly [name: string]: CallHandler };
  readonly casts?: { readonly [name: string]: CastHandler };
  readonly timers?: { readonly [name: string]: TimerHandler };
  info?(state: unknown, info: Info, context: Context): unknown;
  terminate?(state: unknown, reason: ExitReason, context: Context): unknown;
}

export function compileBehaviours(behaviours: readonly AnyBehaviour[]): BehaviourTable {
  const table = new Map<string, CompiledBehaviour>();
  for (const behaviour of behaviours) {
    if (table.has(behaviour.name)) throw new Error(`two behaviours are named ${behaviour.name}`);
    table.set(behaviour.name, compile(behaviour as LooseBehaviour));
  }
  return table;
}

function compile(loose: LooseBehaviour): CompiledBehaviour {
  if (typeof loose.init !== 'function') throw new Error(`behaviour ${loose.name} has no init`);
  return {
    name: loose.name,
    init: (args, context) => loose.init(args, context),
    afterInit: loose.afterInit === undefined ? null : (state, context) => loose.afterInit?.(state, context),
    calls: new Map(Object.entries(loose.calls ?? {})),
    casts: new Map(Object.entries(loose.casts ?? {})),
    timers: new Map(Object.entries(loose.timers ?? {})),
    info: loose.info === undefined ? null : (state, info, context) => loose.info?.(state, info, context),
    terminate:
      loose.terminate === undefined ? null : (state, reason, context) => loose.terminate?.(state, reason, context),
  };
}
