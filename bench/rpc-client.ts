// Owns one way of asking a node by JSON-RPC over HTTP: keep-alive connections, one request each, errors as values thrown.
// It never repeats a request by itself: what a repeat means is its caller's to know.

import { Agent, request } from 'node:http';
import type { ErrorName, MethodName, Methods } from '../rpc/mod.ts';

/** A held poll waits 25 s at the node; what takes longer is lost. */
const answerMsMax = 35_000;

export interface RpcTarget {
  readonly url: string;
  readonly agent: Agent;
  /** Sent as X-Forwarded-For, so that visitors of one benchmark do not share one address's limits. */
  readonly address?: string;
}

export class RpcRefused extends Error {
  readonly code: ErrorName | 'http';
  readonly retryAfterMs: number | null;

  constructor(code: ErrorName | 'http', message: string, retryAfterMs: number | null) {
    super(message);
    this.name = 'RpcRefused';
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

export function keepAliveAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 4_096 });
}

export async function rpc<M extends MethodName>(
  target: RpcTarget,
  method: M,
  options: { readonly params: Methods[M]['params']; readonly session?: string; readonly signal?: AbortSignal },
): Promise<Methods[M]['result']> {
  const path = options.session === undefined ? '/rpc' : `/rpc?s=${options.session}`;
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: options.params });
  const answer = await post({ ...target, path, body, ...(options.signal ? { signal: options.signal } : {}) });
  if (!answer.body.startsWith('{')) throw new RpcRefused('http', `HTTP ${answer.status}`, null);
  const parsed: { result?: Methods[M]['result']; error?: RefusedBody } = JSON.parse(answer.body);
  if (parsed.result !== undefined) return parsed.result;
  const { error } = parsed;
  throw new RpcRefused(
    error?.data?.code ?? 'http',
    error?.message ?? `HTTP ${answer.status}`,
    error?.data?.retryAfterMs ?? null,
  );
}

interface RefusedBody {
  readonly message: string;
  readonly data?: { readonly code: ErrorName; readonly retryAfterMs?: number };
}

interface Post extends RpcTarget {
  readonly path: string;
  readonly body: string;
  readonly signal?: AbortSignal;
}

export function post(options: Post): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${options.url}${options.path}`,
      {
        method: 'POST',
        agent: options.agent,
        timeout: answerMsMax,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(options.body),
          ...(options.address === undefined ? {} : { 'x-forwarded-for': options.address }),
        },
        ...(options.signal ? { signal: options.signal } : {}),
      },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8');
        answer.on('data', (text: string) => {
          body += text;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
        answer.on('error', reject);
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`no answer after ${answerMsMax} ms`)));
    sent.on('error', reject);
    sent.end(options.body);
  });
}
