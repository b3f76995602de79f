// Owns how a failure looks to a visitor's client: the name, JSON-RPC code and HTTP status of each, and the table from
// the chat's and the runtime's codes to them. It decides nothing about retries.

import type { Failure } from '../runtime/mod.ts';
import { type ErrorName, errorCodes, type RpcError } from './contract.ts';

export interface Fault {
  readonly name: ErrorName;
  readonly message: string;
  readonly field?: string;
  readonly retryAfterMs?: number;
  /** Only where it differs from the name's own status. */
  readonly status?: number;
}

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault };

/** HTTP status is 200 except where named here. */
const statuses: { readonly [name in ErrorName]?: number } = { throttled: 429, tooLarge: 413 };

const names: ReadonlyMap<string, ErrorName> = new Map(
  Object.entries<ErrorName>({
    unavailable: 'unavailable',
    throttled: 'throttled',
    unknownSite: 'unknownSite',
    notFound: 'invalidParams',
    invalid: 'invalidParams',
    exists: 'invalidParams',
    unauthorized: 'unauthorized',
    blocked: 'blocked',
    timeout: 'unavailable',
    noproc: 'unavailable',
    exited: 'unavailable',
    threadLost: 'unavailable',
    overloaded: 'unavailable',
  }),
);

/** What a client is told; the failure's own message is for a log. */
const messages: { readonly [name in ErrorName]: string } = {
  parseError: 'the body is not JSON',
  invalidRequest: 'not a JSON-RPC 2.0 request',
  methodNotFound: 'there is no such method',
  invalidParams: 'a parameter is not valid',
  internalError: 'internal error',
  unauthorized: 'not allowed',
  unknownSite: 'there is no such site',
  throttled: 'too many requests',
  tooLarge: 'the request is too large',
  unavailable: 'not available now; try again',
  blocked: 'this visitor is blocked',
};

/** How long a client should wait when who refused did not say. */
const throttledMs = 1_000;

export function success<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function failed(
  name: ErrorName,
  message: string = messages[name],
  more: Partial<Fault> = {},
): { readonly ok: false; readonly fault: Fault } {
  return { ok: false, fault: { name, message, ...more } };
}

export function statusOf(fault: Fault): number {
  return fault.status ?? statuses[fault.name] ?? 200;
}

export function faultOf(failure: Failure): Fault {
  const name = names.get(failure.code) ?? 'internalError';
  const field = failure.data?.field;
  const waitMs = failure.data?.retryAfterMs;
  return {
    name,
    message: messages[name],
    ...(typeof field === 'string' ? { field } : {}),
    ...(name === 'throttled' ? { retryAfterMs: typeof waitMs === 'number' ? waitMs : throttledMs } : {}),
  };
}

export function rpcError(fault: Fault): RpcError {
  const { name, message, field, retryAfterMs } = fault;
  return {
    code: errorCodes[name],
    message,
    data: {
      code: name,
      ...(field === undefined ? {} : { field }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  };
}
