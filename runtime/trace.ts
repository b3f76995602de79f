// Owns the trace of one actor: for a while its handlers are wrapped, and each message leaves its kind, size and time.
// It never keeps what a message said; an actor that is not traced pays nothing, because nothing asks whether it is.

import { serialize } from 'node:v8';
import type { CallHandler, CastHandler, CompiledBehaviour, TimerHandler } from './behaviour-table.ts';
import { failed } from './failures.ts';
import type { Trace, TracedMessage, TraceOptions } from './inspection.ts';
import type { Kernel } from './kernel.ts';
import { isThenable } from './lifecycle.ts';
import type { Process } from './process.ts';
import { failure, type Result, success } from './result.ts';
import type { Timer } from './timers.ts';

const messagesMaxDefault = 100;
const messagesMaxMost = 10_000;
const traceMsDefault = 5_000;
const traceMsMost = 60_000;

/** How long a trace with these options may take. */
export function traceMs({ ms = traceMsDefault }: TraceOptions): number {
  return Math.min(ms, traceMsMost);
}

/** Resolves when the trace is over. */
export function trace(kernel: Kernel, process: Process | null, options: TraceOptions): Promise<Result<Trace>> {
  if (process === null || !process.alive) return Promise.resolve(failed('noproc', 'nobody has this address'));
  const plain = kernel.behaviours.get(process.behaviour.name);
  if (plain === undefined || process.behaviour !== plain) {
    const message = 'somebody else traces it now';
    return Promise.resolve(failure({ code: 'alreadyTraced', message, retryable: true }));
  }
  return new Promise((resolve) => {
    const tracer = new Tracer(kernel, { process, plain, options, done: (it) => resolve(success(it)) });
    process.behaviour = tracer.wrapped();
  });
}

interface TraceOrder {
  readonly process: Process;
  /** Its behaviour as it is without a trace. */
  readonly plain: CompiledBehaviour;
  readonly options: TraceOptions;
  readonly done: (trace: Trace) => void;
}

type Note = Pick<TracedMessage, 'kind' | 'name' | 'bytes' | 'mailbox'> & { readonly began: number };

class Tracer {
  readonly #kernel: Kernel;
  readonly #order: TraceOrder;
  readonly #messagesMax: number;
  readonly #began: number;
  readonly #messages: TracedMessage[] = [];
  readonly #timer: Timer;
  #over = false;

  constructor(kernel: Kernel, order: TraceOrder) {
    const { process, options } = order;
    this.#kernel = kernel;
    this.#order = order;
    this.#messagesMax = Math.min(options.messagesMax ?? messagesMaxDefault, messagesMaxMost);
    this.#began = kernel.clock.monotonic();
    this.#timer = kernel.timers.start('trace', traceMs(options), () => this.#finish(process.alive ? 'ms' : 'ended'));
  }

  wrapped(): CompiledBehaviour {
    const { calls, casts, timers, info, terminate } = this.#order.plain;
    const call = (name: string, handler: CallHandler): CallHandler => {
      return (state, body, context, from) =>
        this.#run(this.#note('call', name, body), () => handler(state, body, context, from));
    };
    const cast = (name: string, handler: CastHandler): CastHandler => {
      return (state, body, context) => this.#run(this.#note('cast', name, body), () => handler(state, body, context));
    };
    const timer = (name: string, handler: TimerHandler): TimerHandler => {
      return (state, context) => this.#run(this.#note('timer', name, null), () => handler(state, context));
    };
    return {
      ...this.#order.plain,
      calls: wrapAll(calls, call),
      casts: casts.wrapped(cast),
      timers: wrapAll(timers, timer),
      info:
        info && ((state, it, context) => this.#run(this.#note('info', it.type, it), () => info(state, it, context))),
      terminate: (state, reason, context) => {
        this.#finish('ended');
        return terminate?.(state, reason, context);
      },
    };
  }

  #note(kind: Note['kind'], name: string, body: unknown): Note {
    const bytes = bytesOf(body);
    return { kind, name, bytes, mailbox: this.#order.process.mailbox.length, began: this.#kernel.clock.monotonic() };
  }

  #run(note: Note, handle: () => unknown): unknown {
    try {
      const outcome = handle();
      if (!isThenable(outcome)) {
        this.#add(note, 'sync');
        return outcome;
      }
      const settled = () => this.#add(note, 'async');
      outcome.then(settled, settled);
      return outcome;
    } catch (thrown) {
      this.#add(note, 'threw');
      throw thrown;
    }
  }

  #add({ began, ...message }: Note, how: TracedMessage['how']): void {
    if (this.#over) return;
    const durationMs = this.#kernel.clock.monotonic() - began;
    this.#messages.push({ ...message, atMs: began - this.#began, durationMs, how });
    if (this.#messages.length >= this.#messagesMax) this.#finish('messagesMax');
  }

  #finish(over: Trace['over']): void {
    if (this.#over) return;
    this.#over = true;
    this.#kernel.timers.cancel(this.#timer);
    const { process, plain, done } = this.#order;
    process.behaviour = plain;
    const ms = this.#kernel.clock.monotonic() - this.#began;
    done({ pid: process.pid, behaviour: plain.name, ms, over, messages: this.#messages });
  }
}

function wrapAll<H>(handlers: ReadonlyMap<string, H>, wrap: (name: string, handler: H) => H): ReadonlyMap<string, H> {
  return new Map([...handlers].map(([name, handler]) => [name, wrap(name, handler)]));
}

/** As it would cross threads; null for what could not. */
function bytesOf(body: unknown): number | null {
  try {
    return serialize(body).byteLength;
  } catch {
    return null;
  }
}
