// Owns the JSON-RPC 2.0 envelope: from a body's text to requests, and from outcomes to answers.
// It knows no method and no HTTP.

import { batchRequestsMax } from './contract.ts';
import { type Fault, failed, type Outcome, rpcError } from './fault.ts';

export type RequestId = string | number | null;

export interface Request {
  readonly type: 'request';
  /** Undefined: a notification, which is never answered. */
  readonly id: RequestId | undefined;
  readonly method: string;
  readonly params: Params;
}

export type Params = { readonly [name: string]: unknown };

/** An item that can only be answered with this fault. */
export interface Malformed {
  readonly type: 'malformed';
  readonly id: RequestId;
  readonly fault: Fault;
}

export type Item = Request | Malformed;

export type Envelope =
  | { readonly type: 'single'; readonly item: Item }
  | { readonly type: 'batch'; readonly items: readonly Item[] };

export function parseEnvelope(text: string): Envelope {
  const parsed = parseJson(text);
  if (!parsed.ok) return single(malformed(null, parsed.fault));
  const body = parsed.value;
  if (!Array.isArray(body)) return single(parseItem(body));
  if (body.length === 0) return single(invalid('an empty batch'));
  if (body.length > batchRequestsMax) return single(invalid(`more than ${batchRequestsMax} requests in a batch`));
  return { type: 'batch', items: body.map(parseItem) };
}

export function answerText(id: RequestId, outcome: Outcome<unknown>): string {
  return outcome.ok
    ? JSON.stringify({ jsonrpc: '2.0', id, result: outcome.value })
    : JSON.stringify({ jsonrpc: '2.0', id, error: rpcError(outcome.fault) });
}

function parseJson(text: string): Outcome<unknown> {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    // JSON.parse throws only for what its author wrote.
    return failed('parseError');
  }
}

function parseItem(item: unknown): Item {
  if (!isObject(item)) return invalid('a request is an object');
  const id = item.id;
  if (id !== undefined && !isId(id)) return invalid('an id is a string, a number or null');
  const answerTo = id ?? null;
  if (item.jsonrpc !== '2.0') return invalid('jsonrpc must be "2.0"', answerTo);
  const method = item.method;
  if (typeof method !== 'string') return invalid('method must be a string', answerTo);
  const params = item.params ?? {};
  // A notification is never answered, not even when its params are of no use.
  if (Array.isArray(params) && id !== undefined) return byPosition(answerTo);
  if (item.params === null || typeof params !== 'object') return invalid('params must be an object', answerTo);
  return { type: 'request', id, method, params: params as Params };
}

function isObject(value: unknown): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A number too large for JSON's reader (1e999) could not be told back. */
function isId(id: unknown): id is RequestId {
  return id === null || typeof id === 'string' || (typeof id === 'number' && Number.isFinite(id));
}

function invalid(message: string, id: RequestId = null): Malformed {
  return malformed(id, failed('invalidRequest', message).fault);
}

function byPosition(id: RequestId): Malformed {
  return malformed(id, failed('invalidParams', 'params are given by name').fault);
}

function malformed(id: RequestId, fault: Fault): Malformed {
  return { type: 'malformed', id, fault };
}

function single(item: Item): Envelope {
  return { type: 'single', item };
}
