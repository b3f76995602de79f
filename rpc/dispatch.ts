// Owns the way of one JSON-RPC request: method, params, token, limits, handler, and the answer's text.
// It knows no HTTP; a fault leaves here as data.

import type { Caller } from './caller.ts';
import { type Fault, failed, type Outcome } from './fault.ts';
import { answerText, type Envelope, type Item, type Request } from './jsonrpc.ts';
import { type Log, placeOf } from './log.ts';
import { type VisitorMethod, visitorHandlers } from './methods.ts';
import { open } from './open.ts';
import { isMethod, type ParamsOf, paramsOf } from './params.ts';
import type { Services } from './services.ts';

export interface RpcAnswer {
  /** Null: nothing is to be said (notifications only). */
  readonly text: string | null;
  /** Of a single request that failed; a batch has none. */
  readonly fault: Fault | null;
}

export interface RpcMeter {
  /** `method` is `unknown` where there is no such method; `code` is `ok` or the fault's name. `held`: it was parked. */
  count(of: { readonly method: string; readonly code: string; readonly ms: number; readonly held: boolean }): void;
}

export interface Dispatcher {
  answer(envelope: Envelope, caller: Caller): Promise<RpcAnswer>;
}

export function createDispatcher(
  services: Services,
  tools: { readonly meter: RpcMeter; readonly log: Log },
): Dispatcher {
  return {
    async answer(envelope, caller) {
      if (envelope.type === 'single') return answerSingle(services, tools, envelope.item, caller);
      const texts: string[] = [];
      for (const item of envelope.items) {
        const { text } = await answerSingle(services, tools, item, { ...caller, mayHold: false });
        if (text !== null) texts.push(text);
      }
      return { text: texts.length === 0 ? null : `[${texts.join(',')}]`, fault: null };
    },
  };
}

type Tools = { readonly meter: RpcMeter; readonly log: Log };

async function answerSingle(services: Services, tools: Tools, item: Item, caller: Caller): Promise<RpcAnswer> {
  if (item.type === 'malformed') {
    tools.meter.count({ method: 'unknown', code: item.fault.name, ms: 0, held: false });
    return { text: answerText(item.id, { ok: false, fault: item.fault }), fault: item.fault };
  }
  const outcome = await measured(services, tools, item, caller);
  if (item.id === undefined) return { text: null, fault: null };
  return { text: answerText(item.id, outcome), fault: outcome.ok ? null : outcome.fault };
}

async function measured(services: Services, tools: Tools, request: Request, caller: Caller): Promise<Outcome<unknown>> {
  const startedAt = services.clock.monotonic();
  let held = false;
  const watched: Caller = {
    ...caller,
    whenGone: (run) => {
      held = true;
      return caller.whenGone(run);
    },
  };
  const outcome = await run(services, request, watched).catch((error: unknown) => {
    // A broken method must not take the visitor's other requests with it: the edge has no supervisor above a request.
    tools.log({ level: 'error', message: 'a method threw', fields: { method: request.method, error: placeOf(error) } });
    return failed('internalError');
  });
  tools.meter.count({
    method: isMethod(request.method) ? request.method : 'unknown',
    code: outcome.ok ? 'ok' : outcome.fault.name,
    ms: services.clock.monotonic() - startedAt,
    held,
  });
  return outcome;
}

async function run(services: Services, { method, params }: Request, caller: Caller): Promise<Outcome<unknown>> {
  if (!isMethod(method)) return failed('methodNotFound');
  const parsed = paramsOf(method, params);
  if (!parsed.ok) return parsed;
  if (method === 'session.open') return open(services, parsed.value as ParamsOf<'session.open'>, caller);
  return forVisitor(services, method, parsed.value as ParamsOf<VisitorMethod>, caller);
}

async function forVisitor<N extends VisitorMethod>(
  services: Services,
  method: N,
  params: ParamsOf<N>,
  caller: Caller,
): Promise<Outcome<unknown>> {
  const visitor = services.tokens.verify(params.visitor);
  if (visitor === null) return failed('unauthorized', 'the visitor token is not valid', { field: 'visitor' });
  const waitMs = services.throttle.visitor(visitor.session, method === 'message.send' ? 'messages' : 'rpcs');
  if (waitMs > 0) return failed('throttled', undefined, { retryAfterMs: waitMs });
  return visitorHandlers[method](services, visitor, params, caller);
}
