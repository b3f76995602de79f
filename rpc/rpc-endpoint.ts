// Owns `POST /rpc`: from an HTTP request to a JSON-RPC envelope, and from the answer to status and headers.
// It knows no method; the `s` in the URL is for whoever routes, and is not looked at here.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from './body.ts';
import type { Caller } from './caller.ts';
import type { ClientAddresses } from './client-address.ts';
import { bodyBytesMax } from './contract.ts';
import type { Dispatcher } from './dispatch.ts';
import type { Drain } from './drain.ts';
import { type Fault, failed, statusOf } from './fault.ts';
import { type Headers, write, writeJson, writePreflight } from './http-answer.ts';
import { answerText, parseEnvelope } from './jsonrpc.ts';
import { type Log, placeOf } from './log.ts';

export interface RpcEndpoint {
  handle(request: IncomingMessage, response: ServerResponse): void;
}

export interface RpcEndpointParts {
  readonly dispatcher: Dispatcher;
  readonly addresses: ClientAddresses;
  readonly drain: Drain;
  readonly log: Log;
}

const methods = 'POST, OPTIONS';
const utf8 = new TextDecoder('utf-8', { fatal: true });

export function createRpcEndpoint(parts: RpcEndpointParts): RpcEndpoint {
  return {
    handle(request, response) {
      if (request.method === 'OPTIONS') return writePreflight(response, methods);
      if (request.method !== 'POST') return refuse(response, methodFault, { Allow: methods });
      if (parts.drain.refusing)
        return refuse(response, drainingFault, { 'X-Parla-Draining': '1', Connection: 'close' });
      if (!isJsonText(request)) return refuse(response, mediaFault);
      const finished = parts.drain.begin();
      const broken = (error: unknown) => {
        // Nothing stands above a request: what is broken here must end this connection only.
        parts.log({ level: 'error', message: 'a request broke', fields: { error: placeOf(error) } });
        response.destroy();
      };
      void answer(parts, request, response).catch(broken).finally(finished);
    },
  };
}

const methodFault = failed('invalidRequest', 'only POST', { status: 405 }).fault;
const mediaFault = failed('invalidRequest', 'Content-Type must be application/json or text/plain, in UTF-8', {
  status: 415,
}).fault;
const drainingFault = failed('unavailable', 'this node is going away; try again', { status: 503 }).fault;

async function answer(parts: RpcEndpointParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request, bodyBytesMax);
  if (body.type === 'aborted') return;
  if (body.type === 'tooLarge') return refuse(response, failed('tooLarge').fault, { Connection: 'close' });
  const text = decoded(body.bytes);
  if (text === null) return refuse(response, failed('parseError', 'the body is not UTF-8').fault);
  const { text: answered, fault } = await parts.dispatcher.answer(
    parseEnvelope(text),
    callerOf(parts, request, response),
  );
  const closing: Headers = parts.drain.refusing ? { Connection: 'close' } : {};
  if (answered === null) write(response, 204, closing, null);
  else writeJson(response, fault === null ? 200 : statusOf(fault), answered, { ...closing, ...retryHeaders(fault) });
}

function callerOf({ addresses }: RpcEndpointParts, request: IncomingMessage, response: ServerResponse): Caller {
  return {
    origin: request.headers.origin ?? null,
    address: () => addresses.keyOf(request.socket.remoteAddress, forwardedFor(request)),
    mayHold: true,
    whenGone: (run) => {
      response.once('close', run);
      return () => response.off('close', run);
    },
  };
}

function forwardedFor(request: IncomingMessage): string | undefined {
  const value = request.headers['x-forwarded-for'];
  return Array.isArray(value) ? value.join(',') : value;
}

/** `text/plain` so that a page on another origin needs no preflight. */
function isJsonText(request: IncomingMessage): boolean {
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  const known = type.trim() === 'application/json' || type.trim() === 'text/plain';
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  return known && isUtf8 && encoding === 'identity';
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    // Fatal decoding throws only for bytes that are no UTF-8.
    return null;
  }
}

function retryHeaders(fault: Fault | null): Headers {
  const ms = fault?.retryAfterMs;
  return ms === undefined ? {} : { 'Retry-After': Math.ceil(ms / 1_000) };
}

function refuse(response: ServerResponse, fault: Fault, headers: Headers = {}): void {
  writeJson(response, statusOf(fault), answerText(null, { ok: false, fault }), { ...retryHeaders(fault), ...headers });
}
