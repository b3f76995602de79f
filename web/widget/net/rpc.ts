// Owns one question to the server and its answer: JSON-RPC 2.0 over POST, as text/plain so that no preflight is needed.
// It never retries and never puts the visitor's token into an address.

import type { ErrorName, MethodName, Methods } from '../../../rpc/contract.ts';
import { retryAfterMs } from '../core/backoff.ts';
import type { RpcFailure } from '../core/outbox.ts';

export type Reply<M extends MethodName> =
  | { readonly ok: true; readonly result: Methods[M]['result'] }
  | { readonly ok: false; readonly error: RpcFailure };

export interface CallOptions {
  /** Routes only. */
  readonly session?: string | undefined;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export type Rpc = <M extends MethodName>(
  method: M,
  params: Methods[M]['params'],
  options?: CallOptions,
) => Promise<Reply<M>>;

export const callTimeoutMs = 12_000;

export function createRpc(origin: string, fetcher: typeof fetch): Rpc {
  let ids = 0;
  return async (method, params, { session, timeoutMs = callTimeoutMs, signal } = {}) => {
    const ended = AbortSignal.timeout(timeoutMs);
    const init: RequestInit = {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain;charset=UTF-8' },
      body: JSON.stringify({ jsonrpc: '2.0', id: ++ids, method, params }),
      credentials: 'omit',
      cache: 'no-store',
      signal: signal ? AbortSignal.any([signal, ended]) : ended,
    };
    try {
      const answer = await fetcher(addressOf(origin, session), init);
      return replyOf(answer, await answer.json().catch(() => null));
    } catch {
      return { ok: false, error: { code: 'network' } };
    }
  };
}

export function addressOf(origin: string, session: string | undefined): string {
  return `${origin}/rpc${session ? `?s=${encodeURIComponent(session)}` : ''}`;
}

/** Whatever is not a JSON-RPC answer (a proxy's page, a draining node) is a failed connection. */
function replyOf<M extends MethodName>(answer: Response, body: unknown): Reply<M> {
  const { result, error } = (body ?? {}) as {
    result?: Methods[M]['result'];
    error?: { data?: { code?: ErrorName; retryAfterMs?: number; field?: string } };
  };
  if (answer.ok && result !== undefined) return { ok: true, result };
  const asked = error?.data?.retryAfterMs ?? retryAfterMs(answer.headers.get('Retry-After'));
  const field = error?.data?.field;
  const code = error?.data?.code ?? 'network';
  return { ok: false, error: { code, ...(asked !== undefined && { retryAfterMs: asked }), ...(field && { field }) } };
}
