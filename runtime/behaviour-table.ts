// Owns the table of behaviours of one thread: the handlers of each by name, looked up without touching a prototype.
// It never runs a handler; a message name that is not in the table is the sender's mistake.

import type { AnyBehaviour, Info } from './behaviour.ts';
import type { Context } from './context.ts';
import type { Envelope } from './mailbox.ts';
import type { ExitReason, From } from './outcome.ts';

export type CallHandler = (state: unknown, request: unknown, context: Context, from: From) => unknown;
export type CastHandler = (state: unknown, message: unknown, context: Context) => unknown;
export type TimerHandler = (state: unknown, context: Context) => unknown;

/** One cast that a behaviour takes. */
export interface TakenCast {
  readonly handle: CastHandler;
  /** What an actor that is at it works on, for all such messages: kind and name are what is asked of one. */
  readonly work: Envelope;
}

export interface CompiledBehaviour {
  readonly name: string;
  readonly init: (args: unknown, context: Context) => unknown;
  readonly afterInit: ((state: unknown, context: Context) => unknown) | null;
  readonly calls: ReadonlyMap<string, CallHandler>;
  readonly casts: Casts;
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

/** The casts of a behaviour by name. The last two are at hand: a search in a map was a twentieth of what a cast costs. */
export class Casts {
  readonly #all: ReadonlyMap<string, TakenCast>;
  #last: TakenCast | undefined = undefined;
  #lastButOne: TakenCast | undefined = undefined;

  constructor(handlers: Iterable<readonly [string, CastHandler]>) {
    this.#all = new Map([...handlers].map(([name, handle]) => [name, { handle, work: workOf(name) }]));
  }

  names(): string[] {
    return [...this.#all.keys()];
  }

  get(name: string): TakenCast | undefined {
    if (this.#last?.work.name === name) return this.#last;
    if (this.#lastButOne?.work.name === name) return this.#lastButOne;
    this.#lastButOne = this.#last;
    this.#last = this.#all.get(name);
    return this.#last;
  }

  /** The same casts under other handlers. */
  wrapped(wrap: (name: string, handle: CastHandler) => CastHandler): Casts {
    return new Casts([...this.#all].map(([name, { handle }]) => [name, wrap(name, handle)]));
  }
}

function workOf(name: string): Envelope {
  return { kind: 'cast', name, body: null, from: null, deadline: null };
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
    casts: new Casts(Object.entries(loose.casts ?? {})),
    timers: new Map(Object.entries(loose.timers ?? {})),
    info: loose.info === undefined ? null : (state, info, context) => loose.info?.(state, info, context),
    terminate:
      loose.terminate === undefined ? null : (state, reason, context) => loose.terminate?.(state, reason, context),
  };
}
